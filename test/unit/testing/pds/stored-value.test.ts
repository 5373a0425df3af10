import { expect, test } from 'vitest'
import { toStoredObject, toStoredValue } from '../../../../src/testing/pds/stored-value.ts'

test.each([
  ['AQ==', 'AQ'],
  ['AQ=', 'AQ'],
  ['AQ', 'AQ'],
  ['AR', 'AQ'],
  ['-_-_', '+/+/'],
  ['', ''],
])('bytes written as "%s" are read as "%s"', (written, read) => {
  expect(toStoredValue([{ at: { $bytes: written } }])).toEqual([{ at: { $bytes: read } }])
})

test.each([
  [{ $bytes: 'A' }],
  [{ $bytes: 'AQ===' }],
  [{ $bytes: 'A Q' }],
  [{ $bytes: 5 }],
  [{ $bytes: 'AQ==', also: 1 }],
])('%o holds no bytes, and stays as it is', (value) => {
  expect(toStoredValue(value)).toEqual(value)
})

test('a record is an object even where it looks like bytes', () => {
  expect(toStoredObject({ $bytes: 'AQ==' })).toEqual({ $bytes: 'AQ==' })
})

test('text is UTF-8, in names too', () => {
  expect(toStoredValue({ '\ud800': ['a\udc00', '🦋'] })).toEqual({ '\ufffd': ['a\ufffd', '🦋'] })
})
