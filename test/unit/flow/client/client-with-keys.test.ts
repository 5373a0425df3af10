import { calculateJwkThumbprint, importJWK, type JWTVerifyResult, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { AuthorizationError } from '../../../../src/errors.ts'
import { SIGNING_ALGORITHMS } from '../../../../src/flow/client/client-algorithms.ts'
import type { ClientAuth } from '../../../../src/flow/client/client-auth.ts'
import type { ClientAuthentication } from '../../../../src/flow/client/client-authentication.ts'
import type { ClientKey } from '../../../../src/flow/client/client-keys.ts'
import { clientWithKeys } from '../../../../src/flow/client/client-with-keys.ts'
import { newClientKey } from './client-key.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const ISSUER = 'https://as.example.com'
const NOW = 1_700_000_000_500
const SECONDS = Math.floor(NOW / 1000)
const FACTS = { audience: ISSUER, dpopJkt: 'jkt', id: 'jti-1', now: NOW }
const CHOICE = { audience: ISSUER, dpopJkt: 'jkt', algorithms: ['ES256', 'ES384', 'RS256', 'PS256'] }
const none: ClientAuth = { method: 'none', clientId: CLIENT_ID }

function clientOf(...keys: readonly ClientKey[]): ClientAuthentication {
  return clientNaming('ES256', ...keys)
}

function clientNaming(signingAlgorithm: string | undefined, ...keys: readonly ClientKey[]): ClientAuthentication {
  return clientWithKeys(CLIENT_ID, keys, { clock: { now: () => NOW }, signingAlgorithm })
}

async function pinnedTo({ kid, alg, publicHalf }: ClientKey): Promise<ClientAuth> {
  const jkt = await calculateJwkThumbprint({ ...publicHalf })
  return { method: 'private_key_jwt', clientId: CLIENT_ID, kid, alg, jkt }
}

/** What a server reads from an assertion: verified by jose with the key that the client's metadata serves. */
async function verify(assertion: string | undefined, { publicHalf, alg }: ClientKey): Promise<JWTVerifyResult> {
  const publicKey = await importJWK({ ...publicHalf }, alg)
  return jwtVerify(assertion ?? '', publicKey, { algorithms: [alg], currentDate: new Date(NOW) })
}

async function failureOf(attempt: Promise<unknown>): Promise<AuthorizationError> {
  const [outcome] = await Promise.allSettled([attempt])
  if (outcome.status === 'rejected') return outcome.reason as AuthorizationError
  throw new Error('it was to fail, and succeeded')
}

test('[D8] an assertion has exactly the header and the claims that the RFC asks for', async () => {
  const key = await newClientKey('k1')
  const client = clientOf(key)
  const fields = await client.parametersFor(await client.choose(CHOICE), FACTS)
  expect(Object.keys(fields).toSorted()).toEqual(['client_assertion', 'client_assertion_type', 'client_id'])
  expect(fields['client_id']).toBe(CLIENT_ID)
  expect(fields['client_assertion_type']).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  const { protectedHeader, payload } = await verify(fields['client_assertion'], key)
  expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'k1' })
  expect(payload).toEqual({
    iss: CLIENT_ID,
    sub: CLIENT_ID,
    aud: ISSUER,
    jti: 'jti-1',
    iat: 1_699_999_990,
    exp: 1_700_000_050,
  })
})

test.each(SIGNING_ALGORITHMS)('[D8] [C5] signs with %s, and a server verifies it', async (alg) => {
  const key = await newClientKey('k1', alg)
  const client = clientNaming(alg, key)
  const auth = await client.choose({ ...CHOICE, algorithms: ['ES256', alg] })
  expect(auth).toEqual(await pinnedTo(key))
  const { protectedHeader } = await verify((await client.parametersFor(auth, FACTS))['client_assertion'], key)
  expect(protectedHeader).toEqual({ alg, kid: 'k1' })
})

test('[D8] an assertion that another key signed is not one', async () => {
  const [key, other] = [await newClientKey('k1'), await newClientKey('k1')]
  const client = clientOf(key)
  const fields = await client.parametersFor(await client.choose(CHOICE), FACTS)
  await expect(verify(fields['client_assertion'], other)).rejects.toThrow('signature')
})

