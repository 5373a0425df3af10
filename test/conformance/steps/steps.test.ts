import {
  type AssertionRequest,
  createAuthorizationUrl,
  createClientAssertion,
  createClientMetadata,
  createProof,
  DpopKey,
  exchangeCode,
  readAuthorizationResponse,
  refreshTokens,
  revokeTokens,
} from 'atproof/flow'
import { discoverAuthorizationServer } from 'atproof/discovery'
import { fakeNetwork, testClock } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { CLIENT_ID, failureOf, privateKey, WEB_REDIRECT_URI } from '../scene.ts'
import { alicesServer, begin, finish, LOOPBACK_CLIENT, REDIRECT_URI, SCOPE, type StepScene } from './scene.ts'

/** Calls a method by hand, with the token and a proof. */
async function call(
  { alice, dpopKey, network }: StepScene,
  accessToken: string,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const url = `${alice.pds}/xrpc/com.atproto.server.getSession`
  const ask = async (nonce: string | undefined) => {
    const facts = {
      method: 'GET',
      url,
      issuedAt: network.clock.now(),
      id: crypto.randomUUID(),
      accessToken,
      nonce,
    }
    const proof = await createProof(dpopKey, facts)
    return network.fetch(url, { headers: { authorization: `DPoP ${accessToken}`, dpop: proof } })
  }
  const refused = await ask(undefined)
  const response = refused.status === 401 ? await ask(refused.headers.get('dpop-nonce') ?? undefined) : refused
  return { status: response.status, body: await response.json() }
}

