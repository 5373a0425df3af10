import { type LoadOptions, OAuthClient } from 'atproof'
import type { JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createClientAssertion } from '../../../src/flow/client/client-assertion.ts'
import { failureOf } from '../scene.ts'
import { CLIENT_ID, type ClientScene, clientScene, privateKey, publicKey, REDIRECT_URI, SCOPE } from './scene.ts'

const JWKS_URI = 'https://app.example.com/jwks.json'
let k1: JWK
let k2: JWK

beforeAll(async () => {
  k1 = await privateKey('k1')
  k2 = await privateKey('k2')
})

const PUBLIC = {
  client_id: CLIENT_ID,
  client_name: 'Example',
  client_uri: 'https://app.example.com/',
  redirect_uris: [REDIRECT_URI, 'https://app.example.com/linked'],
  scope: SCOPE,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  application_type: 'web',
  token_endpoint_auth_method: 'none',
  dpop_bound_access_tokens: true,
}

function confidential(...keys: readonly object[]) {
  return {
    ...PUBLIC,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys },
  }
}

function key(): JWK {
  return publicKey(k1)
}

/** A scene whose document is this. */
function serving(document: unknown): ClientScene {
  const scene = clientScene()
  scene.network.documents.set(CLIENT_ID, document)
  return scene
}

function load({ outside }: ClientScene, options: LoadOptions = {}, url: string = CLIENT_ID): Promise<OAuthClient> {
  return OAuthClient.load(url, { ...outside, ...options })
}

describe('a document that is right', () => {
  test('[C1] [C2] is all that a public client needs, for one request', async () => {
    const scene = serving({ ...PUBLIC, contacts: ['ops@example.com'], software_version: '1' })
    const oauth = await load(scene)
    expect(
      scene.network.log.entries.map(({ method, url, headers }) => [method, url, headers.get('accept')]),
    ).toEqual([['GET', CLIENT_ID, 'application/json']])
    expect(oauth.clientMetadata).toEqual(PUBLIC)
    expect((await scene.signIn(oauth)).did).toBe(scene.alice.did)
    expect(scene.network.log.to('/oauth/par').at(-1)?.form?.get('scope')).toBe(SCOPE)
  })

  test('[C5] is that of a confidential client whose key it has, and of a key that it has beside it', async () => {
    const scene = serving(confidential(publicKey(k2), publicKey(k1)))
    const oauth = await load(scene, { keys: [k1] })
    await scene.signIn(oauth)
    expect((await scene.record()).clientAuth).toMatchObject({ kid: 'k1' })
    expect(oauth.clientMetadata.jwks?.keys.map(({ kid }) => kid)).toEqual(['k2', 'k1'])
    expect(oauth.jwks).toEqual({ keys: [publicKey(k1)] })
  })

  test('[C5] may have its keys elsewhere', async () => {
    const scene = serving({ ...confidential(), jwks: undefined, jwks_uri: JWKS_URI })
    scene.network.documents.set(JWKS_URI, { keys: [publicKey(k1), { kty: 'oct-of-tomorrow', kid: 'x' }] })
    const oauth = await load(scene, { keys: [k1] })
    expect(scene.network.log.entries.map(({ url }) => url)).toEqual([CLIENT_ID, JWKS_URI])
    expect((await scene.signIn(oauth)).did).toBe(scene.alice.did)
  })

  test('[L9] is that of a remote signer', async () => {
    const scene = serving(confidential(publicKey(k1)))
    const { clock } = scene
    const oauth = await load(scene, {
      signAssertion: ({ clientId, audience }) =>
        createClientAssertion({ ...k1 }, { clientId, audience, now: clock.now() }),
    })
    expect((await scene.signIn(oauth)).did).toBe(scene.alice.did)
  })

  test('[C6] [C7] is that of a native client', async () => {
    const redirect_uris = ['com.example.app:/callback']
    const scene = serving({ ...PUBLIC, application_type: 'native', redirect_uris })
    const oauth = await load(scene)
    const { url, context } = await oauth.authorize(scene.alice.handle)
    expect((await oauth.callback(scene.alice.approve(url), { context })).client.did).toBe(scene.alice.did)
  })

  test('[C3] that leaves out what has a default means the default', async () => {
    const { grant_types: _, response_types: __, application_type: ___, ...rest } = PUBLIC
    const scene = serving(rest)
    const { clientMetadata } = await load(scene)
    expect(clientMetadata).toEqual({ ...PUBLIC, grant_types: ['authorization_code'] })
  })

  test('[C5] keys of others, for encryption and of kinds unheard of, are left out', async () => {
    const others = [
      { ...publicKey(k2), use: 'enc' },
      { kty: 'AKP', kid: 'pq', alg: 'ML-DSA-44', pub: 'AA' },
      { kty: { toString: null }, kid: 'hostile' },
      { kty: 'EC', kid: 'bitcoin', crv: 'secp256k1', alg: 'ES256K', x: 'AA', y: 'AA' },
    ]
    const oauth = await load(serving(confidential(...others, publicKey(k1))), { keys: [k1] })
    expect(oauth.clientMetadata.jwks?.keys).toEqual([publicKey(k1)])
  })
})