test('[D8] each assertion says what it is made for', async () => {
  const key = await newClientKey('k1')
  const client = clientOf(key)
  const auth = await client.choose(CHOICE)
  const one = await client.parametersFor(auth, FACTS)
  const elsewhere = { ...FACTS, audience: 'https://b.example.com', id: 'jti-2', now: NOW + 5000 }
  const two = await client.parametersFor(auth, elsewhere)
  expect(one['client_assertion']).not.toBe(two['client_assertion'])
  const { payload } = await verify(two['client_assertion'], key)
  expect(payload).toMatchObject({ aud: 'https://b.example.com', jti: 'jti-2', iat: 1_699_999_995 })
})

test('[C11] a new session is pinned to the first key', async () => {
  const [newest, older] = [await newClientKey('k2'), await newClientKey('k1')]
  expect(await clientOf(newest, older).choose(CHOICE)).toEqual(await pinnedTo(newest))
})

test('[C11] passes over a key that is not yet active, and one that no longer is', async () => {
  const [future, past, current] = [
    await newClientKey('k3', 'ES256', { nbf: SECONDS + 1 }),
    await newClientKey('k2', 'ES256', { exp: SECONDS }),
    await newClientKey('k1', 'ES256', { nbf: SECONDS, exp: SECONDS + 1 }),
  ]
  expect(await clientOf(future, past, current).choose(CHOICE)).toMatchObject({ kid: 'k1' })
})

test('[C11] [H3] goes on with a key that is no longer active for the sessions that are pinned to it', async () => {
  const past = await newClientKey('k1', 'ES256', { exp: SECONDS - 1 })
  const client = clientOf(await newClientKey('k2'), past)
  const auth = await pinnedTo(past)
  expect(await client.findLack(auth)).toBeUndefined()
  const { protectedHeader } = await verify((await client.parametersFor(auth, FACTS))['client_assertion'], past)
  expect(protectedHeader.kid).toBe('k1')
})

test('[C11] says of each key why it was not chosen, where none was', async () => {
  const client = clientOf(
    await newClientKey('k3', 'ES256', { nbf: SECONDS + 60 }),
    await newClientKey('k2', 'ES256', { exp: SECONDS }),
    await newClientKey('k1', 'ES512'),
  )
  expect(await failureOf(client.choose(CHOICE))).toMatchObject({
    name: 'AuthorizationError',
    code: 'client_key_missing',
    url: ISSUER,
    expected: 'an active key for ES256, ES384, RS256, PS256',
    found: 'k3 (ES256, not yet active), k2 (ES256, no longer active), k1 (ES512)',
  })
})

test('[C5] chooses by the order of the keys, among those whose algorithm the server verifies', async () => {
  const [eddsa, rsa, pss] = [
    await newClientKey('k3', 'EdDSA'),
    await newClientKey('k2', 'RS256'),
    await newClientKey('k1', 'PS256'),
  ]
  const chosen = async (...algorithms: string[]) => {
    const client = clientNaming('EdDSA', eddsa, rsa, pss)
    return (await client.choose({ ...CHOICE, algorithms })) as object
  }
  expect(await chosen('PS256', 'RS256', 'EdDSA')).toMatchObject({ kid: 'k3' })
  expect(await chosen('PS256', 'RS256')).toMatchObject({ kid: 'k2' })
  expect(await chosen('PS256', 'ES256')).toMatchObject({ kid: 'k1', alg: 'PS256' })
})

test('[C5] keeps to the algorithm that the metadata names, where a key for it is active', async () => {
  const [rsa, es256] = [await newClientKey('k2', 'RS256'), await newClientKey('k1')]
  expect(await clientNaming('ES256', rsa, es256).choose(CHOICE)).toMatchObject({ kid: 'k1' })
  const later = await newClientKey('k3', 'ES256', { nbf: SECONDS + 60 })
  expect(await clientNaming('ES256', later, rsa).choose(CHOICE)).toMatchObject({ kid: 'k2' })
})

test('[H3] signs with the very key that a session is pinned to, not with the newest', async () => {
  const [newest, older] = [await newClientKey('k2'), await newClientKey('k1')]
  const fields = await clientOf(newest, older).parametersFor(await pinnedTo(older), FACTS)
  const { protectedHeader } = await verify(fields['client_assertion'], older)
  expect(protectedHeader.kid).toBe('k1')
})

test('[H3] can act for a session whose key it has', async () => {
  const [newest, older] = [await newClientKey('k2'), await newClientKey('k1')]
  const client = clientOf(newest, older)
  expect(await client.findLack(await pinnedTo(newest))).toBeUndefined()
  expect(await client.findLack(await pinnedTo(older))).toBeUndefined()
})