describe('a sign-in of steps alone', () => {
  test('[D1] [E6] [F1] signs a public client in, calls, refreshes and signs out', async () => {
    const scene = await alicesServer()
    const { server, dpopKey, options, alice, network } = scene
    const begun = await begin(scene)
    expect([...new URL(begun.url).searchParams.keys()]).toEqual(['client_id', 'request_uri'])
    const { tokens, nonce } = await finish(scene, begun)
    expect(tokens).toMatchObject({ did: alice.did, scope: SCOPE, expiresAt: network.clock.now() + 3_600_000 })
    expect(await call(scene, tokens.accessToken)).toMatchObject({ status: 200, body: { did: alice.did } })

    const binding = { client: LOOPBACK_CLIENT, dpopKey, clientAuth: begun.clientAuth }
    const renewed = await refreshTokens(server, { ...binding, tokens, nonce }, options)
    expect(renewed.tokens.accessToken).not.toBe(tokens.accessToken)
    expect(await call(scene, tokens.accessToken)).toMatchObject({ status: 401 })
    expect(await call(scene, renewed.tokens.accessToken)).toMatchObject({ status: 200 })

    const revocation = { ...binding, tokens: renewed.tokens, nonce: renewed.nonce }
    expect(await revokeTokens(server, revocation, options)).toMatchObject({ accepted: true })
    expect(await call(scene, renewed.tokens.accessToken)).toMatchObject({ status: 401 })
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true])
  })

  test('[D8] [L9] signs a confidential client in, by its own key or by a signer elsewhere', async () => {
    const key = await privateKey('k1')
    const signers = [
      { clientId: CLIENT_ID, keys: [key] },
      {
        clientId: CLIENT_ID,
        signAssertion: ({ audience, dpopJkt }: AssertionRequest) =>
          createClientAssertion(key, { clientId: CLIENT_ID, audience, dpopJkt, now: clock.now() }),
      },
    ]
    const clock = testClock()
    for (const client of signers) {
      const network = fakeNetwork({ clock })
      const scene = await alicesServer(network)
      const facts = { clientId: CLIENT_ID, redirectUris: [WEB_REDIRECT_URI], scope: SCOPE, keys: [key] }
      network.documents.set(CLIENT_ID, createClientMetadata(facts))
      const begun = await begin(scene, client, WEB_REDIRECT_URI)
      const { tokens, nonce } = await finish(scene, begun, client, WEB_REDIRECT_URI)
      const { dpopKey, options, server } = scene
      const { clientAuth } = begun
      expect(clientAuth).toMatchObject({ method: 'private_key_jwt', kid: 'k1', alg: 'ES256' })
      const renewed = await refreshTokens(server, { client, dpopKey, clientAuth, tokens, nonce }, options)
      expect(await call(scene, renewed.tokens.accessToken)).toMatchObject({ status: 200 })
    }
  })

  test('[G2] hands the nonce on, so that each step after the first takes one request', async () => {
    const scene = await alicesServer()
    const { network, server, dpopKey, options } = scene
    const begun = await begin(scene)
    expect(network.log.count('/oauth/par')).toBe(2)
    expect(begun.nonce).toEqual({ origin: server.issuer, value: expect.any(String) as string })
    const { tokens, nonce } = await finish(scene, begun)
    expect(network.log.count('/oauth/token')).toBe(1)
    const { clientAuth } = begun
    await refreshTokens(server, { client: LOOPBACK_CLIENT, dpopKey, clientAuth, tokens, nonce }, options)
    expect(network.log.count('/oauth/token')).toBe(2)
  })

  test('[G2] takes one request more where the nonce is left out, and sends it to no other origin', async () => {
    const scene = await alicesServer()
    const { network } = scene
    const begun = await begin(scene)
    await finish(scene, { ...begun, nonce: { origin: 'https://elsewhere.example.com', value: 'theirs' } })
    const requests = network.log.to('/oauth/token')
    expect(requests.map(({ dpop }) => dpop?.payload.nonce)).toEqual([undefined, expect.any(String)])
    expect(requests[1]?.dpop?.payload.nonce).not.toBe('theirs')
  })

  test('[D11] leaves the query of the endpoint as it is, letter for letter', async () => {
    const scene = await alicesServer()
    const authorizationEndpoint = 'https://pds.example.com/oauth/authorize?x=a%20b&y'
    const begun = await begin({ ...scene, server: { ...scene.server, authorizationEndpoint } })
    expect(begun.url.startsWith(`${authorizationEndpoint}&client_id=`)).toBe(true)
  })

  test('[D11] gives a URL that a header and an attribute can hold, whatever the server wrote', async () => {
    const scene = await alicesServer()
    const authorizationEndpoint = 'https://pds.example.com/oauth/авт"<b>'
    const begun = await begin({ ...scene, server: { ...scene.server, authorizationEndpoint } })
    expect(begun.url).toMatch(
      /^https:\/\/pds\.example\.com\/oauth\/[\w%]+\?client_id=[\w%.+-]+&request_uri=[\w%.-]+$/,
    )
  })

  test('[D1] asks for a page in the languages of a header, and refuses what there is not before anybody is asked', async () => {
    const { server, dpopKey, options, network } = await alicesServer()
    const request = { client: LOOPBACK_CLIENT, dpopKey, redirectUri: REDIRECT_URI, scope: SCOPE }
    await createAuthorizationUrl(server, { ...request, locale: 'fr;q=0.5, de' }, options)
    expect(network.log.to('/oauth/par').at(-1)?.form?.get('ui_locales')).toBe('de fr')
    network.log.clear()
    await expect(createAuthorizationUrl(server, { ...request, locale: 'de_DE' }, options)).rejects.toThrow(
      /^locale: expected language tags/,
    )
    expect(network.log.length).toBe(0)
  })

  test('keeps nothing: the same step again asks again', async () => {
    const scene = await alicesServer()
    await begin(scene)
    await begin(scene)
    expect(scene.network.log.count('/oauth/par')).toBe(4)
  })
})

