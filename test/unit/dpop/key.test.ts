import { inspect } from 'node:util'
import { importJWK } from 'jose'
import { expect, test } from 'vitest'
import { DpopKey } from '../../../src/dpop/key.ts'
import { isStoredDpopKey, type StoredDpopKey } from '../../../src/dpop/stored-key.ts'

const data = new TextEncoder().encode('to be signed')

/** Whether a signature is of the key with this public half, as another implementation sees it. */
async function isSignedBy(publicJwk: DpopKey['publicJwk'], signature: Uint8Array): Promise<boolean> {
  const key = await importJWK({ ...publicJwk }, 'ES256')
  if (!(key instanceof CryptoKey)) throw new Error('not a public key')
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(signature), data)
}

async function storedAsJwk(): Promise<Extract<StoredDpopKey, { d: string }>> {
  const stored = await (await DpopKey.generate({ extractable: true })).toStored()
  if (!('d' in stored)) throw new Error('not a JWK')
  return stored
}

test('[D4] a new key is P-256, and each is another', async () => {
  const [one, two] = await Promise.all([0, 1].map(() => DpopKey.generate({ extractable: false })))
  expect(one?.publicJwk).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: expect.stringMatching(/^[\w-]{43}$/),
    y: expect.stringMatching(/^[\w-]{43}$/),
  })
  expect(one?.publicJwk.x).not.toBe(two?.publicJwk.x)
})

test.each([{ extractable: true }, { extractable: false }])(
  'a key with extractable $extractable signs for the same public half after it was stored',
  async (options) => {
    const key = await DpopKey.generate(options)
    const back = await DpopKey.fromStored(await key.toStored())
    expect(back.publicJwk).toEqual(key.publicJwk)
    const signature = await back.sign(data)
    expect(signature).toHaveLength(64)
    expect(await isSignedBy(key.publicJwk, signature)).toBe(true)
    const other = await DpopKey.generate(options)
    expect(await isSignedBy(other.publicJwk, signature)).toBe(false)
    // Whoever has the storage has the key; whoever has only this process has not.
    expect(await back.toStored()).toEqual({ key: expect.any(CryptoKey), jwk: key.publicJwk })
  },
)

test('an extractable key is stored as a private JWK, which survives JSON', async () => {
  const stored = await storedAsJwk()
  expect(Object.keys(stored).toSorted()).toEqual(['crv', 'd', 'kty', 'x', 'y'])
  const through: unknown = JSON.parse(JSON.stringify(stored))
  expect(through).toEqual(stored)
  expect(isStoredDpopKey(through)).toBe(true)
})

test('[M3] a key that cannot be extracted is stored as a CryptoKey that nothing can export', async () => {
  const stored = await (await DpopKey.generate({ extractable: false })).toStored()
  if (!('key' in stored)) throw new Error('not a CryptoKey')
  expect(stored.key.extractable).toBe(false)
  expect(isStoredDpopKey(stored)).toBe(true)
  await expect(crypto.subtle.exportKey('jwk', stored.key)).rejects.toThrow(/extractable/)
})

test('[M5] a key shows no private half in JSON and inspection', async () => {
  const stored = await storedAsJwk()
  const key = await DpopKey.fromStored(stored)
  expect(JSON.stringify(key)).not.toContain(stored.d)
  expect(inspect(key, { depth: 10, showHidden: true })).not.toContain(stored.d)
})

test('a stored key may have more fields, which are left alone', async () => {
  const stored = { ...(await storedAsJwk()), kid: 'x', key_ops: ['verify'] }
  expect(isStoredDpopKey(stored)).toBe(true)
  const key = await DpopKey.fromStored(stored)
  expect(await isSignedBy(key.publicJwk, await key.sign(data))).toBe(true)
  expect(Object.keys(key.publicJwk).toSorted()).toEqual(['crv', 'kty', 'x', 'y'])
})

test.each([
  ['no d', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }],
  ['another type', { kty: 'OKP', crv: 'P-256', x: 'x', y: 'y', d: 'd' }],
  ['another curve', { kty: 'EC', crv: 'P-384', x: 'x', y: 'y', d: 'd' }],
  ['a number', { kty: 'EC', crv: 'P-256', x: 1, y: 'y', d: 'd' }],
  ['what JSON leaves of a CryptoKey', { key: {}, jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }],
  ['null', null],
  ['a text', 'key'],
])('what is stored is no key: %s', (_, value) => {
  expect(isStoredDpopKey(value)).toBe(false)
})

test('a CryptoKey without its public half is no stored key', async () => {
  const stored = await (await DpopKey.generate({ extractable: false })).toStored()
  expect(isStoredDpopKey({ ...stored, jwk: { kty: 'EC' } })).toBe(false)
})

test('a JWK that is none of a key is a corrupt storage, and is not shown', async () => {
  const stored = { ...(await storedAsJwk()), d: 'not-the-private-half' }
  await expect(DpopKey.fromStored(stored)).rejects.toMatchObject({
    name: 'StorageError',
    code: 'corrupt',
    message: expect.not.stringContaining('not-the-private-half'),
  })
})
