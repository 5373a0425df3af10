import { AuthorizationError, memoryStorage, NetworkError, OAuthClient, StorageError } from 'atproof'
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
  REDIRECT_URI,
  refusedCallback,
  type Scene,
  WEB_REDIRECT_URI,
} from '../scene.ts'
import { exchanges, otherProcess, sharedStorage } from './processes.ts'

const ISSUER = 'https://pds.example.com'
const TOKEN = `${ISSUER}/oauth/token`
const HOUR = 3_600_000

/** A token endpoint that refuses. */
const refuse = (status: number, error?: string) => () =>
  Response.json({ error, error_description: 'so it is' }, { status })

/** The same callback with other parameters. Null takes one away. */
function change(callback: URL, changes: Readonly<Record<string, string | null>>): URL {
  const url = new URL(callback)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url
}

describe('the state', () => {
  test('[E1] is required', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    for (const state of [null, '']) {
      const error = await refusedCallback(scene, { callback: change(callback, { state }), context })
      expect(error).toBeInstanceOf(AuthorizationError)
      expect(error).toMatchObject({
        code: 'state_missing',
        field: 'state',
        expected: 'the whole URL that the page returned to',
      })
    }
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] must be one that was begun here', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const error = await refusedCallback(scene, { callback: change(callback, { state: 'x'.repeat(43) }), context })
    expect(error).toMatchObject({
      code: 'state_unknown',
      field: 'state',
      action: 'sign in again',
      retryable: false,
    })
    expect(exchanges(scene)).toEqual([])
    await scene.oauth.callback(callback, { context })
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
  })

  test('[E1] is spent by the callback that uses it: a page that is loaded again gets no second session', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const { client } = await scene.oauth.callback(callback, { context })
    const error = await failureOf(scene.oauth.callback(callback, { context }))
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'state_spent',
      field: 'state',
      action: 'sign in again',
    })
    expect(exchanges(scene)).toHaveLength(1)
    expect(scene.alice.session.deleted).toBe(false)
    expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
  })

  test.each<[string, (scene: Scene) => OAuthClient]>([
    ['in the same process', ({ oauth }) => oauth],
    ['in another process', (scene) => otherProcess(scene)],
  ])('[E1] [E3] of a page that is loaded again brings the app’s own state back, %s', async (_, next) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    await scene.oauth.callback(callback, { context })
    expect(await failureOf(next(scene).callback(callback, { context }))).toMatchObject({
      code: 'state_spent',
      state: 'of the app',
    })
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('[E1] [E5] of a page that is loaded again in another browser brings nothing back', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    const { context: another } = await scene.oauth.authorize('alice.example.com', { state: 'of another' })
    await scene.oauth.callback(callback, { context })
    for (const foreign of [another, 'x'.repeat(43)]) {
      expect(await failureOf(scene.oauth.callback(callback, { context: foreign }))).toMatchObject({
        code: 'state_spent',
        state: undefined,
      })
    }
  })

  test('[E1] [E3] that lost a race brings the app’s own state back', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => otherProcess(scene).callback(callback, { context })),
    )
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(failures).toHaveLength(19)
    for (const failure of failures) expect(failure).toMatchObject({ code: 'state_spent', state: 'of the app' })
    expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
  })

  test('[E1] [M5] once spent leaves behind a hash of the context and the app’s state, and nothing of the account', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    await scene.oauth.callback(callback, { context })
    const { value } = await onlyEntry(scene.storage, 'spent/')
    expect(value).toEqual({ contextHash: await hashBase64url(context), state: 'of the app' })
  })

  test('[E1] is spent for two hours: longer than its sign-in could have lived', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    await scene.oauth.callback(callback, { context })
    await scene.clock.advance(2 * HOUR - 1)
    expect(await failureOf(scene.oauth.callback(callback, { context }))).toMatchObject({ code: 'state_spent' })
    await scene.clock.advance(1)
    expect(await failureOf(scene.oauth.callback(callback, { context }))).toMatchObject({ code: 'state_unknown' })
  })

  test('[E1] is spent before anything is sent', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const fault = scene.network.fault({ path: '/oauth/token', hang: 'request' })
    const attempt = scene.oauth.callback(callback, { context })
    await fault.hit
    const hash = await hashBase64url(callback.searchParams.get('state') ?? '')
    expect(await keysIn(scene.storage)).toEqual([`spent/${hash}`])
    fault.release()
    await attempt
  })

  test('[E1] lets one of two callbacks through that come at once, and the code is used once', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const attempt = () => scene.oauth.callback(callback, { context })
    const outcomes = await Promise.allSettled([attempt(), attempt(), attempt()])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'state_spent' })
    expect(exchanges(scene)).toHaveLength(1)
    expect(scene.alice.session.deleted).toBe(false)
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
  })

  test('[E1] lets one of two processes through that share a storage', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const outcomes = await Promise.allSettled([
      scene.oauth.callback(callback, { context }),
      otherProcess(scene).callback(callback, { context }),
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('[E1] [D5] is good for an hour', async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    const callback = new URL(scene.network.approve(url))
    await scene.clock.advance(HOUR)
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({ code: 'state_unknown' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] [D5] is good for an hour also where the storage forgets nothing', async () => {
    const clock = testClock()
    const inner = memoryStorage({ clock })
    const storage = sharedStorage(inner, {
      put: (key, value, { ifVersion }) => inner.put(key, value, { ifVersion }),
    })
    const scene = alicesScene({ network: { clock }, storage })
    const { url, context } = await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const callback = new URL(scene.network.approve(url))
    await clock.advance(HOUR)
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'sign_in_expired',
      action: 'sign in again',
      state: 'of the app',
      retryable: false,
    })
    expect(await keysIn(inner, 'spent/')).toEqual([])
    expect(exchanges(scene)).toEqual([])
  })
})