describe('a document that a server could not take is refused, and the error says why:', () => {
  test.each<[string, () => unknown, string, string?]>([
    [
      'another client_id',
      () => ({ ...PUBLIC, client_id: 'https://app.example.com/other.json' }),
      'client_id',
      CLIENT_ID,
    ],
    ['no client_id', () => ({ ...PUBLIC, client_id: undefined }), 'client_id'],
    ['the client_id in other letters', () => ({ ...PUBLIC, client_id: `${CLIENT_ID}?` }), 'client_id'],
    ['no redirect_uris', () => ({ ...PUBLIC, redirect_uris: undefined }), 'redirect_uris', 'a list of texts'],
    [
      'an empty list of them',
      () => ({ ...PUBLIC, redirect_uris: [] }),
      'redirect_uris',
      'at least one redirect URI',
    ],
    ['a number among them', () => ({ ...PUBLIC, redirect_uris: [1] }), 'redirect_uris', 'a list of texts'],
    ['a redirect to localhost', () => ({ ...PUBLIC, redirect_uris: ['http://localhost/cb'] }), 'redirect_uris'],
    [
      'a loopback redirect of a web client',
      () => ({ ...PUBLIC, redirect_uris: ['http://127.0.0.1/'] }),
      'redirect_uris',
    ],
    ['a scheme of a web client', () => ({ ...PUBLIC, redirect_uris: ['com.example.app:/cb'] }), 'redirect_uris'],
    ['no scope', () => ({ ...PUBLIC, scope: undefined }), 'scope'],
    ['a scope without atproto', () => ({ ...PUBLIC, scope: 'transition:generic' }), 'scope'],
    ['a scope with atproto twice', () => ({ ...PUBLIC, scope: 'atproto atproto' }), 'scope', 'each scope once'],
    ['no DPoP', () => ({ ...PUBLIC, dpop_bound_access_tokens: false }), 'dpop_bound_access_tokens', 'true'],
    [
      'nothing of DPoP',
      () => ({ ...PUBLIC, dpop_bound_access_tokens: undefined }),
      'dpop_bound_access_tokens',
      'true',
    ],
    ['response_types without code', () => ({ ...PUBLIC, response_types: ['token'] }), 'response_types'],
    ['no authorization_code', () => ({ ...PUBLIC, grant_types: ['refresh_token'] }), 'grant_types'],
    ['the implicit grant', () => ({ ...PUBLIC, grant_types: ['authorization_code', 'implicit'] }), 'grant_types'],
    [
      'a grant twice',
      () => ({ ...PUBLIC, grant_types: ['authorization_code', 'authorization_code'] }),
      'grant_types',
    ],
    [
      'a kind unheard of',
      () => ({ ...PUBLIC, application_type: 'desktop' }),
      'application_type',
      '"web" or "native"',
    ],
    ['no auth method', () => ({ ...PUBLIC, token_endpoint_auth_method: undefined }), 'token_endpoint_auth_method'],
    [
      'a secret',
      () => ({ ...PUBLIC, token_endpoint_auth_method: 'client_secret_basic' }),
      'token_endpoint_auth_method',
      '"none" or "private_key_jwt"',
    ],
    ['a secret in it', () => ({ ...PUBLIC, client_secret: 'hush' }), 'client_secret', 'nothing'],
    [
      'an algorithm without a key',
      () => ({ ...PUBLIC, token_endpoint_auth_signing_alg: 'ES256' }),
      'token_endpoint_auth_signing_alg',
    ],
    ['a pairwise subject', () => ({ ...PUBLIC, subject_type: 'pairwise' }), 'subject_type'],
    ['default_max_age', () => ({ ...PUBLIC, default_max_age: 60 }), 'default_max_age', 'nothing'],
    [
      'mutual TLS',
      () => ({ ...PUBLIC, tls_client_certificate_bound_access_tokens: true }),
      'tls_client_certificate_bound_access_tokens',
    ],
    ['a client page elsewhere', () => ({ ...PUBLIC, client_uri: 'https://example.com/' }), 'client_uri'],
    ['a picture that is no URL', () => ({ ...PUBLIC, logo_uri: 'logo' }), 'logo_uri'],
    ['a name that is no text', () => ({ ...PUBLIC, client_name: 7 }), 'client_name', 'a text'],
    [
      'no algorithm',
      () => ({ ...confidential(key()), token_endpoint_auth_signing_alg: undefined }),
      'token_endpoint_auth_signing_alg',
    ],
    [
      'an algorithm unheard of',
      () => ({ ...confidential(key()), token_endpoint_auth_signing_alg: 'HS256' }),
      'token_endpoint_auth_signing_alg',
    ],
    ['no keys', () => ({ ...confidential(), jwks: undefined }), 'jwks'],
    ['an empty key set', () => confidential(), 'jwks', 'at least one key'],
    ['keys that are no list', () => ({ ...confidential(), jwks: { keys: {} } }), 'jwks'],
    [
      'both of a public client',
      () => ({ ...PUBLIC, jwks: { keys: [key()] }, jwks_uri: JWKS_URI }),
      'jwks_uri',
      'either this or `jwks`',
    ],
    [
      'jwks and jwks_uri',
      () => ({ ...confidential(key()), jwks_uri: JWKS_URI }),
      'jwks_uri',
      'either this or `jwks`',
    ],
    ['a jwks_uri that is none', () => ({ ...confidential(), jwks: undefined, jwks_uri: 7 }), 'jwks_uri', 'a URL'],
    [
      'a jwks_uri of http',
      () => ({ ...confidential(), jwks: undefined, jwks_uri: 'http://a.example.com/' }),
      'jwks_uri',
    ],
    ['a key without a kid', () => confidential({ ...key(), kid: undefined }), 'jwks.keys[0].kid'],
    ['two keys of one kid', () => confidential(key(), key()), 'jwks.keys'],
    [
      'a native client with keys',
      () => ({ ...confidential(key()), application_type: 'native' }),
      'token_endpoint_auth_method',
    ],
  ])('[C1] [C3] [C4] [C5] [C6] [C10] %s', async (_, document, field, expected) => {
    const scene = serving(document())
    const error = await failureOf(load(scene, { keys: [k1] }))
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'client_metadata_invalid',
      url: CLIENT_ID,
      field,
    })
    if (expected) expect(error.expected).toBe(expected)
    expect(error.retryable).toBe(false)
  })

  test.each([
    ['a private key', () => ({ ...k1 })],
    ['a shared secret', () => ({ kty: 'oct', kid: 's1', alg: 'HS256', k: k1.d })],
  ])('[C5] %s, and it is not shown', async (_, secret) => {
    const scene = serving(confidential(secret()))
    const error = await failureOf(load(scene, { keys: [k1] }))
    expect(error).toMatchObject({ code: 'client_metadata_invalid', field: 'jwks.keys[0]', found: 'a private key' })
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain(k1.d)
  })

  test.each<[string, () => Response, object]>([
    ['404', () => new Response('', { status: 404 }), { field: 'status', found: 404, retryable: false }],
    [
      'another 2xx',
      () => Response.json(PUBLIC, { status: 203 }),
      { field: 'status', found: 203, retryable: false },
    ],
    ['500', () => new Response('', { status: 500 }), { field: 'status', found: 500, retryable: true }],
    ['429', () => new Response('', { status: 429 }), { field: 'status', found: 429, retryable: true }],
    ['HTML', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }), { field: 'content-type' }],
    [
      'application/ld+json',
      () => Response.json(PUBLIC, { headers: { 'content-type': 'application/ld+json' } }),
      { field: 'content-type', found: 'application/ld+json' },
    ],
    ['a list', () => Response.json([PUBLIC]), { field: 'body', expected: 'a JSON object' }],
    [
      'no JSON',
      () => new Response('{', { headers: { 'content-type': 'application/json' } }),
      { field: 'body', expected: 'a JSON object' },
    ],
  ])('[C2] %s', async (_, answer, facts) => {
    const scene = clientScene()
    scene.network.host('https://app.example.com', answer)
    expect(await failureOf(load(scene))).toMatchObject({
      name: 'AuthorizationError',
      code: 'client_metadata_invalid',
      url: CLIENT_ID,
      ...facts,
    })
  })

  test('[C2] takes application/json with parameters', async () => {
    const scene = clientScene()
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    scene.network.host('https://app.example.com', () => Response.json(PUBLIC, { headers }))
    expect((await load(scene)).clientMetadata).toEqual(PUBLIC)
  })

  test.each<[string, () => Response, string]>([
    ['a redirect', () => Response.redirect('https://app.example.com/moved.json'), 'redirected'],
    ['too much', () => Response.json({ ...PUBLIC, x: 'x'.repeat(300_000) }), 'too_large'],
  ])('[C2] %s, as the failure of the network that it is', async (_, answer, code) => {
    const scene = clientScene()
    scene.network.host('https://app.example.com', answer)
    expect(await failureOf(load(scene))).toMatchObject({ name: 'NetworkError', code, url: CLIENT_ID })
    expect(scene.network.log.length).toBe(1)
  })
})

