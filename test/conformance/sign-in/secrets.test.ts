import { AtproofError, StorageError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, CLIENT_ID, failureOf, privateKey, type Scene, WEB_REDIRECT_URI } from '../scene.ts'
import { AUTHORIZATION_WALKS } from './secrets/authorization-walks.ts'
import { DISCOVERY_WALKS } from './secrets/discovery-walks.ts'
import { IDENTITY_WALKS } from './secrets/identity-walks.ts'
import { NETWORK_WALKS } from './secrets/network-walks.ts'
import type { Walk, Walks } from './secrets/walk.ts'
import { expectNoSecret, secretsSent, views, watchedAlice, watchedSession } from './secrets/watched-scene.ts'

type Row = readonly [title: string, family: string, code: string, provoke: Walk[1]]

function rowsOf<Code extends string>(family: string, walks: Walks<Code>): readonly Row[] {
  return Object.entries<readonly Walk[]>(walks).flatMap(([code, ways]) =>
    ways.map(([title, provoke]) => [title, family, code, provoke] as const),
  )
}

const EVERY_ERROR: readonly Row[] = [
  ...rowsOf('IdentityError', IDENTITY_WALKS),
  ...rowsOf('DiscoveryError', DISCOVERY_WALKS),
  ...rowsOf('AuthorizationError', AUTHORIZATION_WALKS),
  ...rowsOf('NetworkError', NETWORK_WALKS),
]

/** An error and what caused it. */
function chainOf(error: unknown): readonly AtproofError[] {
  return error instanceof AtproofError ? [error, ...chainOf(error.cause)] : []
}

describe.each(['stored', 'sealed'] as const)('an error of a sign-in that is %s', (keeping) => {
  test.each(EVERY_ERROR)('[M5] [D8] shows no secret: %s (%s %s)', async (_, name, code, provoke) => {
    const scene = await watchedSession(keeping)
    const error = await provoke(scene)
    // Some are only ever the reason of another.
    expect(chainOf(error)).toContainEqual(expect.objectContaining({ name, code }))
    expectNoSecret(scene, error)
  })
})

describe('a storage that fails and shows what it was given', () => {
  test.each(['signin/', 'spent/', 'session/'])('[M5] [D5] [F10] shows no secret: %s', async (prefix) => {
    const scene = await watchedSession()
    scene.failWrites(prefix)
    const signIn = async () => {
      const { callback, context } = await scene.consent()
      return scene.oauth.callback(callback, { context })
    }
    const outcome = await signIn().catch((error: unknown) => error)
    expect(prefix === 'session/' ? scene.events : [{ error: outcome }]).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ name: 'StorageError', code: 'write_failed' }) }),
    )
    expectNoSecret(scene, outcome)
  })
})

describe('the search for secrets', () => {
  test.each(['stored', 'sealed'] as const)('[M5] looks where they would be found: %s', async (keeping) => {
    const scene = await watchedSession(keeping)
    const [kept, sent] = [[...scene.secrets], secretsSent(scene)]
    // A key of the client, a context, a code, a state, two tokens; where it is stored a key and a verifier, where it is
    // sealed the key of the seal; and what was sent.
    expect(kept.length).toBeGreaterThanOrEqual(7)
    expect(new Set(sent.map((secret) => secret.slice(0, 3))).size).toBeGreaterThanOrEqual(3)
    for (const secret of [...kept, ...sent]) {
      expect(() => expectNoSecret(scene, new Error('x', { cause: { deep: [secret] } }))).toThrow('secrets that')
      const hidden = Object.defineProperty(new Error('x'), 'hidden', { value: secret, enumerable: false })
      expect(() => expectNoSecret(scene, hidden)).toThrow('secrets that')
    }
  })

  test('[M5] hears what the app is told', async () => {
    const scene = await watchedSession()
    const [secret = ''] = scene.secrets
    const error = new StorageError('write_failed', { detail: secret })
    scene.events.push({ type: 'store_failed', sessionId: 'an id', did: 'did:plc:alice', error })
    expect(() => expectNoSecret(scene)).toThrow('secrets that')
  })
})