describe('the browser', () => {
  test('[E5] another than began the sign-in is turned away', async () => {
    const scene = alicesScene()
    const { callback } = await consentedAlice(scene)
    const error = await refusedCallback(scene, { callback, context: 'x'.repeat(43) })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code: 'context_mismatch', field: 'context', action: 'sign in again' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E5] without a context is told where it may have got lost, and the state is not spent', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const error = await refusedCallback(scene, { callback, context: '' })
    expect(error).toMatchObject({ code: 'context_missing', action: expect.stringContaining('SameSite=Lax') })
    await scene.oauth.callback(callback, { context })
  })

  test('[E5] of another sign-in is another browser', async () => {
    const scene = alicesScene()
    const mallory = await consentedAlice(scene)
    const { context } = await consentedAlice(scene)
    expect(await refusedCallback(scene, { callback: mallory.callback, context })).toMatchObject({
      code: 'context_mismatch',
    })
  })

  test('[E5] that is not the right one does not spend the state of the right one', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    await refusedCallback(scene, { callback, context: 'of somebody else' })
    expect(await keysIn(scene.storage, 'spent/')).toEqual([])
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.did).toBe(scene.alice.did)
  })
})

describe('the issuer', () => {
  const wrong = [
    ['of another server', 'https://evil.example.com'],
    ['with a slash', `${ISSUER}/`],
    ['with its port', `${ISSUER}:443`],
    ['in another case', 'https://PDS.example.com'],
    ['with a blank', ` ${ISSUER}`],
  ] as const

  test('[E2] refuses a callback that does not name its issuer', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app', approve: { iss: null } })
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code: 'issuer_missing', field: 'iss', expected: ISSUER, state: 'of the app' })
    expect(exchanges(scene)).toEqual([])
  })

  test.each(wrong)('[E2] [M2] refuses a callback with an issuer %s', async (_, iss) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app', approve: { iss } })
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({
      code: 'callback_issuer_mismatch',
      field: 'iss',
      expected: ISSUER,
      found: iss,
      state: 'of the app',
    })
    expect(error.message).toContain(`(iss, expected ${ISSUER}, found "${iss}")`)
    expect(exchanges(scene)).toEqual([])
  })

  test('[E2] refuses an error that does not name its issuer: it is not believed', async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    const callback = scene.network.deny(url, { iss: null })
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({ code: 'issuer_missing', field: 'iss', expected: ISSUER })
    expect(error).not.toHaveProperty('error', 'access_denied')
  })

  test.each(wrong)('[E2] [M2] refuses an error with an issuer %s', async (_, iss) => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    expect(await refusedCallback(scene, { callback: scene.network.deny(url, { iss }), context })).toMatchObject({
      code: 'callback_issuer_mismatch',
      field: 'iss',
      found: iss,
    })
  })

  test('[E2] is that of the entryway, where there is one', async () => {
    const scene = alicesScene({ network: { entryway: true } })
    const { callback, context } = await consentedAlice(scene)
    expect(callback.searchParams.get('iss')).toBe('https://entryway.example.com')
    const ofPds = change(callback, { iss: ISSUER })
    expect(await refusedCallback(scene, { callback: ofPds, context })).toMatchObject({
      code: 'callback_issuer_mismatch',
      expected: 'https://entryway.example.com',
      found: ISSUER,
    })
  })
})

