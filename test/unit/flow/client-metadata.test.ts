import { expect, test } from 'vitest'
import { type ClientFacts, createClientMetadata, ownsRedirectUri } from '../../../src/flow/client-metadata.ts'
import { newClientKey } from './client-key.ts'

const CLIENT_ID = 'https://app.example.com/oauth/client-metadata.json'
const CALLBACK = 'https://app.example.com/callback'
const scope = 'atproto transition:generic'

function create(facts: Partial<ClientFacts> = {}) {
  return createClientMetadata({ clientId: CLIENT_ID, redirectUris: [CALLBACK], scope, keys: undefined, ...facts })
}

function createLoopback(facts: Partial<ClientFacts> = {}) {
  return create({ clientId: undefined, redirectUris: ['http://127.0.0.1/'], ...facts })
}

test('[C3] [C4] [C5] [C6] describes a public web client', () => {
  expect(create()).toEqual({
    client_id: CLIENT_ID,
    redirect_uris: [CALLBACK],
    scope,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    dpop_bound_access_tokens: true,
  })
})

test('[C4] [C5] describes a confidential client with its public keys, and never a secret', async () => {
  const keys = [await newClientKey('k1'), await newClientKey('k2')]
  const metadata = create({ keys })
  expect(metadata).toMatchObject({
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    dpop_bound_access_tokens: true,
  })
  expect(metadata.jwks?.keys.map(({ kid }) => kid)).toEqual(['k1', 'k2'])
  for (const key of metadata.jwks?.keys ?? []) {
    expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  }
  expect(metadata).not.toHaveProperty('jwks_uri')
  expect(metadata).not.toHaveProperty('client_secret')
  for (const { d } of keys) expect(JSON.stringify(metadata)).not.toContain(d)
})

test('[C2] is plain JSON under 5 kB', async () => {
  const metadata = create({ keys: [await newClientKey('k1'), await newClientKey('k2')] })
  expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata)
  expect(JSON.stringify(metadata).length).toBeLessThan(5000)
})

test.each([
  CLIENT_ID,
  'https://app.example.com/c',
  'https://app.example.com/c?v=1',
  'https://app.example.com/a/b',
])('[C1] [C12] takes the client id %s', (clientId) => {
  expect(create({ clientId }).client_id).toBe(clientId)
})

test.each([
  'http://app.example.com/client-metadata.json',
  'https://app.example.com:8443/client-metadata.json',
  'https://app.example.com:443/client-metadata.json',
  'https://app.example.com',
  'https://app.example.com/',
  'https://app.example.com/a/../client-metadata.json',
  'https://app.example.com/./client-metadata.json',
  'https://app.example.com/client-metadata.json#a',
  'https://app.example.com/client-metadata.json#',
  'https://user@app.example.com/client-metadata.json',
  'https://:pass@app.example.com/client-metadata.json',
  'https://APP.example.com/client-metadata.json',
  ' https://app.example.com/client-metadata.json',
  'https:/app.example.com/client-metadata.json',
  'app.example.com/client-metadata.json',
  'http://localhost',
  '',
])('[C1] [C12] refuses the client id %j', (clientId) => {
  expect(() => create({ clientId })).toThrow(TypeError)
  expect(() => create({ clientId })).toThrow(/^clientId: expected/)
})

test.each(['atproto', 'transition:generic atproto', scope])('[C3] takes the scope %j', (each) => {
  expect(create({ scope: each }).scope).toBe(each)
})

test.each(['', 'transition:generic', 'atprotos', 'atproto:x', 'ATPROTO', 'atproto\ttransition:generic'])(
  '[C3] [C12] refuses the scope %j, which has no token atproto',
  (each) => {
    expect(() => create({ scope: each })).toThrow(/^scope: expected/)
  },
)

test('[C3] [C12] refuses a client without a redirect URI', () => {
  expect(() => create({ redirectUris: [] })).toThrow(/^redirectUri: expected/)
})

test.each([CALLBACK, 'https://other.example.com/cb?a=b', 'https://app.example.com:8443/cb'])(
  '[C6] takes the redirect URI %s of a web client',
  (uri) => {
    expect(create({ redirectUris: [uri] }).redirect_uris).toEqual([uri])
  },
)

test.each([
  'http://app.example.com/callback',
  'http://127.0.0.1/',
  'http://localhost/',
  'com.example.app:/callback',
  'javascript:alert(1)',
  '/callback',
  '',
])('[C6] [C12] refuses the redirect URI %j of a web client', (uri) => {
  expect(() => create({ redirectUris: [CALLBACK, uri] })).toThrow(/^redirectUri: expected an https URL/)
})

