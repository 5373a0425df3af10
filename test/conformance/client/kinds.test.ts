import { inspect } from 'node:util'
import { type ClientMetadata, OAuthClient } from 'atproof'
import { describe, expect, test } from 'vitest'
import { CLIENT_ID, clientScene, privateKey, publicKey, REDIRECT_URI, SCOPE } from './scene.ts'

describe('a loopback client', () => {
  test('[C8] [C9] is told by a clientId that is left out, and signs in with any port', async () => {
    const { network, alice, outside } = clientScene()
    const redirectUris = ['http://127.0.0.1/callback', 'http://[::1]/callback']
    const oauth = new OAuthClient({ ...outside, redirectUris, scope: SCOPE })
    for (const redirectUri of ['http://127.0.0.1:49152/callback', 'http://[::1]:3000/callback']) {
      const { url, context } = await oauth.authorize(alice.handle, { redirectUri })
      const callback = alice.approve(url)
      expect(callback.startsWith(redirectUri)).toBe(true)
      expect((await oauth.callback(callback, { context })).client.did).toBe(alice.did)
    }
    const [push] = network.log.to('/oauth/par')
    expect(push?.assertion).toBeUndefined()
    expect(push?.form?.get('client_id')).toBe(oauth.clientMetadata.client_id)
    expect(oauth.jwks).toEqual({ keys: [] })
  })

  test('[C9] cannot return to a path that its id does not declare', async () => {
    const { alice, outside, network } = clientScene()
    const oauth = new OAuthClient({ ...outside, redirectUri: 'http://127.0.0.1/' })
    await expect(oauth.authorize(alice.handle, { redirectUri: 'http://127.0.0.1:8080/callback' })).rejects.toThrow(
      /^redirectUri: expected one of http:\/\/127\.0\.0\.1\//,
    )
    expect(network.log.length).toBe(0)
  })
})

describe('a public client', () => {
  test('[C4] [C5] is told by a clientId without keys', async () => {
    const { deploy, signIn, alice, network, record } = clientScene()
    const oauth = deploy({})
    expect((await signIn(oauth)).did).toBe(alice.did)
    expect((await record()).clientAuth).toEqual({ method: 'none', clientId: CLIENT_ID })
    for (const { assertion, form } of network.log.to(/\/oauth\/(par|token)/)) {
      expect(assertion).toBeUndefined()
      expect(form?.has('client_secret')).toBe(false)
    }
    expect(oauth.clientMetadata).not.toHaveProperty('jwks')
    expect(oauth.clientMetadata).not.toHaveProperty('token_endpoint_auth_signing_alg')
  })

  test.each([
    ['a scheme of its own', ['com.example.app:/callback'], {}],
    ['a loopback address', ['http://127.0.0.1/callback'], {}],
    ['https on its own origin', [REDIRECT_URI], { applicationType: 'native' as const }],
  ])('[C6] [C7] [C9] is native with %s, and signs in', async (_, redirectUris, options) => {
    const { deploy, alice } = clientScene()
    const oauth = deploy({ redirectUris, ...options })
    expect(oauth.clientMetadata.application_type).toBe('native')
    const { url, context } = await oauth.authorize(alice.handle)
    const callback = alice.approve(url)
    expect(callback.startsWith(redirectUris[0] ?? '?')).toBe(true)
    expect((await oauth.callback(callback, { context })).client.did).toBe(alice.did)
  })

  test('[C3] returns to whichever of its redirect URIs a sign-in names, and to the first by default', async () => {
    const { deploy, alice } = clientScene()
    const oauth = deploy({ redirectUris: [REDIRECT_URI, 'https://app.example.com/linked'] })
    const named = await oauth.authorize(alice.handle, { redirectUri: 'https://app.example.com/linked' })
    expect(alice.approve(named.url)).toMatch(/^https:\/\/app\.example\.com\/linked\?/)
    const first = await oauth.authorize(alice.handle)
    expect(alice.approve(first.url)).toMatch(/^https:\/\/app\.example\.com\/callback\?/)
  })

  test('[C3] that asks for no refresh token gets a session that ends with its access token', async () => {
    const { deploy, signIn, record } = clientScene()
    await signIn(deploy({ grantTypes: ['authorization_code'] }))
    expect((await record()).tokens.refreshToken).toBeUndefined()
  })
})

