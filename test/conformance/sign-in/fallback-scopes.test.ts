import type { OAuthClientOptions } from 'atproof'
import type { LogEntry } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import {
  alicesScene,
  confidentialAlice,
  consentedAlice,
  failureOf,
  keysIn,
  onlyEntry,
  refusedAuthorize,
  type Scene,
  signIn,
} from '../scene.ts'

// The server of the network knows no permission set: it refuses this scope as a whole.
const GRANULAR = 'atproto include:com.example.basic'
const FALLBACK = 'atproto transition:generic'

/** Alice's app would rather ask for a permission set, and knows what else will do. */
const granularAlice = (client: Partial<OAuthClientOptions> = {}) =>
  alicesScene({ client: { scope: GRANULAR, fallbackScope: FALLBACK, ...client } })

/** The pushes that the server judged: past its wish for a nonce. */
function judged({ network }: Scene): readonly LogEntry[] {
  return network.log.to('/oauth/par').filter(({ error }) => error !== 'use_dpop_nonce')
}

/** What two pushes have in common, all but the scope and what is signed anew. */
const withoutScope = (entry: LogEntry | undefined) =>
  [...(entry?.form ?? [])].filter(([name]) => name !== 'scope' && name !== 'client_assertion')

const scopesOf = (entries: readonly LogEntry[]) => entries.map(({ form }) => form?.get('scope'))

describe('a scope that the server refuses', () => {
  test('[D12] is asked for once more as the fallback, and the sign-in goes on with that', async () => {
    const scene = granularAlice()
    const client = await signIn(scene)
    expect(judged(scene).map(({ error, status, form }) => [status, error, form?.get('scope')])).toEqual([
      [400, 'invalid_scope', GRANULAR],
      [201, undefined, FALLBACK],
    ])
    expect(client.session.scope).toBe(FALLBACK)
    expect(scene.alice.session.deleted).toBe(false)
  })

  test('[D12] [D8] [D10] is a whole new push: another proof, another assertion, the nonce that was learned', async () => {
    const scene = await confidentialAlice({ client: { scope: GRANULAR, fallbackScope: FALLBACK } })
    await scene.oauth.authorize('alice.example.com')
    const pushes = scene.network.log.to('/oauth/par')
    expect(pushes.map(({ error }) => error)).toEqual(['use_dpop_nonce', 'invalid_scope', undefined])
    expect(new Set(pushes.map(({ dpop }) => dpop?.payload.jti)).size).toBe(3)
    expect(new Set(pushes.map(({ assertion }) => assertion?.payload.jti)).size).toBe(3)
    const [first, second] = judged(scene)
    expect(second?.dpop?.payload.nonce).toMatch(/^nonce-/)
    expect(second?.dpop?.header.jwk).toEqual(first?.dpop?.header.jwk)
    expect(withoutScope(second)).toEqual(withoutScope(first))
  })

  test('[D5] is not the one that the sign-in remembers', async () => {
    const scene = granularAlice()
    await scene.oauth.authorize('alice.example.com')
    expect(await onlyEntry(scene.storage, 'signin/')).toMatchObject({ value: { scope: FALLBACK } })
  })

  test('[D12] as the fallback too is told by its second name, and asked for no more', async () => {
    const scene = granularAlice()
    scene.network.fault({ path: '/oauth/par', respond: refusal, times: Infinity })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'scope_refused',
      field: 'scope',
      found: FALLBACK,
      error: 'invalid_scope',
      retryable: false,
    })
    expect(error.message).toContain('no such scope')
    expect(scopesOf(judged(scene))).toEqual([GRANULAR, FALLBACK])
  })

  test('[D12] without a fallback is an error that says what would help', async () => {
    const scene = alicesScene({ client: { scope: GRANULAR } })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toMatchObject({
      code: 'scope_refused',
      field: 'scope',
      found: GRANULAR,
      error: 'invalid_scope',
      action: expect.stringContaining('`fallbackScope`'),
      retryable: false,
    })
    expect(error.message).toContain('Could not resolve Lexicon')
    expect(judged(scene)).toHaveLength(1)
  })

  test('[D12] that is its own fallback is not asked for twice', async () => {
    const scene = granularAlice({ fallbackScope: GRANULAR })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ code: 'scope_refused' })
    expect(judged(scene)).toHaveLength(1)
  })
})