describe('an authorization response', () => {
  const expected = { state: 's', issuer: 'https://pds.example.com' }
  const iss = 'iss=https%3A%2F%2Fpds.example.com'

  test('[E1] of another state is refused', () => {
    expect(() => readAuthorizationResponse(`?state=t&${iss}&code=c`, expected)).toThrow(
      expect.objectContaining({ code: 'state_unknown' }),
    )
    expect(readAuthorizationResponse(`?state=s&${iss}&code=c`, expected)).toBe('c')
  })

  test('[E2] of another issuer, or of none, is refused, an error too', () => {
    expect(() =>
      readAuthorizationResponse('?state=s&iss=https%3A%2F%2Fevil.example.com&code=c', expected),
    ).toThrow(expect.objectContaining({ code: 'callback_issuer_mismatch' }))
    expect(() => readAuthorizationResponse('?state=s&error=access_denied', expected)).toThrow(
      expect.objectContaining({ code: 'issuer_missing' }),
    )
  })

  test('[E3] that is an error is thrown as one', () => {
    expect(() => readAuthorizationResponse(`?state=s&${iss}&error=access_denied`, expected)).toThrow(
      expect.objectContaining({ code: 'access_denied', error: 'access_denied', retryable: false }),
    )
  })
})

describe('a step that fails', () => {
  test('[H4] refuses a refresh that gives tokens of another account', async () => {
    const scene = await alicesServer()
    const { server, dpopKey, options, network } = scene
    const begun = await begin(scene)
    const { tokens, nonce } = await finish(scene, begun)
    const binding = { client: LOOPBACK_CLIENT, dpopKey, clientAuth: begun.clientAuth, nonce }
    network.fault({ path: '/oauth/token', set: { sub: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' } })
    const failure = await failureOf(refreshTokens(server, { ...binding, tokens }, options))
    expect(failure).toMatchObject({ code: 'wrong_account', expected: tokens.did })
  })

  test.each([
    ['token_type', { set: { token_type: 'Bearer' } }, 'token_response_invalid'],
    ['access_token', { omit: 'access_token' }, 'token_response_invalid'],
    ['scope', { set: { scope: 'transition:generic' } }, 'scope_missing'],
  ])('[H4] refuses a refresh whose %s is wrong', async (field, fault, code) => {
    const scene = await alicesServer()
    const { server, dpopKey, options, network } = scene
    const begun = await begin(scene)
    const { tokens, nonce } = await finish(scene, begun)
    network.fault({ path: '/oauth/token', ...fault })
    const { clientAuth } = begun
    const refresh = { client: LOOPBACK_CLIENT, dpopKey, clientAuth, tokens, nonce }
    expect(await failureOf(refreshTokens(server, refresh, options))).toMatchObject({ code, field })
  })

  test('[H4] keeps the refresh token and the scope that a response leaves out', async () => {
    const scene = await alicesServer()
    const { server, dpopKey, options, network } = scene
    const begun = await begin(scene)
    const { tokens, nonce } = await finish(scene, begun)
    network.fault({
      path: '/oauth/token',
      json: ({ access_token, token_type, sub }) => ({ access_token, token_type, sub }),
    })
    const { clientAuth } = begun
    const refresh = { client: LOOPBACK_CLIENT, dpopKey, clientAuth, tokens, nonce }
    const { tokens: renewed } = await refreshTokens(server, refresh, options)
    expect(renewed).toMatchObject({ refreshToken: tokens.refreshToken, scope: SCOPE })
    expect(renewed.accessToken).not.toBe(tokens.accessToken)
  })

  test('says that a refresh token was refused, without showing it', async () => {
    const scene = await alicesServer()
    const { server, dpopKey, options, alice } = scene
    const begun = await begin(scene)
    const { tokens, nonce } = await finish(scene, begun)
    alice.revokeSessions()
    const { clientAuth } = begun
    const refresh = { client: LOOPBACK_CLIENT, dpopKey, clientAuth, tokens, nonce }
    const failure = await failureOf(refreshTokens(server, refresh, options))
    expect(failure).toMatchObject({ name: 'AuthorizationError', code: 'refresh_refused', error: 'invalid_grant' })
    expect(JSON.stringify(failure) + String(failure)).not.toContain(tokens.refreshToken)
  })

  test.each([
    [429, 'temporarily_unavailable', 'server_failing', true, 'nothing is said of them'],
    [408, undefined, 'server_failing', true, 'may be spent'],
    [503, undefined, 'server_failing', true, 'may be spent'],
    [401, 'invalid_client', 'refresh_refused', false, 'nothing is said of them'],
    [400, 'invalid_request', 'refresh_refused', false, 'nothing is said of them'],
  ])(
    '[H5] a refresh answered with %d %s does not end a session',
    async (status, name, code, retryable, advice) => {
      const scene = await alicesServer()
      const { server, dpopKey, options, network } = scene
      const begun = await begin(scene)
      const { tokens, nonce } = await finish(scene, begun)
      const respond = () => Response.json(name === undefined ? {} : { error: name }, { status })
      network.fault({ path: '/oauth/token', respond })
      const { clientAuth } = begun
      const refresh = { client: LOOPBACK_CLIENT, dpopKey, clientAuth, tokens, nonce }
      const failure = await failureOf(refreshTokens(server, refresh, options))
      expect(failure).toMatchObject({ code, retryable, action: expect.stringContaining(advice) as string })
      expect((await refreshTokens(server, refresh, options)).tokens.did).toBe(tokens.did)
    },
  )

  test('[F9] [H4] gives tokens back that came for another account, or without `atproto`', async () => {
    for (const set of [{ sub: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' }, { scope: 'transition:generic' }]) {
      const scene = await alicesServer()
      const { server, dpopKey, options, network, alice } = scene
      const begun = await begin(scene)
      const { tokens, nonce } = await finish(scene, begun)
      network.fault({ path: '/oauth/token', set })
      const { clientAuth } = begun
      await failureOf(
        refreshTokens(server, { client: LOOPBACK_CLIENT, dpopKey, clientAuth, tokens, nonce }, options),
      )
      expect(network.log.to('/oauth/revoke').map(({ status }) => status)).toEqual([200])
      expect(alice.session.deleted).toBe(true)
    }
  })

  test('[E6] exchanges a code with the key and the verifier of its request alone', async () => {
    const scene = await alicesServer()
    const { server, options, alice } = scene
    const begun = await begin(scene)
    const code = readAuthorizationResponse(alice.approve(begun.url), { ...begun, issuer: server.issuer })
    const exchange = {
      client: LOOPBACK_CLIENT,
      clientAuth: begun.clientAuth,
      dpopKey: await DpopKey.generate({ extractable: false }),
      verifier: begun.verifier,
      code,
      redirectUri: REDIRECT_URI,
    }
    expect(await failureOf(exchangeCode(server, exchange, options))).toMatchObject({ code: 'code_refused' })
  })

  test('needs a refresh token to refresh', async () => {
    const scene = await alicesServer()
    const begun = await begin(scene)
    const { tokens } = await finish(scene, begun)
    const refresh = {
      client: LOOPBACK_CLIENT,
      dpopKey: scene.dpopKey,
      clientAuth: begun.clientAuth,
      tokens: { ...tokens, refreshToken: undefined },
    }
    await expect(refreshTokens(scene.server, refresh, scene.options)).rejects.toThrow(TypeError)
  })
})

test('[F8] a sign-in that begins at a server is confirmed by where the account says it lives', async () => {
  const network = fakeNetwork()
  const scene = await alicesServer(network)
  const { fetch, resolveTxt, clock } = network
  const outside = { fetch, resolveTxt, clock }
  const server = await discoverAuthorizationServer('https://pds.example.com', outside)
  expect(server).toMatchObject({ identity: undefined, pds: 'https://pds.example.com' })
  const request = { client: LOOPBACK_CLIENT, dpopKey: scene.dpopKey, redirectUri: REDIRECT_URI, scope: SCOPE }
  const begun = await createAuthorizationUrl(server, request, scene.options)
  const { tokens } = await finish(scene, begun)
  const confirmed = await discoverAuthorizationServer(tokens.did, outside)
  expect(confirmed.issuer).toBe(server.issuer)
  expect(confirmed.identity).toMatchObject({ did: tokens.did, handle: 'alice.example.com' })
})