describe('a confidential client', () => {
  test('[C4] [C5] [D8] is told by its keys, which it serves in its document', async () => {
    const { deploy, signIn, network, record } = clientScene()
    const key = await privateKey('k1')
    const oauth = deploy({ keys: [key] })
    const client = await signIn(oauth)
    await client.refresh()
    await oauth.revoke(client.session.sessionId)
    expect((await record()) as object).toMatchObject({ signedOut: true, owes: null })
    const sent = network.log.to(/\/oauth\/(par|token|revoke)$/)
    expect(sent.filter(({ status }) => status === 400).every(({ error }) => error === 'use_dpop_nonce')).toBe(true)
    expect(new Set(sent.map(({ path }) => path))).toEqual(new Set(['/oauth/par', '/oauth/token', '/oauth/revoke']))
    const ids = sent.map(({ assertion }) => assertion?.payload.jti)
    expect(new Set(ids).size).toBe(sent.length)
    for (const { assertion } of sent) expect(assertion?.header).toEqual({ alg: 'ES256', kid: 'k1' })
    expect(oauth.jwks).toEqual({ keys: [publicKey(key)] })
    expect(oauth.clientMetadata.jwks).toEqual(oauth.jwks)
  })

  test('[C5] serves its keys at a URL of their own', async () => {
    const { deploy, signIn, network, alice } = clientScene()
    const jwksUri = 'https://app.example.com/jwks.json'
    const oauth = deploy({ keys: [await privateKey('k1')], jwksUri })
    expect(oauth.clientMetadata).not.toHaveProperty('jwks')
    expect(oauth.clientMetadata.jwks_uri).toBe(jwksUri)
    network.documents.set(jwksUri, oauth.jwks)
    expect((await signIn(oauth)).did).toBe(alice.did)
  })

  test('[C5] is not let in where the URL of its keys serves none', async () => {
    const { deploy, alice, network } = clientScene()
    const jwksUri = 'https://app.example.com/jwks.json'
    const oauth = deploy({ keys: [await privateKey('k1')], jwksUri })
    network.documents.set(jwksUri, { keys: [] })
    await expect(oauth.authorize(alice.handle)).rejects.toMatchObject({ code: 'client_refused' })
  })

  test.each(['ES384', 'ES512', 'RS256', 'PS256'])('[C5] signs in, refreshes and goes on with %s', async (alg) => {
    const { deploy, signIn, network, record } = clientScene()
    const client = await signIn(deploy({ keys: [await privateKey('k1', alg)] }))
    await client.refresh()
    expect((await record()).clientAuth).toMatchObject({ method: 'private_key_jwt', kid: 'k1', alg })
    expect(network.log.to('/oauth/token').at(-1)?.assertion?.header).toEqual({ alg, kid: 'k1' })
  })

  test('[C5] does not use an algorithm that the server does not verify', async () => {
    const { deploy, alice, network } = clientScene()
    const oauth = deploy({ keys: [await privateKey('k1', 'EdDSA')] })
    await expect(oauth.authorize(alice.handle)).rejects.toMatchObject({
      name: 'AuthorizationError',
      code: 'client_key_missing',
      found: 'k1 (EdDSA)',
    })
    expect(network.log.to('/oauth/par')).toEqual([])
  })

  test('[C5] uses EdDSA where the server offers it', async () => {
    const { deploy, alice, network } = clientScene()
    const key = 'token_endpoint_auth_signing_alg_values_supported'
    const offered = network.authorizationServerMetadata[key] as string[]
    network.authorizationServerMetadata[key] = [...offered, 'EdDSA']
    const oauth = deploy({ keys: [await privateKey('k1', 'EdDSA')] })
    await oauth.authorize(alice.handle)
    expect(network.log.to('/oauth/par').at(-1)?.assertion?.header).toEqual({ alg: 'EdDSA', kid: 'k1' })
  })
})

test('[C5] shows nothing of its keys but their public halves', async () => {
  const keys = [await privateKey('k1'), await privateKey('k2', 'RS256')]
  const oauth = clientScene().deploy({ keys })
  const views = [JSON.stringify(oauth), inspect(oauth, { depth: 9, showHidden: true, getters: true })].join()
  expect(views).toContain(keys[0]?.x)
  for (const { d, p, q, dp, dq, qi } of keys) {
    for (const secret of [d, p, q, dp, dq, qi]) if (secret) expect(views).not.toContain(secret)
  }
})