test('[C6] [C12] refuses a redirect URI that spells out the default port', () => {
  expect(() => create({ redirectUris: ['https://app.example.com:443/callback'] })).toThrow(/^redirectUri: /)
})

test.each(['https://app.example.com/callback#a', 'https://app.example.com/callback#'])(
  '[C6] [C12] refuses the redirect URI %s: a fragment is none of its own (RFC 6749 §3.1.2)',
  (uri) => {
    expect(() => create({ redirectUris: [uri] })).toThrow(/^redirectUri: /)
  },
)

test('[C8] [C9] describes the loopback client: public, native, and named by its own parameters', () => {
  const redirectUris = ['http://127.0.0.1:8080/callback', 'http://[::1]/']
  const metadata = createLoopback({ redirectUris })
  expect(metadata).toMatchObject({
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: redirectUris,
    scope,
  })
  expect(metadata).not.toHaveProperty('token_endpoint_auth_signing_alg')
  const { origin, pathname, port, hash, searchParams } = new URL(metadata.client_id)
  expect({ origin, pathname, port, hash }).toEqual({
    origin: 'http://localhost',
    pathname: '/',
    port: '',
    hash: '',
  })
  expect([...searchParams]).toEqual([...redirectUris.map((uri) => ['redirect_uri', uri]), ['scope', scope]])
})

test('[C9] the loopback client has no keys', async () => {
  const keys = [await newClientKey('k1')]
  expect(() => createLoopback({ keys })).toThrow(/^keys: expected a `clientId`/)
})

test.each(['http://127.0.0.1/', 'http://127.0.0.1:1234/cb?a=b', 'http://[::1]:1234/cb', 'http://127.0.0.1'])(
  '[C9] takes the redirect URI %s of the loopback client',
  (uri) => {
    expect(createLoopback({ redirectUris: [uri] }).redirect_uris).toEqual([uri])
  },
)

test.each([
  'http://localhost/',
  'http://localhost:1234/cb',
  'https://127.0.0.1/',
  'http://127.0.0.2/',
  'http://127.0.0.1.example.com/',
  'http://127.0.0.1@example.com/',
  'http://user@127.0.0.1/',
  'http://127.0.0.1:99999/',
  'http://127.1/',
  'http://[::2]/',
  'https://app.example.com/cb',
  'http://127.0.0.1#a',
])('[C9] [C12] refuses the redirect URI %j of the loopback client', (uri) => {
  expect(() => createLoopback({ redirectUris: [uri] })).toThrow(/^redirectUri: expected http:\/\/127\.0\.0\.1/)
})

test('[C9] [C12] refuses a fragment in the redirect URI of the loopback client too', () => {
  expect(() => createLoopback({ redirectUris: ['http://127.0.0.1/cb#a'] })).toThrow(/^redirectUri: /)
})

test('owns the redirect URIs that it declared, letter for letter', () => {
  const metadata = create()
  expect(ownsRedirectUri(metadata, CALLBACK)).toBe(true)
  for (const uri of [
    `${CALLBACK}/`,
    `${CALLBACK}?a`,
    'https://app.example.com:8443/callback',
    'http://127.0.0.1/',
  ]) {
    expect(ownsRedirectUri(metadata, uri), uri).toBe(false)
  }
})

test('[C9] the port of a loopback redirect URI is free where none was declared; its path is not', () => {
  const metadata = createLoopback({ redirectUris: ['http://127.0.0.1/cb', 'http://[::1]/cb'] })
  expect(ownsRedirectUri(metadata, 'http://127.0.0.1:49152/cb')).toBe(true)
  expect(ownsRedirectUri(metadata, 'http://[::1]:49152/cb')).toBe(true)
  for (const uri of [
    'http://127.0.0.1:49152/',
    'http://127.0.0.1:49152/cb/',
    'http://localhost:49152/cb',
    'http://127.0.0.1:49152@evil.example.com/cb',
    'https://127.0.0.1:49152/cb',
  ]) {
    expect(ownsRedirectUri(metadata, uri), uri).toBe(false)
  }
})

test('[C9] a declared port is fixed', () => {
  const metadata = createLoopback({ redirectUris: ['http://127.0.0.1:8080/cb'] })
  expect(ownsRedirectUri(metadata, 'http://127.0.0.1:8080/cb')).toBe(true)
  expect(ownsRedirectUri(metadata, 'http://127.0.0.1:8081/cb')).toBe(false)
  expect(ownsRedirectUri(metadata, 'http://127.0.0.1/cb')).toBe(false)
})