describe('the fallback', () => {
  test('[D12] stays unsaid where the server takes the scope', async () => {
    const scene = granularAlice({ scope: 'atproto repo:com.example.note' })
    const client = await signIn(scene)
    expect(scopesOf(judged(scene))).toEqual(['atproto repo:com.example.note'])
    expect(client.session.scope).toBe('atproto repo:com.example.note')
  })

  test.each([
    [400, 'invalid_request', 'request_refused'],
    [400, 'invalid_client_metadata', 'client_refused'],
    [401, 'invalid_client', 'client_refused'],
    [400, 'access_denied', 'request_refused'],
    [500, 'invalid_scope', 'server_failing'],
    [429, 'slow_down', 'request_refused'],
  ])('[D12] is no answer to %d %s', async (status, name, code) => {
    const scene = granularAlice()
    const respond = (request: Request) => refusal(request, name, status)
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ code, error: name })
    expect(scopesOf(judged(scene))).toEqual([GRANULAR])
  })

  test('[D12] is no answer to a push whose own answer was lost', async () => {
    const scene = granularAlice()
    scene.network.fault({ path: '/oauth/par', refuse: true, times: Infinity })
    expect(await failureOf(scene.oauth.authorize('alice.example.com'))).toMatchObject({ code: 'unreachable' })
    expect(scene.network.log.to('/oauth/par')).toHaveLength(1)
  })

  test('[C3] [L5] is in the client’s metadata, so that the server finds it there', async () => {
    const { clientMetadata } = granularAlice().oauth
    const declared = clientMetadata.scope.split(' ')
    expect(declared.toSorted()).toEqual(['atproto', 'include:com.example.basic', 'transition:generic'])
  })

  test('[D12] of the client is not for a call that asks for a scope of its own', async () => {
    const scene = granularAlice()
    const options = { scope: GRANULAR }
    expect(await refusedAuthorize(scene, 'alice.example.com', options)).toMatchObject({ code: 'scope_refused' })
    expect(judged(scene)).toHaveLength(1)
  })

  test('[D12] of a call is for that call', async () => {
    const scene = granularAlice({ fallbackScope: 'atproto transition:generic transition:email' })
    const options = { scope: GRANULAR, fallbackScope: FALLBACK }
    const { callback, context } = await consentedAlice(scene, options)
    expect(scopesOf(judged(scene))).toEqual([GRANULAR, FALLBACK])
    expect((await scene.oauth.callback(callback, { context })).client.session.scope).toBe(FALLBACK)
  })

  test('[D12] of a call goes before the client’s own', async () => {
    const scene = granularAlice({ fallbackScope: 'atproto transition:generic transition:email' })
    await scene.oauth.authorize('alice.example.com', { fallbackScope: FALLBACK })
    expect(scopesOf(judged(scene))).toEqual([GRANULAR, FALLBACK])
  })

  test.each(['transition:generic', 'atproto transition:chat.bsky', ''])(
    '[C3] of a call is checked against the client’s own scopes before anybody is asked: %j',
    async (fallbackScope) => {
      const scene = granularAlice()
      const error = await failureOf(scene.oauth.authorize('alice.example.com', { fallbackScope }))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/^fallbackScope\b/)
      expect(scene.network.log.entries).toEqual([])
      expect(await keysIn(scene.storage)).toEqual([])
    },
  )
})

/** Refuses a push, with a nonce as every answer of such a server has one. */
function refusal(request: Request, error = 'invalid_scope', status = 400): Response {
  const headers = { 'dpop-nonce': 'nonce-x' }
  return request.headers.has('dpop')
    ? Response.json({ error, error_description: 'no such scope' }, { status, headers })
    : Response.json({ error: 'invalid_dpop_proof' }, { status: 401 })
}
