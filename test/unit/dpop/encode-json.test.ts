import { expect, test } from 'vitest'
import { encodeJson } from '../../../src/dpop/encode-json.ts'

test.each([
  {},
  { a: [1, null, true], b: { c: 'plain' } },
  {
    latin: 'é\u0080\u00ff',
    wide: '\u0100€',
    pair: '\u{1f4a9}',
    lone: '\ud800',
    controls: '\0\u001f\u007f',
    quote: '"\\/',
  },
  { ключ: 'значение' },
])('gives back what it was given: %j', (value) => {
  const encoded = encodeJson(value)
  expect(encoded).toMatch(/^[\w-]+$/)
  const text = Buffer.from(encoded, 'base64url').toString('latin1')
  expect(text).toMatch(/^\p{ASCII}+$/u)
  expect(JSON.parse(text)).toEqual(value)
})
