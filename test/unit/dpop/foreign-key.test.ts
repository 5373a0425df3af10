import { generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { DpopKey, exportKey } from '../../../src/dpop/key.ts'
import { createProof } from '../../../src/dpop/proof.ts'
import { isStoredDpopKey, type PrivateJwk } from '../../../src/dpop/stored-key.ts'
import { importSecp256k1 } from '../../../src/runtime/default.ts'

/** A key as another library makes it: on a curve that WebCrypto does not know. */
function foreignKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
  const stored: PrivateJwk = { kty: 'EC', crv: 'secp256k1', x, y, d }
  return { stored, publicKey }
}

test('[D9] signs proofs with ES256K for a session of another library, and shows the public half only', async () => {
  const { stored, publicKey } = foreignKey()
  const key = await DpopKey.fromStored(stored)
  const proof = await createProof(key, { method: 'GET', url: 'https://pds.example.com/x', issuedAt: 0, id: 'one' })
  const [header = '', payload = '', signature = ''] = proof.split('.')
  const { d: _, ...jwk } = stored
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ typ: 'dpop+jwt', alg: 'ES256K', jwk })
  const signed = Buffer.from(`${header}.${payload}`)
  const bytes = Buffer.from(signature, 'base64url')
  expect(verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true)
  expect(JSON.stringify(key)).not.toContain(stored.d)
})

test('[D9] signs with ES256 with a key of its own', async () => {
  const key = await DpopKey.generate({ extractable: true })
  const proof = await createProof(key, { method: 'GET', url: 'https://pds.example.com/x', issuedAt: 0, id: 'one' })
  const [header = ''] = proof.split('.')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
    alg: 'ES256',
    jwk: { crv: 'P-256' },
  })
})

test('keeps such a key as it came', async () => {
  const { stored } = foreignKey()
  expect(isStoredDpopKey(stored)).toBe(true)
  expect(await (await DpopKey.fromStored(stored)).toStored()).toEqual(stored)
  expect(await exportKey(stored)).toEqual(stored)
})

test('refuses a private half that is not of the public one, and shows neither', async () => {
  const { stored } = foreignKey()
  const { d } = foreignKey().stored
  const failure: unknown = await DpopKey.fromStored({ ...stored, d }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ name: 'StorageError', code: 'corrupt', field: 'dpopKey' })
  expect(String(failure)).not.toContain(d)
})

test('knows no such curve where there is only WebCrypto', () => {
  expect(importSecp256k1).toBeUndefined()
})
