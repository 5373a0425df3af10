import { describe, expect, test } from 'vitest'
import type { PageOptions } from '../../../src/flow/authorization-parameters.ts'
import { readPageOptions } from '../../../src/flow/page-options.ts'

test('[D7] an empty list of prompts is a mistake of the app', () => {
  expect(() => readPageOptions({ prompt: [] })).toThrow(
    new TypeError('prompt: expected a prompt, or a list with one at least, found an array of 0'),
  )
})

describe('[D1] languages', () => {
  test.each<[PageOptions['locale'], readonly string[] | undefined]>([
    ['de', ['de']],
    [
      ['zh-Hant-TW', 'sr-Latn'],
      ['zh-Hant-TW', 'sr-Latn'],
    ],
    ['de fr', ['de', 'fr']],
    [[], []],
    ['', undefined],
    ['en-US,en;q=0.9', ['en-US', 'en']],
    ['de; rm -rf', ['de']],
    ['*', []],
    ['*;q=0.5', []],
  ])('%j are read as %j', (locale, tags) => {
    expect(readPageOptions({ locale }).locale).toEqual(tags)
  })

  test.each<PageOptions['locale']>([' ', 'de  fr', 'x', 'de_DE', ['de', '']])('%j are none', (locale) => {
    expect(() => readPageOptions({ locale })).toThrow(/^locale: expected language tags/)
  })
})

test.each<[keyof PageOptions, string]>([
  ['display', 'window'],
  ['responseMode', 'form_post'],
])('[D1] a %s of %s is a mistake of the app', (field, value) => {
  expect(() => readPageOptions({ [field]: value })).toThrow(new RegExp(`^${field}: expected one of`))
})
