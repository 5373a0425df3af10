import { calculateJwkThumbprint, importJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import {
  type ClientAuth,
  confidentialClient,
  isClientAuth,
  publicClient,
} from '../../../src/flow/client-authentication.ts'
import { type ClientKey, publicClientKey } from '../../../src/flow/client-keys.ts'
import { newClientKey } from './client-key.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const ISSUER = 'https://as.example.com'
const NOW = 1_700_000_000_500
const none: ClientAuth = { method: 'none', clientId: CLIENT_ID }

/** What a server reads from an assertion: verified by jose with the key that the client's metadata serves. */
async function verify(assertion: string | undefined, key: ClientKey) {
  const publicKey = await importJWK({ ...publicClientKey(key) }, 'ES256')
  const { payload, protectedHeader } = await jwtVerify(assertion ?? '', publicKey, {
    algorithms: ['ES256'],
    currentDate: new Date(NOW),
  })
  return { header: protectedHeader, claims: payload }
}

async function pinnedTo(key: ClientKey): Promise<ClientAuth> {
  const { kty, crv, x, y } = key
  return {
    method: 'private_key_jwt',
    clientId: CLIENT_ID,
    kid: key.kid,
    alg: 'ES256',
    jkt: await calculateJwkThumbprint({ kty, crv, x, y }),
  }
}

test('[D8] an assertion has exactly the header and the claims that the RFC asks for', async () => {
  const key = await newClientKey('k1')
  const client = confidentialClient(CLIENT_ID, [key])
  const fields = await client.parametersFor(await client.choose(), { audience: ISSUER, id: 'jti-1', now: NOW })
  expect(Object.keys(fields).toSorted()).toEqual(['client_assertion', 'client_assertion_type', 'client_id'])
  expect(fields['client_id']).toBe(CLIENT_ID)
  expect(fields['client_assertion_type']).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  const { header, claims } = await verify(fields['client_assertion'], key)
  expect(header).toEqual({ alg: 'ES256', kid: 'k1' })
  expect(claims).toEqual({
    iss: CLIENT_ID,
    sub: CLIENT_ID,
    aud: ISSUER,
    jti: 'jti-1',
    iat: 1_699_999_990,
    exp: 1_700_000_050,
  })
})

test('[D8] an assertion that another key signed is not one', async () => {
  const [key, other] = [await newClientKey('k1'), await newClientKey('k1')]
  const client = confidentialClient(CLIENT_ID, [key])
  const fields = await client.parametersFor(await client.choose(), { audience: ISSUER, id: 'jti-1', now: NOW })
  await expect(verify(fields['client_assertion'], other)).rejects.toThrow('signature')
})

test('[D8] each assertion says what it is made for', async () => {
  const key = await newClientKey('k1')
  const client = confidentialClient(CLIENT_ID, [key])
  const auth = await client.choose()
  const one = await client.parametersFor(auth, { audience: ISSUER, id: 'jti-1', now: NOW })
  const two = await client.parametersFor(auth, { audience: 'https://b.example.com', id: 'jti-2', now: NOW + 5000 })
  expect(one['client_assertion']).not.toBe(two['client_assertion'])
  const { claims } = await verify(two['client_assertion'], key)
  expect(claims).toMatchObject({ aud: 'https://b.example.com', jti: 'jti-2', iat: 1_699_999_995 })
})

test('[C11] a new session is pinned to the first key', async () => {
  const [newest, older] = [await newClientKey('k2'), await newClientKey('k1')]
  const client = confidentialClient(CLIENT_ID, [newest, older])
  expect(await client.choose()).toEqual(await pinnedTo(newest))
})

test('[H3] signs with the very key that a session is pinned to, not with the newest', async () => {
  const [newest, older] = [await newClientKey('k2'), await newClientKey('k1')]
  const client = confidentialClient(CLIENT_ID, [newest, older])
  const fields = await client.parametersFor(await pinnedTo(older), { audience: ISSUER, id: 'jti-1', now: NOW })
  const { header } = await verify(fields['client_assertion'], older)
  expect(header.kid).toBe('k1')
})

test('[H3] can act for a session whose key it has', async () => {
  const [newest, older] = [await newClientKey('k2'), await newClientKey('k1')]
  const client = confidentialClient(CLIENT_ID, [newest, older])
  expect(await client.canActAs(await pinnedTo(newest))).toBe(true)
  expect(await client.canActAs(await pinnedTo(older))).toBe(true)
})

test('[H3] cannot act for a session whose key is gone, or another key under the same kid', async () => {
  const [gone, own] = [await newClientKey('k1'), await newClientKey('k2')]
  const client = confidentialClient(CLIENT_ID, [own, await newClientKey('k3')])
  expect(await client.canActAs(await pinnedTo(gone))).toBe(false)
  const replaced = confidentialClient(CLIENT_ID, [await newClientKey('k1')])
  expect(await replaced.canActAs(await pinnedTo(gone))).toBe(false)
})

test('[H3] a confidential client cannot act for a session of a public one, nor the other way round', async () => {
  const key = await newClientKey('k1')
  expect(await confidentialClient(CLIENT_ID, [key]).canActAs(none)).toBe(false)
  expect(await publicClient(CLIENT_ID).canActAs(await pinnedTo(key))).toBe(false)
  expect(await publicClient(CLIENT_ID).canActAs(none)).toBe(true)
})

test('[C4] a public client shows nothing but its client id', async () => {
  const client = publicClient(CLIENT_ID)
  expect(await client.choose()).toEqual(none)
  expect(await client.parametersFor(none, { audience: ISSUER, id: 'jti-1', now: NOW })).toEqual({
    client_id: CLIENT_ID,
  })
})

test('[H3] a session goes on under the client id that it was made with', async () => {
  const key = await newClientKey('k1')
  const before = { ...(await pinnedTo(key)), clientId: 'https://old.example.com/client-metadata.json' }
  const facts = { audience: ISSUER, id: 'jti-1', now: NOW }
  const fields = await confidentialClient(CLIENT_ID, [key]).parametersFor(before, facts)
  const { claims } = await verify(fields['client_assertion'], key)
  expect([fields['client_id'], claims.iss, claims.sub]).toEqual(Array(3).fill(before.clientId))
  const open = { method: 'none', clientId: 'http://localhost?scope=atproto' } as const
  expect(await publicClient(CLIENT_ID).parametersFor(open, facts)).toEqual({ client_id: open.clientId })
})

test('tells what a session can be pinned to', async () => {
  expect(isClientAuth(none)).toBe(true)
  expect(isClientAuth(await pinnedTo(await newClientKey('k1')))).toBe(true)
  expect(isClientAuth({ ...none, more: 1 })).toBe(true)
})

test.each([
  {},
  null,
  { method: 'client_secret_basic' },
  { method: 'private_key_jwt' },
  { method: 'private_key_jwt', kid: 'k1', alg: 'RS256', jkt: 'x' },
  { method: 'private_key_jwt', kid: 1, alg: 'ES256', jkt: 'x' },
  { method: 'private_key_jwt', kid: 'k1', alg: 'ES256' },
])('%o is nothing that a session can be pinned to', (value) => {
  expect(isClientAuth(value)).toBe(false)
})
