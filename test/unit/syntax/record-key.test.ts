import { expect, test } from 'vitest'
import { isRecordKey } from '../../../src/syntax/record-key.ts'

// The examples of https://atproto.com/specs/record-key, and what lies at the edges.
test.each([
  'self',
  '3jui7kd54zh2y',
  'example.com',
  '~1.2-3_',
  'dHJ1ZQ',
  'pre:fix',
  '_',
  '...',
  '.a',
  ':',
  '-',
  '~',
  'a'.repeat(512),
])('[K13] %s is a record key', (value) => {
  expect(isRecordKey(value)).toBe(true)
})

test.each([
  'alpha/beta',
  '.',
  '..',
  '#extra',
  '@handle',
  'any space',
  'any+space',
  'number[3]',
  'number(3)',
  '"quote"',
  'dHJ1ZQ==',
  '',
  '%41',
  'a\n',
  'é',
  'a'.repeat(513),
])('[K13] %j is no record key', (value) => {
  expect(isRecordKey(value)).toBe(false)
})
