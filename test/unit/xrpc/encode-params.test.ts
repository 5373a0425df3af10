import { expect, test } from 'vitest'
import { encodeParams } from '../../../src/xrpc/encode-params.ts'

test('[J2] writes arrays as repeated names, booleans as words, texts without quotes', () => {
  const params = { uris: ['at://a', 'at://b'], reverse: true, strict: false, q: 'a "b"', limit: 10, from: -1 }
  const query = new URLSearchParams(encodeParams(params))
  expect([...query]).toEqual([
    ['uris', 'at://a'],
    ['uris', 'at://b'],
    ['reverse', 'true'],
    ['strict', 'false'],
    ['q', 'a "b"'],
    ['limit', '10'],
    ['from', '-1'],
  ])
})

test('[J2] leaves out what is undefined, in an array too', () => {
  expect(encodeParams({ a: undefined, b: 'x', c: [undefined, 'y'] })).toBe('?b=x&c=y')
})

test.each([undefined, {}, { a: undefined }, { a: [] }])('[J2] writes nothing for %o', (params) => {
  expect(encodeParams(params)).toBe('')
})

test('[J2] keeps an empty text and a zero', () => {
  expect(encodeParams({ a: '', b: 0 })).toBe('?a=&b=0')
})

test('[J2] escapes what has a meaning in a URL', () => {
  const params = { 'a&b': 'c=d&e#f?g/h\\i\t+ é💩%20' }
  const encoded = encodeParams(params)
  expect(encoded).toMatch(/^\?[\w%+.*=-]+$/)
  expect(Object.fromEntries(new URLSearchParams(encoded))).toEqual(params)
})

test.each([
  ['null', null, 'null'],
  ['a fraction', 1.5, '1.5'],
  ['an integer that is not exact', 2 ** 53, '9007199254740992'],
  ['NaN', Number.NaN, ''],
  ['an object', { a: 1 }, 'an object'],
  ['a Date', new Date(0), 'an object'],
  ['a bigint', 1n, '1n'],
  ['null in an array', ['x', null], 'null'],
  ['an array in an array', [['x']], 'an array of 1'],
])('[J2] [K14] refuses %s with a TypeError that names it', (_, value, shown) => {
  expect(() => encodeParams({ limit: value })).toThrow(TypeError)
  expect(() => encodeParams({ limit: value })).toThrow(/^params\.limit: expected a string, a boolean, an integer/)
  expect(() => encodeParams({ limit: value })).toThrow(`found ${shown}`)
})
