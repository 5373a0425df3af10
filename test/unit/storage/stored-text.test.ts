import { expect, test } from 'vitest'
import { StorageError } from '../../../src/errors.ts'
import { readExpiry, readValue, writeValue } from '../../../src/storage/stored-text.ts'

const KEY = 'session/did:plc:alice/1'

/** What reading a text fails with. */
function corruptionOf(text: unknown, version?: string): StorageError {
  try {
    readValue(KEY, text, version)
  } catch (error) {
    if (error instanceof StorageError) return error
    throw error
  }
  throw new Error('it was to fail, and succeeded')
}

test.each([{ a: [1, null, true, -0.5, 'é'] }, 'a\0b', '\ud800', null, 0, []])(
  'reads %j as it was written',
  (value) => {
    const text = writeValue(value)
    expect(readValue(KEY, text)).toEqual(value)
    // An engine that keeps UTF-8 keeps it.
    expect(text).not.toContain('\0')
    expect(text.isWellFormed()).toBe(true)
  },
)

test.each([() => {}, new Date(0), Number.NaN, undefined, 1n])('%s is not written', (value) => {
  expect(() => writeValue(value as never)).toThrow(TypeError)
})

test.each([
  ['was cut off', '{"token":"a secret of some le'],
  ['is empty', ''],
  ['is no JSON', 'a secret of some length'],
  ['is two values', '{}{}'],
  ['is nested too deep', '['.repeat(40) + ']'.repeat(40)],
  ['is nothing', null],
  ['was parsed already', { token: 'a secret of some length' }],
])('[M5] a text that %s is corrupt: its key and its version are told, and nothing of it', (_, text) => {
  const failure = corruptionOf(text, 'version-7')
  expect(failure).toMatchObject({ code: 'corrupt', field: KEY, version: 'version-7', retryable: false })
  expect(failure.cause).toBeUndefined()
  expect(`${failure.message} ${JSON.stringify(failure)}`).not.toContain('a secret')
})

test('names no version where the engine has none', () => {
  expect(corruptionOf('').version).toBeUndefined()
})

test.each([
  [undefined, null],
  [Infinity, null],
  [0, 0],
  [-1, 0],
  [1.2, 2],
  [1e300, 8.64e15],
])('an entry that expires at %d is kept until %d', (expiresAt, kept) => {
  expect(readExpiry(expiresAt)).toBe(kept)
})

test('an expiry that is no number is refused', () => {
  expect(() => readExpiry(Number.NaN)).toThrow('expiresAt')
})