describe('keys that a document does not show', () => {
  test.each<[string, () => object, string]>([
    ['is missing', () => publicKey(k2), 'no key k1'],
    ['is another', () => ({ ...publicKey(k2), kid: 'k1' }), 'another key k1'],
  ])('[C5] where one %s, the error names it', async (_, served, found) => {
    const scene = serving(confidential(served()))
    expect(await failureOf(load(scene, { keys: [k1] }))).toMatchObject({
      code: 'client_metadata_invalid',
      url: CLIENT_ID,
      field: 'jwks',
      expected: 'the public half of the ES256 key k1',
      found,
    })
  })

  test('[C5] where one is for another algorithm, the error says which', async () => {
    const rsa = await privateKey('k1', 'RS256')
    const scene = serving(confidential({ ...publicKey(rsa), alg: 'PS256' }))
    expect(await failureOf(load(scene, { keys: [rsa] }))).toMatchObject({ found: 'a key k1 for PS256' })
  })

  test('[C5] are looked for at the jwks_uri, whose failures are told as such', async () => {
    const scene = serving({ ...confidential(), jwks: undefined, jwks_uri: JWKS_URI })
    scene.network.documents.set(JWKS_URI, { keys: [publicKey(k2)] })
    expect(await failureOf(load(scene, { keys: [k2, k1] }))).toMatchObject({
      code: 'client_metadata_invalid',
      url: JWKS_URI,
      field: 'jwks_uri',
      expected: 'the public half of the ES256 key k1',
      found: 'no key k1',
    })
    scene.network.documents.set(JWKS_URI, { keys: 'none' })
    expect(await failureOf(load(scene, { keys: [k1] }))).toMatchObject({ url: JWKS_URI, field: 'jwks_uri' })
    scene.network.host('https://app.example.com', (request) =>
      request.url === JWKS_URI
        ? new Response('', { status: 404 })
        : Response.json(scene.network.documents.get(CLIENT_ID)),
    )
    expect(await failureOf(load(scene, { keys: [k1] }))).toMatchObject({
      url: JWKS_URI,
      field: 'status',
      found: 404,
    })
  })
})