describe('an error of the server', () => {
  test("[E3] consent denied is told as such, with the app's own state", async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const error = await refusedCallback(scene, { callback: scene.network.deny(url), context })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code: 'access_denied',
      field: 'error',
      found: 'access_denied',
      error: 'access_denied',
      state: 'of the app',
      retryable: false,
    })
    expect(error.message).toContain('The user rejected the request')
    expect(exchanges(scene)).toEqual([])
  })

  test.each([
    ['invalid_scope', 'scope_refused', 'fallbackScope'],
    ['unauthorized_client', 'client_refused', 'clientMetadata'],
    ['login_required', 'interaction_required', 'without the prompt `none`'],
    ['consent_required', 'interaction_required', 'without the prompt `none`'],
    ['interaction_required', 'interaction_required', 'without the prompt `none`'],
    ['account_selection_required', 'interaction_required', 'without the prompt `none`'],
    ['server_error', 'server_failing', 'sign in again'],
    ['temporarily_unavailable', 'server_failing', 'sign in again'],
    ['invalid_request', 'authorization_failed', 'sign in again'],
    ['of_its_own', 'authorization_failed', 'sign in again'],
    ['toString', 'authorization_failed', 'sign in again'],
  ])('[E3] %s ends the sign-in as %s, and says what helps', async (name, code, action) => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const callback = scene.network.deny(url, { error: name })
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({
      name: 'AuthorizationError',
      code,
      field: 'error',
      error: name,
      found: name,
      state: 'of the app',
      action: expect.stringContaining(action),
      // The state is spent: nothing makes this very callback succeed.
      retryable: false,
    })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E3] counts more than a code that stands beside it', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const both = change(callback, { error: 'access_denied' })
    expect(await refusedCallback(scene, { callback: both, context })).toMatchObject({ code: 'access_denied' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] [E3] spends the state too', async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    const callback = scene.network.deny(url)
    await refusedCallback(scene, { callback, context })
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({ code: 'state_spent' })
  })

  test.each([null, ''])('[E3] without an error, a code is required (%j)', async (code) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    expect(await refusedCallback(scene, { callback: change(callback, { code }), context })).toMatchObject({
      code: 'code_missing',
      field: 'code',
      expected: 'a code',
      state: 'of the app',
    })
    expect(exchanges(scene)).toEqual([])
  })
})

describe('the parameters', () => {
  test.each(['state', 'iss', 'code', 'error', 'error_description'])(
    '[E4] refuses %s twice, whatever it says, and the sign-in can go on',
    async (name) => {
      const scene = alicesScene()
      const { callback, context } = await consentedAlice(scene)
      for (const [first, second] of [
        ['a', 'b'],
        ['a', 'a'],
        ['', ''],
      ] as const) {
        const twice = change(callback, { [name]: callback.searchParams.get(name) ?? first })
        twice.searchParams.append(name, second)
        const error = await refusedCallback(scene, { callback: twice, context })
        expect(error).toBeInstanceOf(AuthorizationError)
        expect(error).toMatchObject({ code: 'parameter_repeated', field: name, expected: 'one' })
      }
      expect(await keysIn(scene.storage, 'spent/')).toEqual([])
      await scene.oauth.callback(callback, { context })
      expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
    },
  )

  test('[E4] ignores what it does not know, twice or once', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    callback.searchParams.append('session_state', 'a')
    callback.searchParams.append('session_state', 'b')
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test.each<[string, (params: URLSearchParams) => string | URL | URLSearchParams]>([
    ['a URL as text', (params) => `${REDIRECT_URI}?${params}`],
    ['a URL', (params) => new URL(`${REDIRECT_URI}?${params}`)],
    ['a URL with its fragment', (params) => `${REDIRECT_URI}#${params}`],
    ['a URL with a query of its own and its fragment', (params) => `${REDIRECT_URI}?page=1#${params}`],
    ['the parameters', (params) => params],
    ['a query', (params) => `?${params}`],
    ['a query without its mark', (params) => String(params)],
  ])('[E1] are read from %s', async (_, form) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const { client } = await scene.oauth.callback(form(callback.searchParams), { context })
    expect(client.did).toBe(scene.alice.did)
  })

  test.each<[string, (state: string) => string]>([
    ['in the query', () => `${REDIRECT_URI}?response=eyJhbGciOiJFUzI1NiJ9.e30.x`],
    ['in the fragment', () => `${REDIRECT_URI}#response=eyJhbGciOiJFUzI1NiJ9.e30.x`],
    ['beside a state', (state) => `${REDIRECT_URI}?response=eyJhbGciOiJFUzI1NiJ9.e30.x&state=${state}`],
  ])('[E4] refuses a response that is a JWT (JARM), %s', async (_, form) => {
    const scene = alicesScene()
    const { callback: real, context } = await consentedAlice(scene)
    const callback = form(real.searchParams.get('state') ?? '')
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({ code: 'callback_malformed', field: 'response', expected: 'plain parameters' })
    expect(error.message).not.toContain('eyJ')
    expect(await keysIn(scene.storage, 'spent/')).toEqual([])
  })

  test('[E4] refuses a callback of more than 16 Ki characters', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const long = change(callback, { padding: 'x'.repeat(16 * 1024) })
    expect(await refusedCallback(scene, { callback: long, context })).toMatchObject({
      code: 'callback_malformed',
      field: 'callback',
    })
  })

  test.each(['', 'nonsense', REDIRECT_URI])('[E1] refuses "%s", which carries nothing', async (callback) => {
    const scene = alicesScene()
    const { context } = await consentedAlice(scene)
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({ code: 'state_missing' })
  })
})

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

