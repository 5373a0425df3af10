import { expect, test } from 'vitest'
import { parseClientKeys, publicClientKey } from '../../../src/flow/client-keys.ts'
import { newClientKey } from './client-key.ts'

test('takes private ES256 keys, with or without their alg', async () => {
  const [one, two] = [await newClientKey('k1'), await newClientKey('k2')]
  const { alg: _, ...withoutAlg } = two
  const keys = parseClientKeys([one, withoutAlg])
  expect(keys.map(({ kid, x, y, d }) => ({ kid, x, y, d }))).toEqual(
    [one, two].map(({ kid, x, y, d }) => ({ kid, x, y, d })),
  )
})

test('[C5] serves the public half of a key only, whatever else was in it', async () => {
  const key = await newClientKey('k1')
  const noisy = { ...key, key_ops: ['sign'], ext: true, p: 'secret', extra: 'secret' }
  const [parsed] = parseClientKeys([noisy])
  const served = publicClientKey(parsed ?? key)
  expect(served).toEqual({ kty: 'EC', crv: 'P-256', kid: 'k1', alg: 'ES256', use: 'sig', x: key.x, y: key.y })
  expect(JSON.stringify(served)).not.toContain(key.d)
  expect(JSON.stringify(served)).not.toContain('secret')
})

test.each([
  ['a public key', { d: undefined }, 'keys[0].d'],
  ['no kid', { kid: undefined }, 'keys[0].kid'],
  ['an empty kid', { kid: '' }, 'keys[0].kid'],
  ['a kid that is a number', { kid: 1 }, 'keys[0].kid'],
  ['no x', { x: undefined }, 'keys[0].x'],
  ['no y', { y: undefined }, 'keys[0].x'],
  ['another algorithm', { alg: 'ES384' }, 'keys[0].alg'],
  ['another curve', { crv: 'P-384' }, 'keys[0].crv'],
  ['an RSA key', { kty: 'RSA' }, 'keys[0].kty'],
])('[C5] refuses %s, names the field and shows no key', async (_, change, field) => {
  const key = await newClientKey('k1')
  const parse = () => parseClientKeys([{ ...key, ...change }])
  expect(parse).toThrow(TypeError)
  expect(parse).toThrow(field)
  expect(parse).toThrow(expect.objectContaining({ message: expect.not.stringContaining(key.d) }))
})

test.each([['-----BEGIN PRIVATE KEY-----secret'], [null], [undefined], [[]], [7]])(
  'refuses %o for a key, and does not show it',
  (key) => {
    const parse = () => parseClientKeys([key])
    expect(parse).toThrow(TypeError)
    expect(parse).toThrow('keys[0]')
    expect(parse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }))
  },
)

test('names the key that is wrong by its place', async () => {
  const good = await newClientKey('k1')
  expect(() => parseClientKeys([good, { ...good, kid: '' }])).toThrow('keys[1].kid')
})

test('refuses an empty list: it is not a public client', () => {
  expect(() => parseClientKeys([])).toThrow('at least one private key')
})

test('[C5] refuses two keys of one kid', async () => {
  const keys = [await newClientKey('k1'), await newClientKey('k2'), await newClientKey('k1')]
  expect(() => parseClientKeys(keys)).toThrow('found "k1"')
  expect(parseClientKeys(keys.slice(0, 2))).toHaveLength(2)
})