describe('the options of a client', () => {
  test.each<[string, object, string]>([
    ['keys and a signer', { keys: [], signAssertion: () => {} }, 'signAssertion: expected either this or `keys`'],
    [
      'a signer without keys to serve',
      { signAssertion: () => {} },
      'jwks: expected the public keys of `signAssertion`',
    ],
    ['keys to serve and nobody to sign', { jwks: { keys: [] } }, 'jwks.keys: expected at least one public key'],
    ['a jwksUri of a public client', { jwksUri: 'https://app.example.com/jwks' }, 'jwksUri: expected `keys` or'],
    ['a document and an id', { clientMetadata: {} }, 'clientId: expected either this or `clientMetadata`'],
    ['an empty list of keys', { keys: [] }, 'keys: expected at least one private key'],
    ['a grant that is none', { grantTypes: ['implicit'] }, 'grantTypes: expected `authorization_code`'],
    [
      'a kind that is none',
      { applicationType: 'spa' },
      'applicationType: expected `web` or `native`, found "spa"',
    ],
  ])('[C12] cannot be %s', (_, options, message) => {
    const create = () => new OAuthClient({ clientId: CLIENT_ID, redirectUri: REDIRECT_URI, ...options })
    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  })

  test('[C12] cannot be public keys without a signer, nor a signer without a clientId', async () => {
    const jwks = { keys: [publicKey(await privateKey('k1'))] }
    const signAssertion = notAsked
    expect(() => new OAuthClient({ clientId: CLIENT_ID, redirectUri: REDIRECT_URI, jwks })).toThrow(
      'jwks: expected `signAssertion` beside it',
    )
    expect(() => new OAuthClient({ redirectUri: 'http://127.0.0.1/', signAssertion, jwks })).toThrow(
      'signAssertion: expected a `clientId` beside it',
    )
  })
})

function notAsked(): Promise<never> {
  return Promise.reject(new Error('nobody was to ask'))
}

/** The id of a loopback client. */
function withId(query: string): Pick<ClientMetadata, 'client_id'> {
  return { client_id: `http://localhost${query}` }
}

/** A client that is told by a document, and maybe keys. */
function tell(clientMetadata: object, keys?: readonly object[]): () => OAuthClient {
  const given = keys && { keys: keys.map((key) => ({ ...key })) }
  // Plain JavaScript passes what TypeScript would not.
  return () => new OAuthClient({ clientMetadata: { ...clientMetadata } as ClientMetadata, ...given })
}

