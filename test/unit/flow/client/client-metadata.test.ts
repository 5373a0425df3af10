import { expect, test } from 'vitest'
import { type ClientFacts, createClientMetadata } from '../../../../src/flow/client/client-metadata.ts'
import { ownsRedirectUri } from '../../../../src/flow/client/owns-redirect-uri.ts'
import { newJwk } from './client-key.ts'

const CLIENT_ID = 'https://app.example.com/oauth/client-metadata.json'
const CALLBACK = 'https://app.example.com/callback'
const scope = 'atproto transition:generic'

function create(facts: Partial<ClientFacts> = {}) {
  return createClientMetadata({ clientId: CLIENT_ID, redirectUris: [CALLBACK], scope, ...facts })
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
  const keys = [await newJwk('k1'), await newJwk('k2')]
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
  for (const { d } of keys) expect(JSON.stringify(metadata)).not.toContain(d ?? '?')
})

test('[C2] is plain JSON under 5 kB', async () => {
  const metadata = create({ keys: [await newJwk('k1'), await newJwk('k2')] })
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
  'https://app.example.com/clients/',
  'https://192.0.2.1/client-metadata.json',
  'https://[2001:db8::1]/client-metadata.json',
  'https://app.test/client-metadata.json',
  'https://app.local/client-metadata.json',
  'https://app.localhost/client-metadata.json',
  'https://app.invalid/client-metadata.json',
  'https://app.example/client-metadata.json',
  'https://localhost/client-metadata.json',
  'https://intranet/client-metadata.json',
  'http://localhost',
  'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2F&scope=atproto',
  'http://localhost/',
  'http://localhost:3000',
  'http://localhost.example.com/client-metadata.json',
  'did:web:app.example.com',
  '',
])('[C1] [C12] refuses the client id %j', (clientId) => {
  expect(() => create({ clientId })).toThrow(TypeError)
  expect(() => create({ clientId })).toThrow(/^clientId: expected/)
})

test.each(['atproto', 'transition:generic atproto', scope, 'atproto repo:com.example.todo?action=create'])(
  '[C3] takes the scope %j',
  (each) => {
    expect(create({ scope: each }).scope).toBe(each)
  },
)

test.each(['', 'transition:generic', 'atprotos', 'atproto:x', 'ATPROTO', 'atproto\ttransition:generic'])(
  '[C3] [C12] refuses the scope %j, which has no token atproto',
  (each) => {
    expect(() => create({ scope: each })).toThrow(/^scope: expected a list with `atproto` in it/)
  },
)

test.each([
  'atproto  transition:generic',
  'atproto ',
  'atproto a"b',
  'atproto a\\b',
  'atproto käse',
  'atproto a\tb',
])('[C3] [C12] refuses the scope %j, which is none', (each) => {
  expect(() => create({ scope: each })).toThrow(/^scope: expected printable ASCII/)
})

test('[C3] [C12] refuses a scope that names one twice', () => {
  const twice = 'atproto transition:generic transition:generic'
  expect(() => create({ scope: twice })).toThrow('scope: expected each scope once, found "transition:generic"')
})

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
  'http://localhost/',
  'https://localhost/',
  'https://127.0.0.1/callback',
  'https://[::1]/callback',
  'https://[2001:db8::1]/callback',
  'https://intranet/callback',
  'https://app.local/callback',
  'https://app.test/callback',
  'https://user@app.example.com/callback',
  'https://:pass@app.example.com/callback',
  'https://app.example.com/call back',
  'https://app.example.com/käse',
  'HTTPS://app.example.com/callback',
  'https:/app.example.com/callback',
  'https:///app.example.com/callback',
  'https:\\\\app.example.com/callback',
  'https://app.example.com\\callback',
  'https://app.example.com/{callback}',
  'callback:/path',
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
  const keys = [await newJwk('k1')]
  expect(() => createLoopback({ keys })).toThrow(/^keys: expected a `clientId`/)
  expect(() => createLoopback({ jwksUri: 'https://app.example.com/jwks.json' })).toThrow(
    /^keys: expected a `clientId`/,
  )
})

test.each<[keyof ClientFacts, string]>([
  ['clientName', 'Example'],
  ['clientUri', 'http://localhost/'],
  ['logoUri', 'https://app.example.com/logo.png'],
  ['tosUri', 'https://app.example.com/tos'],
  ['policyUri', 'https://app.example.com/policy'],
  ['applicationType', 'web'],
])('[C9] [C12] the loopback client cannot say its %s: it has no document', (name, value) => {
  expect(() => createLoopback({ [name]: value })).toThrow(new RegExp(`^${name}: expected`))
})