describe('a client', () => {
  test('[M5] of a signed-in account shows no secret, nor does its session or any list of sessions', async () => {
    const scene = await watchedSession()
    const restored = await scene.oauth.restore(scene.client.session.sessionId)
    const result = await scene.client.get('com.atproto.server.getSession')
    const sessions: unknown[] = []
    for await (const session of scene.oauth.sessions()) sessions.push(session)
    expect(sessions).toHaveLength(1)
    expectNoSecret(scene, scene.client, scene.client.session, restored, result, sessions, scene.oauth.jwks)
    expectNoSecret(scene, scene.oauth.clientMetadata, { ...scene.client }, { ...scene.oauth })
  })

  test('[M5] that lives in memory only shows no secret, nor does the event that says so', async () => {
    const scene = await watchedAlice()
    const { callback, context } = await scene.consent()
    scene.failWrites('session/')
    const { client } = await scene.oauth.callback(callback, { context })
    expect(scene.events.map(({ type }) => type)).toEqual(['store_failed', 'signed_in'])
    expectNoSecret(scene, client, client.session)
  })

  test.each<[string, (scene: Scene) => void, string]>([
    [
      'the server refuses',
      ({ network }) =>
        network.respond('com.atproto.server.getSession', () =>
          Response.json({ error: 'InternalServerError', message: 'no' }, { status: 500 }),
        ),
      'error_response',
    ],
    [
      'the server answers nonsense',
      ({ network }) => network.respond('com.atproto.server.getSession', () => new Response('<html>')),
      'response_invalid',
    ],
    [
      'the server is down',
      ({ network }) => void network.fault({ path: /getSession/, refuse: true, times: Infinity }),
      'unreachable',
    ],
    [
      'the server redirects',
      ({ network }) =>
        network.respond('com.atproto.server.getSession', () => Response.redirect('https://evil.example.com/')),
      'redirected',
    ],
  ])('[M5] of an account shows no secret in the error of a call, where %s', async (_, spoil, code) => {
    const scene = await watchedSession()
    spoil(scene)
    const stop = scene.clock.auto()
    const error = await failureOf(scene.client.get('com.atproto.server.getSession'))
    stop()
    expect(error).toMatchObject({ code })
    expectNoSecret(scene, error)
  })

  test('[M5] of an account whose session was revoked shows no secret in the error that says so', async () => {
    const scene = await watchedSession()
    scene.alice.revokeSessions()
    const stop = scene.clock.auto()
    const error = await failureOf(scene.client.get('com.atproto.server.getSession'))
    stop()
    expect(error).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
    expectNoSecret(scene, error, scene.client.session)
  })

  test.each<[string, (jwk: Readonly<Record<string, unknown>>) => unknown]>([
    ['no name', (jwk) => ({ ...jwk, kid: undefined })],
    ['another curve', (jwk) => ({ ...jwk, crv: 'P-384' })],
    ['another algorithm', (jwk) => ({ ...jwk, alg: 'RS256' })],
    ['no public half', (jwk) => ({ ...jwk, x: undefined })],
    ['a text around it', (jwk) => JSON.stringify(jwk)],
    ['a list around it', (jwk) => [jwk]],
  ])('[M5] [C12] is refused a key with %s, and the key is not shown', async (_, spoil) => {
    const key = await privateKey('k1')
    const keys = [spoil({ ...key })] as Readonly<Record<string, unknown>>[]
    const create = () => alicesScene({ client: { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, keys } })
    const error = await failureOf(Promise.resolve().then(create))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^keys\[0\]/)
    expect(views(error).includes(key.d ?? '?')).toBe(false)
  })

  test('[M5] [C12] is refused two keys of one name, and neither is shown', async () => {
    const [a, b] = [await privateKey('k1'), await privateKey('k1')]
    const create = () =>
      alicesScene({ client: { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, keys: [a, b] } })
    const error = await failureOf(Promise.resolve().then(create))
    expect(error.message).toBe('keys: expected a `kid` of its own for each key, found "k1"')
    expect([a, b].some(({ d }) => views(error).includes(d ?? '?'))).toBe(false)
  })
})