describe('clientMetadata', () => {
  const DOCUMENT: ClientMetadata = {
    client_id: CLIENT_ID,
    client_name: 'Example',
    redirect_uris: [REDIRECT_URI],
    scope: SCOPE,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    dpop_bound_access_tokens: true,
  }

  test('[C12] metadata written by hand tells a client as well', async () => {
    const { outside, network, signIn, alice } = clientScene()
    const oauth = new OAuthClient({ ...outside, clientMetadata: DOCUMENT })
    network.documents.set(CLIENT_ID, DOCUMENT)
    expect((await signIn(oauth)).did).toBe(alice.did)
    expect(network.log.to('/oauth/par').at(-1)?.form?.get('scope')).toBe(SCOPE)
    expect(oauth.clientMetadata).toEqual(DOCUMENT)
    expect(Object.isFrozen(oauth.clientMetadata)).toBe(true)
    expect([DOCUMENT, DOCUMENT.redirect_uris, DOCUMENT.grant_types].some(Object.isFrozen)).toBe(false)
  })

  test.each<[string, object, string]>([
    [
      'another kind',
      { application_type: 'desktop' },
      '.application_type: expected `web` or `native`, found "desktop"',
    ],
    ['no scope', { scope: undefined }, '.scope: expected a string, found undefined'],
    ['no DPoP', { dpop_bound_access_tokens: false }, '.dpop_bound_access_tokens: expected `true`, found false'],
    [
      'redirects that are none',
      { redirect_uris: 'https://app.example.com/' },
      '.redirect_uris: expected an array of strings',
    ],
    ['a list without any', { redirect_uris: [] }, '.redirect_uris: expected at least one redirect URI'],
    ['keys that are none', { jwks: { keys: {} } }, '.jwks: expected an object with a list of `keys`'],
    ['a member unheard of', { contacts: [] }, ': expected only client_id, client_name, '],
    ['no grant', { grant_types: [] }, '.grant_types: expected `authorization_code`, and'],
    ['the implicit grant', { grant_types: ['implicit'] }, '.grant_types: expected `authorization_code`'],
    ['no code to exchange', { grant_types: ['refresh_token'] }, '.grant_types: expected `authorization_code`'],
    [
      'one grant twice',
      { grant_types: ['authorization_code', 'authorization_code'] },
      '.grant_types: expected `authorization_code`',
    ],
    ['tokens instead of a code', { response_types: ['token'] }, '.response_types: expected `code`'],
    ['tokens beside a code', { response_types: ['code', 'token'] }, '.response_types: expected `code`'],
    ['no response', { response_types: [] }, '.response_types: expected `code`, and nothing else, found ""'],
    ['an id that is none', { client_id: 'http://app.example.com/' }, '.client_id: expected the https URL'],
  ])('[C12] is refused with %s', (_, change, message) => {
    expect(tell({ ...DOCUMENT, ...change })).toThrow(TypeError)
    expect(tell({ ...DOCUMENT, ...change })).toThrow(`clientMetadata${message}`)
  })

  const REDIRECT = 'http://127.0.0.1/callback'
  const LOOPBACK: ClientMetadata = {
    ...new OAuthClient({ redirectUri: REDIRECT, scope: SCOPE }).clientMetadata,
  }

  test('[C8] tells the loopback client by an id that says the same', async () => {
    const { outside, alice, network } = clientScene()
    const oauth = new OAuthClient({ ...outside, clientMetadata: LOOPBACK })
    const { url, context } = await oauth.authorize(alice.handle)
    expect((await oauth.callback(alice.approve(url), { context })).client.did).toBe(alice.did)
    expect(network.log.to('/oauth/par').at(-1)?.form?.get('client_id')).toBe(LOOPBACK.client_id)
  })

  test.each(['', '/', '?', '/?scope=atproto', '?redirect_uri=http://127.0.0.1/&redirect_uri=http://[::1]/'])(
    '[C8] tells the loopback client by the id http://localhost%s, whose defaults it says',
    (query) => {
      const redirect_uris = ['http://127.0.0.1/', 'http://[::1]/']
      expect(tell({ ...LOOPBACK, ...withId(query), redirect_uris, scope: 'atproto' })).not.toThrow()
    },
  )

  test.each<[string, object, string]>([
    [
      'an id for another redirect URI',
      withId(`?redirect_uri=foo&scope=${SCOPE}`),
      'redirect_uris: expected those of the client id, foo',
    ],
    [
      'other redirect URIs',
      { redirect_uris: ['http://[::1]/'] },
      `redirect_uris: expected those of the client id, ${REDIRECT}`,
    ],
    ['one redirect URI less', { redirect_uris: [] }, 'redirect_uris: expected at least one'],
    [
      'an id for the default redirect URIs',
      withId(`?scope=${SCOPE}`),
      'redirect_uris: expected those of the client id, http://127.0.0.1/ http://[::1]/',
    ],
    ['another scope', { scope: 'atproto' }, `scope: expected that of the client id, ${SCOPE}, found "atproto"`],
    [
      'an id for the default scope',
      withId(`?redirect_uri=${REDIRECT}`),
      'scope: expected that of the client id, atproto',
    ],
    [
      'an id for two scopes',
      withId(`?scope=${SCOPE}&scope=atproto`),
      'client_id: expected one scope, found "2 of them"',
    ],
    [
      'an id with another parameter',
      withId('?state=a'),
      'client_id: expected no parameters but redirect_uri and scope',
    ],
    ['an id with a path', withId('/client.json'), 'client_id: expected the https URL'],
    ['an id with a port', withId(':8080'), 'client_id: expected the https URL'],
    ['an id with a fragment', withId('?#a'), 'client_id: expected the https URL'],
    ['a web client', { application_type: 'web' }, 'application_type: expected a `clientId` beside it'],
    ['one grant', { grant_types: ['authorization_code'] }, 'grant_types: expected a `clientId` beside it'],
    [
      'keys',
      { token_endpoint_auth_method: 'private_key_jwt' },
      'token_endpoint_auth_method: expected a `clientId`',
    ],
  ])('[C8] [C9] of a loopback client is refused with %s', (_, change, message) => {
    expect(tell({ ...LOOPBACK, ...change })).toThrow(TypeError)
    expect(tell({ ...LOOPBACK, ...change })).toThrow(`clientMetadata.${message}`)
  })

  test('[C3] may ask for less than it declares, and not for more', () => {
    const clientMetadata = DOCUMENT
    expect(() => new OAuthClient({ clientMetadata, scope: 'atproto' })).not.toThrow()
    expect(() => new OAuthClient({ clientMetadata, scope: 'atproto transition:email' })).toThrow(
      'scope: expected what `clientMetadata` declares, found "transition:email"',
    )
  })

  test('[C12] and the keys fit each other', async () => {
    const key = await privateKey('k1')
    const confidential = {
      ...DOCUMENT,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [publicKey(key)] },
    }
    expect(tell(confidential, [key])).not.toThrow()
    expect(tell(confidential)).toThrow('keys: expected the keys of the metadata')
    expect(tell(DOCUMENT, [key])).toThrow('keys: expected nothing: by its metadata the client is public')
    const message = 'clientMetadata.jwks: expected the public half of the ES256 key k2, found "no key k2"'
    expect(tell(confidential, [await privateKey('k2')])).toThrow(message)
    const other = 'clientMetadata.jwks: expected the public half of the ES256 key k1, found "another key k1"'
    expect(tell(confidential, [await privateKey('k1')])).toThrow(other)
  })
})