test('[H3] names the key that is gone', async () => {
  const gone = await pinnedTo(await newClientKey('k1'))
  const client = clientOf(await newClientKey('k2'), await newClientKey('k3'))
  expect(await client.findLack(gone)).toBeDefined()
  const lack = await client.findLack(gone)
  expect(lack).toMatchObject({ field: 'keys', action: 'add the key k1 back to `keys`', found: undefined })
  expect(lack?.expected).toMatch(/^the ES256 key k1 with the thumbprint [\w-]{43}$/)
})

test('[C11] [H3] another key of the same name is not the one, and the lack says so', async () => {
  const gone = await pinnedTo(await newClientKey('k1'))
  const replacement = await newClientKey('k1')
  const lack = await clientOf(replacement).findLack(gone)
  const jkt = await calculateJwkThumbprint({ ...replacement.publicHalf })
  expect(lack?.found).toBe(`another key k1, with the thumbprint ${jkt}`)
})

test('[H3] the same key under another algorithm is not the one', async () => {
  const key = await newClientKey('k1', 'RS256')
  const auth = { ...(await pinnedTo(key)), alg: 'PS256' } as ClientAuth
  expect(await clientOf(key).findLack(auth)).toMatchObject({ found: 'a key k1 for RS256' })
})

test('[H3] a confidential client cannot act for a session of a public one', async () => {
  const client = clientOf(await newClientKey('k1'))
  expect(await client.findLack(none)).toBeDefined()
  expect(await client.findLack(none)).toMatchObject({
    expected: 'none: the session belongs to a public client',
    action: 'restore this session with a client that has no `keys`',
  })
})

test('[H3] signs nothing for a session that it cannot act for', async () => {
  const client = clientOf(await newClientKey('k1'))
  const gone = await pinnedTo(await newClientKey('k1'))
  for (const auth of [gone, none]) {
    expect(await failureOf(client.parametersFor(auth, FACTS))).toMatchObject({ code: 'client_key_missing' })
  }
})

test('[H3] a session goes on under the client id that it was made with', async () => {
  const key = await newClientKey('k1')
  const before = { ...(await pinnedTo(key)), clientId: 'https://old.example.com/client-metadata.json' }
  const fields = await clientOf(key).parametersFor(before, FACTS)
  const { payload } = await verify(fields['client_assertion'], key)
  expect([fields['client_id'], payload.iss, payload.sub]).toEqual(Array(3).fill(before.clientId))
})

test('imports a key once, for however many assertions', async () => {
  const key = await newClientKey('k1')
  let reads = 0
  const counting = {
    ...key,
    get jwk() {
      reads++
      return key.jwk
    },
  }
  const client = clientOf(counting)
  const auth = await client.choose(CHOICE)
  await Promise.all([client.parametersFor(auth, FACTS), client.parametersFor(auth, FACTS)])
  await client.parametersFor(auth, FACTS)
  expect(reads).toBe(1)
})

test('imports a key anew that could not be imported: what failed may work later', async () => {
  const key = await newClientKey('k1')
  let reads = 0
  const failingOnce = {
    ...key,
    get jwk() {
      if (++reads === 1) throw new TypeError('out of memory')
      return key.jwk
    },
  }
  const client = clientOf(failingOnce)
  const failures = await Promise.all([failureOf(client.choose(CHOICE)), failureOf(client.choose(CHOICE))])
  expect(failures.map(({ code }) => code)).toEqual(['client_key_unusable', 'client_key_unusable'])
  expect(reads).toBe(1)
  const auth = await client.choose(CHOICE)
  await client.parametersFor(auth, FACTS)
  expect(reads).toBe(2)
})

test.each(['ES256', 'RS256', 'EdDSA'])(
  '[C12] meets an %s key whose halves do not belong together before anything is sent, and does not show it',
  async (alg) => {
    const [key, other] = [await newClientKey('k1', alg), await newClientKey('k1', alg)]
    const client = clientNaming(alg, { ...key, publicHalf: other.publicHalf })
    const error = await failureOf(client.choose({ ...CHOICE, algorithms: [alg] }))
    expect(error).toMatchObject({ code: 'client_key_unusable', field: 'keys', retryable: false })
    expect(error.cause).toBeUndefined()
    expect(error.message).toContain('a private key k1 that this runtime imports')
    expect(JSON.stringify(error) + error.message).not.toContain(key.jwk['d'])
  },
)

test('[C12] meets a key that is no point of its curve', async () => {
  const key = await newClientKey('k1')
  const client = clientOf({ ...key, jwk: { ...key.jwk, x: key.jwk['y'] ?? '' } })
  expect(await failureOf(client.choose(CHOICE))).toMatchObject({ code: 'client_key_unusable', found: 'DataError' })
})