test('[C9] [C12] the loopback client has both grants, since nothing could say otherwise', () => {
  expect(() => createLoopback({ grantTypes: ['authorization_code'] })).toThrow(
    /^grantTypes: expected a `clientId`/,
  )
  expect(createLoopback({ grantTypes: ['authorization_code', 'refresh_token'] }).grant_types).toHaveLength(2)
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

test.each([
  ['com.example.app:/callback'],
  ['com.example.app:/'],
  ['http://127.0.0.1/callback'],
  ['http://[::1]:8080/callback'],
  [CALLBACK, 'com.example.app:/callback'],
])('[C6] [C7] [C9] a client with a redirect URI of a device is native: %j', (...redirectUris) => {
  const metadata = create({ redirectUris })
  expect(metadata).toMatchObject({
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: redirectUris,
  })
})

test('[C7] a native client with https redirects alone says so, and keeps to the origin of its id', () => {
  const native = { applicationType: 'native', redirectUris: [CALLBACK] } as const
  expect(create(native).application_type).toBe('native')
  expect(create({ redirectUris: [CALLBACK] }).application_type).toBe('web')
  for (const uri of ['https://other.example.com/callback', 'https://app.example.com:8443/callback']) {
    expect(() => create({ ...native, redirectUris: [uri] })).toThrow(
      `redirectUri: expected com.example.app:/… with one slash, https://app.example.com/…, or http://127.0.0.1/… of a native client, found "${uri}"`,
    )
  }
})

test.each([
  'com.example.app://callback',
  'com.example.app:///callback',
  'com.example.app:callback',
  'com.example.other:/callback',
  'com.example.app.other:/callback',
  'app.example.com:/callback',
  'COM.example.app:/callback',
  'com.example.app:/callback#a',
  'com.example.app:/call back',
  'http://127.0.0.1/cb#',
  'http://localhost/callback',
  'http://192.168.0.1/callback',
])('[C7] [C9] [C12] refuses the redirect URI %j of a native client', (uri) => {
  const facts = { applicationType: 'native', redirectUris: ['com.example.app:/callback', uri] } as const
  expect(() => create(facts)).toThrow(/^redirectUri: expected com\.example\.app:\/…/)
})

test.each(['com.example.app:/callback', 'http://127.0.0.1/callback'])(
  '[C6] [C12] refuses the redirect URI %s of a client that calls itself a web client',
  (uri) => {
    expect(() => create({ applicationType: 'web', redirectUris: [uri] })).toThrow(
      /^redirectUri: expected an https URL/,
    )
  },
)

test('[C6] [C12] a native client has no keys', async () => {
  const keys = [await newJwk('k1')]
  const native = { applicationType: 'native', redirectUris: [CALLBACK] } as const
  expect(() => create({ ...native, keys })).toThrow(/^keys: expected `none`: a native client is public/)
  expect(() => create({ redirectUris: ['com.example.app:/cb'], keys })).toThrow(/^keys: expected `none`/)
})

test.each([['desktop'], ['']])('[C6] [C12] refuses the application type %j', (applicationType) => {
  expect(() => create({ applicationType: applicationType as 'web' })).toThrow(
    /^applicationType: expected `web` or/,
  )
})

test('[C10] says how the client is to be shown', () => {
  const facts = {
    clientName: 'Example',
    clientUri: 'https://app.example.com/oauth/',
    logoUri: 'https://cdn.example.net/logo.png',
    tosUri: 'https://example.org/tos',
    policyUri: 'https://example.org/policy',
  }
  expect(create(facts)).toMatchObject({
    client_name: 'Example',
    client_uri: 'https://app.example.com/oauth/',
    logo_uri: 'https://cdn.example.net/logo.png',
    tos_uri: 'https://example.org/tos',
    policy_uri: 'https://example.org/policy',
  })
})

test.each(['https://app.test/logo.png', 'https://192.0.2.1/logo.png', 'https://[2001:db8::1]/logo.png'])(
  '[C10] takes the picture %s, as servers do',
  (logoUri) => {
    expect(create({ logoUri }).logo_uri).toBe(logoUri)
  },
)

test.each(['https://app.example.com', 'https://app.example.com/', 'https://app.example.com/oauth', CLIENT_ID])(
  '[C10] takes the client page %s, above its document',
  (clientUri) => {
    expect(create({ clientUri }).client_uri).toBe(clientUri)
  },
)

test.each([
  'https://example.com/',
  'https://app.example.com:8443/',
  'http://app.example.com/',
  'https://app.example.com/oauth/client',
  'https://app.example.com/elsewhere',
  'https://app.example.com/oau',
  'https://user@app.example.com/',
  'app.example.com',
])('[C10] [C12] refuses the client page %s', (clientUri) => {
  expect(() => create({ clientUri })).toThrow(/^clientUri: expected an https URL on https:\/\/app\.example\.com/)
})

test.each(['logoUri', 'tosUri', 'policyUri', 'jwksUri'] as const)(
  '[C10] [C5] [C12] refuses a %s that is not https',
  (name) => {
    for (const uri of [
      'http://app.example.com/x',
      'logo.png',
      'data:image/png;base64,AA',
      'https:///app.example.com/x',
      'https://app.example.com/a b',
      'https://localhost/x',
      'https://app.local/x',
      'https://a:b@app.example.com/x',
      'https://127.0.0.1/x',
    ]) {
      expect(() => create({ [name]: uri }), uri).toThrow(
        new RegExp(`^${name}: expected an https URL on the public`),
      )
    }
  },
)

test('[C10] [C12] refuses a name that is none', () => {
  expect(() => create({ clientName: ' ' })).toThrow(/^clientName: expected a name/)
})

test('[C5] serves the keys at a URL of their own, and then not in the document', async () => {
  const jwksUri = 'https://app.example.com/jwks.json'
  const metadata = create({ keys: [await newJwk('k1', 'RS256')], jwksUri })
  expect(metadata).toMatchObject({ jwks_uri: jwksUri, token_endpoint_auth_signing_alg: 'RS256' })
  expect(metadata).not.toHaveProperty('jwks')
  expect(create({ jwksUri })).toMatchObject({
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: jwksUri,
  })
})

test.each([
  [['ES256'], 'ES256'],
  [['RS256', 'ES256'], 'ES256'],
  [['ES384', 'PS256'], 'ES384'],
  [['PS256', 'ES384'], 'PS256'],
])('[C5] names one algorithm for keys of %j: %s', async (algorithms, named) => {
  const keys = await Promise.all(algorithms.map((alg, at) => newJwk(`k${at}`, alg)))
  expect(create({ keys }).token_endpoint_auth_signing_alg).toBe(named)
})

test('[C5] takes public keys as they are, and refuses an empty list', async () => {
  const { d: _, ...half } = await newJwk('k1')
  expect(create({ keys: [half] }).jwks?.keys).toEqual([{ ...half, use: 'sig' }])
  expect(() => create({ keys: [] })).toThrow(/^keys: expected at least one key/)
})

test('[C3] asks for no refresh token where it is told so, and always for a code', () => {
  expect(create({ grantTypes: ['authorization_code'] }).grant_types).toEqual(['authorization_code'])
  expect(create({ grantTypes: ['refresh_token', 'authorization_code'] }).grant_types).toEqual([
    'authorization_code',
    'refresh_token',
  ])
  for (const grantTypes of [
    [],
    ['refresh_token'],
    ['authorization_code', 'implicit'],
    ['refresh_token', 'refresh_token'],
  ]) {
    expect(() => create({ grantTypes: grantTypes as [] })).toThrow(/^grantTypes: expected `authorization_code`/)
  }
})

test('[C2] [C12] refuses metadata of more than 5 kB, and says what to do', async () => {
  const redirectUris = Array.from(
    { length: 100 },
    (_, at) => `https://app.example.com/a/long/way/to/callback/${at}`,
  )
  expect(() => create({ redirectUris })).toThrow(
    /^clientMetadata: expected a document of 5000 bytes at most: ask for less, found/,
  )
  const metadata = create({ redirectUris: redirectUris.slice(0, 80) })
  expect(JSON.stringify(metadata).length).toBeLessThanOrEqual(5000)
})

test('[C2] [C5] says that keys can be served elsewhere, where they are in it', async () => {
  const facts = { keys: [await newJwk('k1')], clientName: 'a'.repeat(5000) }
  expect(() => create(facts)).toThrow(/bytes at most: serve the keys at a `jwksUri`, or ask for less, found/)
  expect(() => create({ ...facts, jwksUri: 'https://app.example.com/jwks.json' })).toThrow(
    /at most: ask for less,/,
  )
})

test('[C2] [C8] the loopback client has no document that could be too long', () => {
  const redirectUris = Array.from({ length: 200 }, (_, at) => `http://127.0.0.1/a/long/way/to/callback/${at}`)
  expect(JSON.stringify(createLoopback({ redirectUris })).length).toBeGreaterThan(5000)
})

test('[C2] counts bytes, not letters', () => {
  expect(() => create({ clientName: 'ä'.repeat(2500) })).toThrow(/^clientMetadata: /)
  expect(create({ clientName: 'a'.repeat(2500) }).client_name).toHaveLength(2500)
})

test('[C12] what is served stays what was checked', async () => {
  const redirectUris = [CALLBACK]
  const metadata = create({ redirectUris, keys: [await newJwk('k1')] })
  const before = JSON.stringify(metadata)
  redirectUris.push('https://evil.example.com/')
  expect(() => Object.assign(metadata, { scope: 'atproto' })).toThrow(TypeError)
  expect(() => (metadata.redirect_uris as string[]).push('x')).toThrow(TypeError)
  const served = metadata.jwks?.keys as object[]
  expect(() => served.pop()).toThrow(TypeError)
  expect(() => Object.assign(metadata.jwks?.keys[0] ?? {}, { kid: 'x' })).toThrow(TypeError)
  expect(JSON.stringify(metadata)).toBe(before)
})
