import { NetworkError, OAuthClient } from 'atproof'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { hashBase64url } from '../../../src/testing/hash.ts'
import {
  alicesScene,
  CLIENT_ID,
  confidentialAlice,
  consentedAlice,
  failureOf,
  keysIn,
  onlyEntry,
  privateKey,
  refusedCallback,
  WEB_REDIRECT_URI,
} from '../scene.ts'
import { exchanges } from './processes.ts'
import { TOKEN } from './scene.ts'

/** A token endpoint that refuses. */
const refuse = (status: number, error?: string) => () =>
  Response.json({ error, error_description: 'so it is' }, { status })

describe('the exchange of the code', () => {
  test('[E6] [D9] says what the pushed request said, with the same key', async () => {
    const scene = alicesScene()
    const redirectUri = 'http://127.0.0.1:53682/callback'
    const { callback, context } = await consentedAlice(scene, { redirectUri })
    await scene.oauth.callback(callback, { context })
    const [exchange, ...more] = scene.network.log.to('/oauth/token')
    const push = scene.network.log.to('/oauth/par').at(-1)
    expect(more).toEqual([])
    expect(Object.fromEntries(exchange?.form ?? [])).toEqual({
      client_id: push?.form?.get('client_id'),
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code'),
      redirect_uri: redirectUri,
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(await hashBase64url(exchange?.form?.get('code_verifier') ?? '')).toBe(push?.form?.get('code_challenge'))
    expect(exchange?.dpop?.header.jwk).toEqual(push?.dpop?.header.jwk)
    expect(exchange?.headers.has('authorization')).toBe(false)
  })

  test('[E6] [D8] [H3] is signed with the key of the pushed request, though a newer one has come', async () => {
    const [oldKey, newKey] = [await privateKey('k1'), await privateKey('k2')]
    const scene = await confidentialAlice({ client: { keys: [oldKey] } })
    const consented = await consentedAlice(scene)
    const deployed = new OAuthClient({
      clientId: CLIENT_ID,
      redirectUri: WEB_REDIRECT_URI,
      keys: [newKey, oldKey],
      scope: scene.oauth.clientMetadata.scope,
      storage: scene.storage,
      fetch: scene.network.fetch,
      resolveTxt: scene.network.resolveTxt,
      clock: scene.clock,
    })
    scene.network.documents.set(CLIENT_ID, deployed.clientMetadata)
    const { client } = await deployed.callback(consented.callback, { context: consented.context })
    expect(exchanges(scene)[0]?.assertion?.header.kid).toBe('k1')
    expect(client.did).toBe(scene.alice.did)
  })

  test.each([
    ['is gone', ['k2']],
    ['is another by the same name', ['k1']],
  ])('[E6] [H3] is not tried where the key of the pushed request %s', async (_, names) => {
    const scene = await confidentialAlice()
    const consented = await consentedAlice(scene, { state: 'of the app' })
    const keys = await Promise.all(names.map(privateKey))
    const storage = scene.storage
    const deployed = await confidentialAlice({ storage, client: { keys, fetch: scene.network.fetch } })
    expect(await refusedCallback(deployed, consented)).toMatchObject({
      name: 'AuthorizationError',
      code: 'client_key_missing',
      field: 'keys',
      expected: expect.stringMatching(/^the ES256 key k1 with the thumbprint [\w-]{43}$/) as string,
      state: 'of the app',
    })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E6] [D10] is sent once more for a nonce, and the code is good', async () => {
    const scene = await confidentialAlice()
    const { callback, context } = await consentedAlice(scene)
    scene.network.rotateNonces()
    const { client } = await scene.oauth.callback(callback, { context })
    const [first, second, ...more] = scene.network.log.to('/oauth/token')
    expect(more).toEqual([])
    expect([first?.status, second?.status]).toEqual([400, 200])
    expect(second?.dpop?.payload.jti).not.toBe(first?.dpop?.payload.jti)
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti)
    expect(second?.form?.get('code')).toBe(first?.form?.get('code'))
    expect(scene.network.sessionsOf(client.did).at(-1)?.deleted).toBe(false)
  })

  test('[E6] [D10] is sent twice at most', async () => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene)
    const headers = { 'dpop-nonce': 'nonce-x' }
    const respond = () => Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers })
    scene.network.fault({ path: '/oauth/token', respond, times: Infinity })
    expect(await refusedCallback(scene, consented)).toMatchObject({
      code: 'code_refused',
      error: 'use_dpop_nonce',
    })
    expect(scene.network.log.to('/oauth/token')).toHaveLength(2)
  })

  test.each([
    [400, 'invalid_grant', 'code_refused'],
    [400, 'invalid_request', 'code_refused'],
    [401, 'invalid_client', 'code_refused'],
    [401, 'invalid_dpop_proof', 'code_refused'],
    [403, undefined, 'code_refused'],
    [500, 'server_error', 'server_failing'],
    [503, undefined, 'server_failing'],
  ])('[E6] answered with %d %s is not tried again', async (status, error, code) => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene, { state: 'of the app' })
    scene.clock.jumpWall(300_000)
    scene.network.fault({ path: '/oauth/token', respond: refuse(status, error), times: Infinity })
    expect(await refusedCallback(scene, consented)).toMatchObject({
      name: 'AuthorizationError',
      code,
      url: TOKEN,
      field: 'error',
      expected: 'tokens',
      found: error ?? `status ${status}`,
      error,
      state: 'of the app',
      action: 'sign in again',
    })
    expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
  })

  test('[E6] of a code that has expired says so', async () => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene)
    await scene.clock.advance(300_001)
    const error = await refusedCallback(scene, consented)
    expect(error).toMatchObject({ code: 'code_refused', error: 'invalid_grant' })
    expect(error.message).toContain('This code has expired')
  })

  test.each([
    ['is lost on the way', { lose: 'request' }, 'connection_failed'],
    ['is answered, and the answer is lost', { lose: 'answer' }, 'connection_failed'],
    ['is answered, and the answer breaks off', { body: 'cut-off' }, 'answer_cut_off'],
    ['meets a server that is down', { refuse: true }, 'unreachable'],
    ['is redirected', { respond: () => Response.redirect('https://evil.example.com/token', 307) }, 'redirected'],
  ] as const)('[E6] that %s is not tried again', async (_, trouble, code) => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/token', times: Infinity, ...trouble })
    const error = await refusedCallback(scene, consented)
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code })
    expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
    expect(scene.network.log.to(/evil/)).toEqual([])
    scene.network.clearFaults()
    expect(await refusedCallback(scene, consented)).toMatchObject({ code: 'state_spent' })
  })

  test.each([
    ['the answer is lost', { lose: 'answer' }],
    ['the server is down', { refuse: true }],
    ['the server fails', { respond: refuse(503) }],
  ] as const)('[E6] where %s does not promise that the same callback could succeed later', async (_, trouble) => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/token', ...trouble })
    expect(await refusedCallback(scene, consented)).toMatchObject({ retryable: false, action: 'sign in again' })
  })

  test('[E6] that hangs is waited for ten seconds', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    const consented = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/token', hang: 'answer' })
    const begin = clock.monotonic()
    expect(await refusedCallback(scene, consented)).toMatchObject({
      name: 'NetworkError',
      code: 'timeout',
      url: TOKEN,
    })
    expect(clock.monotonic() - begin).toBe(10_000)
    expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
  })

  test('[J14] ends at once where the caller gives up, with their reason', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const { hit } = scene.network.fault({ path: '/oauth/token', hang: 'request' })
    const giveUp = new AbortController()
    const attempt = failureOf(scene.oauth.callback(callback, { context, signal: giveUp.signal }))
    await hit
    const reason = new Error('the tab was closed')
    giveUp.abort(reason)
    expect(await attempt).toBe(reason)
    expect(await keysIn(scene.storage, 'session/')).toEqual([])
  })

  test('[D4] of two sign-ins of one account gives two sessions, and the older one lives on', async () => {
    const scene = alicesScene()
    const [a, b] = [await consentedAlice(scene), await consentedAlice(scene)]
    const { client: first } = await scene.oauth.callback(a.callback, { context: a.context })
    const { client: second } = await scene.oauth.callback(b.callback, { context: b.context })
    expect(first.session.sessionId).not.toBe(second.session.sessionId)
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(2)
    const thumbprints = scene.alice.sessions.map(({ thumbprint }) => thumbprint)
    expect(new Set(thumbprints).size).toBe(2)
    expect((await first.get('com.atproto.server.getSession')).status).toBe(200)
  })

  test('[H3] keeps how the client showed who it is, for the session’s whole life', async () => {
    const scene = await confidentialAlice()
    const { callback, context } = await consentedAlice(scene)
    await scene.oauth.callback(callback, { context })
    const { value } = await onlyEntry(scene.storage, 'session/')
    const jkt = await calculateJwkThumbprint(scene.keys[0] ?? {})
    expect(value).toMatchObject({ clientAuth: { method: 'private_key_jwt', kid: 'k1', alg: 'ES256', jkt } })
  })
})
