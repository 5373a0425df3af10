import { expect, test } from 'vitest'
import { copyValue } from '../../../src/storage/copy-value.ts'

const plain = { keepsCryptoKeys: false }
const withKeys = { keepsCryptoKeys: true }

async function cryptoKey(): Promise<CryptoKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  return pair.privateKey
}

/** A value this many objects deep. */
function nested(levels: number): unknown {
  return levels === 0 ? 'end' : { a: nested(levels - 1) }
}

test.each([
  null,
  true,
  false,
  0,
  -1.5,
  Number.MAX_VALUE,
  '',
  'é💩',
  [],
  {},
  [1, [2, null], { a: 'b' }],
  { a: { b: [{ c: false }] }, '': 1, 'with space': 2 },
])('copies %j', (value) => {
  expect(copyValue(value, plain)).toEqual(value)
})

test('copies all the way down', () => {
  const value = { list: [{ name: 'x' }], object: { inner: {} } }
  const copy = copyValue(value, plain)
  expect(copy).toEqual(value)
  value.list[0]!.name = 'changed'
  value.list.push({ name: 'more' })
  Object.assign(value.object.inner, { more: 1 })
  expect(copy).toEqual({ list: [{ name: 'x' }], object: { inner: {} } })
})

test('leaves out a property that is undefined, as JSON does', () => {
  const copy = copyValue({ a: 1, b: undefined, c: { d: undefined } }, plain)
  expect(JSON.stringify(copy)).toBe('{"a":1,"c":{}}')
  expect(Object.keys(Object(copy))).toEqual(['a', 'c'])
})

test('takes an object without a prototype', () => {
  expect(copyValue(Object.assign(Object.create(null), { a: 1 }), plain)).toEqual({ a: 1 })
})

test('[M8] makes a property named __proto__ a plain one', () => {
  const copy = copyValue(JSON.parse('{"__proto__":{"isAdmin":true}}'), plain)
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  expect(Object.keys(Object(copy))).toEqual(['__proto__'])
})

class Thing {
  readonly name = 'x'
}

test.each([
  ['a function', () => 1, 'function'],
  ['a Date', new Date(0), 'an object'],
  ['NaN', Number.NaN, ''],
  ['Infinity', Infinity, ''],
  ['undefined', undefined, 'undefined'],
  ['a bigint', 1n, '1n'],
  ['a symbol', Symbol('x'), 'symbol'],
  ['a Map', new Map(), 'an object'],
  ['bytes', new Uint8Array(1), 'an object'],
  ['an instance of a class', new Thing(), 'an object'],
])('refuses %s with a TypeError that names its place', (_, value, shown) => {
  const expected = (path: string) => `${path}: expected plain JSON, found ${shown}`
  expect(() => copyValue(value, plain)).toThrow(TypeError)
  expect(() => copyValue(value, plain)).toThrow(expected('value'))
  expect(() => copyValue({ a: [0, { b: [value] }] }, plain)).toThrow(expected('value.a[1].b[0]'))
})

test('refuses undefined in an array', () => {
  expect(() => copyValue({ a: [1, undefined] }, plain)).toThrow('value.a[1]: expected plain JSON, found undefined')
})

test('refuses a hole in an array', () => {
  const sparse: unknown[] = [1]
  sparse[2] = 3
  expect(() => copyValue({ a: sparse }, plain)).toThrow('value.a[1]: expected plain JSON, found undefined')
})

test('refuses a cycle', () => {
  const cycle: { self?: unknown; list: unknown[] } = { list: [] }
  cycle.self = cycle
  expect(() => copyValue(cycle, plain)).toThrow(/^value\.self\.self.*: expected at most 32 levels/)
  const list: unknown[] = []
  list.push(list)
  expect(() => copyValue(list, plain)).toThrow(/^value\[0\]\[0\].*: expected at most 32 levels/)
})

test('takes 32 levels, and not one more', () => {
  expect(copyValue(nested(32), plain)).toEqual(nested(32))
  expect(() => copyValue(nested(33), plain)).toThrow(TypeError)
  expect(() => copyValue(nested(100_000 / 100), plain)).toThrow('at most 32 levels')
})

test('keeps a CryptoKey as it is, where the storage keeps them', async () => {
  const key = await cryptoKey()
  expect(copyValue({ a: [key] }, withKeys)).toEqual({ a: [key] })
  const copy: unknown = copyValue(key, withKeys)
  expect(copy).toBe(key)
})

test('refuses a CryptoKey where the storage does not keep them', async () => {
  const key = await cryptoKey()
  expect(() => copyValue({ dpopKey: { key } }, plain)).toThrow('value.dpopKey.key: expected plain JSON')
})

test('shows nothing of an object that it refuses', () => {
  expect(() => copyValue({ a: new Map([['token', 'secret']]) }, plain)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})