describe('a storage that fails', () => {
  const broken = new Error('disk full')
  const fail = () => Promise.reject(broken)

  /** Alice has consented, and then a method of the storage fails for some keys. */
  async function failing(method: 'get' | 'put' | 'delete', prefix: string) {
    const clock = testClock()
    const inner = memoryStorage({ clock })
    const trouble = { isOn: false, strikes: (key: string) => trouble.isOn && key.startsWith(prefix) }
    const storage = sharedStorage(inner, {
      get: (key) => (method === 'get' && trouble.strikes(key) ? fail() : inner.get(key)),
      put: (key, value, options) =>
        method === 'put' && trouble.strikes(key) ? fail() : inner.put(key, value, options),
      delete: (key, options) =>
        method === 'delete' && trouble.strikes(key) ? fail() : inner.delete(key, options),
    })
    const scene = alicesScene({ network: { clock }, storage })
    const consented = await consentedAlice(scene)
    trouble.isOn = true
    return { ...scene, scene, ...consented, trouble }
  }

  test('[E1] to read the sign-in is an error, and the sign-in can go on', async () => {
    const { scene, oauth, callback, context, trouble } = await failing('get', 'signin/')
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ code: 'read_failed', cause: broken, retryable: true })
    trouble.isOn = false
    expect((await oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[E1] to spend the state is an error, and the code is not sent', async () => {
    const { scene, callback, context } = await failing('put', 'spent/')
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({
      name: 'StorageError',
      code: 'write_failed',
      cause: broken,
    })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] to delete the sign-in changes nothing: the state is spent all the same', async () => {
    const { scene, oauth, callback, context } = await failing('delete', 'signin/')
    expect((await oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
    expect(await failureOf(oauth.callback(callback, { context }))).toMatchObject({ code: 'state_spent' })
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('[F10] to keep the session does not undo the sign-in, and it is tried again', async () => {
    const { scene, oauth, callback, context, trouble, clock, events } = await failing('put', 'session/')
    const { client } = await oauth.callback(callback, { context })
    expect(client.session).toMatchObject({ did: scene.alice.did, status: 'active', stored: false })
    expect(events).toMatchObject([{ type: 'store_failed', did: scene.alice.did, error: { code: 'write_failed' } }])
    const { client: after } = await client.get('com.atproto.server.getSession')
    expect(after.did).toBe(scene.alice.did)
    trouble.isOn = false
    await clock.advance(1000)
    expect(events.map(({ type }) => type)).toEqual(['store_failed', 'stored'])
    expect(await keysIn(scene.storage, 'session/')).toEqual([`session/${client.session.sessionId}`])
    const result = await client.get('com.atproto.server.getSession')
    expect(result.client.session.stored).toBe(true)
    expect(scene.alice.session.deleted).toBe(false)
  })

  test('[E1] to hold a sign-in of ours is an error that deletes nothing', async () => {
    const { scene, callback, context } = await failing('get', 'nothing/')
    const { version } = await onlyEntry(scene.storage, 'signin/')
    const [key = ''] = await keysIn(scene.storage)
    await scene.storage.put(key, { schema: 99 }, { ifVersion: version })
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({
      name: 'StorageError',
      code: 'corrupt',
      field: key,
      expected: 'a sign-in of schema 1',
    })
    expect(await keysIn(scene.storage)).toEqual([key])
  })
})