describe('options that do not fit', () => {
  test.each<[string, object, RegExp]>([
    ['a clientId', { clientId: CLIENT_ID }, /^clientId: expected nothing: the document says it/],
    ['a redirect URI', { redirectUri: REDIRECT_URI }, /^redirectUri: expected nothing: the document says it/],
    ['another document', { clientMetadata: {} }, /^clientMetadata: expected nothing: the document says it/],
    ['a name that is none', { redirectURI: REDIRECT_URI }, /^options: expected only keys, .*found "redirectURI"$/],
    ['a signal that is none', { signal: {} }, /^signal: expected an AbortSignal/],
    ['a fetch that is none', { fetch: 'x' }, /^fetch: expected a function/],
    ['a key that is none', { keys: [{}] }, /^keys\[0\]\.kid: /],
  ])('[C12] %s: nothing is fetched', async (_, options, message) => {
    const scene = serving(PUBLIC)
    await expect(load(scene, options as LoadOptions)).rejects.toThrow(message)
    await expect(load(scene, options as LoadOptions)).rejects.toThrow(TypeError)
    expect(scene.network.log.length).toBe(0)
  })

  test.each(['http://app.example.com/c.json', 'https://app.example.com/', 'app.example.com', '', 7])(
    '[C1] [C12] the URL %j is no client id: nothing is fetched',
    async (url) => {
      const scene = clientScene()
      await expect(load(scene, {}, url as string)).rejects.toThrow(
        /^url: expected the https URL of a client metadata/,
      )
      expect(scene.network.log.length).toBe(0)
    },
  )

  test('[C12] keys for a public client, and none for a confidential one', async () => {
    await expect(load(serving(PUBLIC), { keys: [k1] })).rejects.toThrow(/^keys: expected nothing: by its metadata/)
    await expect(load(serving(confidential(publicKey(k1))))).rejects.toThrow(
      /^keys: expected the keys of the metadata/,
    )
  })

  test('[C3] a scope that the document does not declare', async () => {
    await expect(load(serving(PUBLIC), { scope: 'atproto transition:email' })).rejects.toThrow(
      /^scope: expected what/,
    )
    expect((await load(serving(PUBLIC), { scope: 'atproto' })).clientMetadata.scope).toBe(SCOPE)
  })

  test('the caller’s signal ends it', async () => {
    const scene = serving(PUBLIC)
    const controller = new AbortController()
    scene.network.fault({ path: '/client-metadata.json', hang: 'request' })
    const loading = load(scene, { signal: controller.signal })
    controller.abort(new Error('never mind'))
    await expect(loading).rejects.toThrow('never mind')
  })
})
