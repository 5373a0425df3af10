import { expect, test } from 'vitest'
import { mistakeWith } from './validation-scene.ts'

/** Fields of a record, and what is said of them. */
export type Case = readonly [fields: object, mistake: string | undefined]

/** Fields that are right, each in a record by itself. */
export const fine = (...all: object[]): Case[] => all.map((fields) => [fields, undefined])
/** Fields that are not, and what is said without the name of the record. */
export const wrong = (fields: object, mistake: string): Case => [fields, `record.${mistake}`]

/** A test for each case. */
export function judges(cases: readonly Case[]): void {
  test.each(cases)('%j', (fields, mistake) => {
    expect(mistakeWith(fields)).toBe(mistake)
  })
}
