import { AuthorizationError, type SessionError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { didDocument } from '../../../src/testing/did-document.ts'
import {
  alicesScene,
  consentedAlice,
  failureOf,
  keysIn,
  onlyEntry,
  refusedCallback,
  type Scene,
  SCOPE,
  signIn,
} from '../scene.ts'

const PDS = 'https://pds.example.com'
const TOKEN = `${PDS}/oauth/token`
const GET_SESSION = 'com.atproto.server.getSession'
const HOUR = 3_600_000

type Json = Record<string, unknown>

/** Alice, whose server answers the code with something else. Undefined takes a member away. */
function aliceAnswered(changes: Json): Scene {
  const scene = alicesScene()
  scene.network.fault({ path: '/oauth/token', times: Infinity, json: (json) => ({ ...json, ...changes }) })
  return scene
}

/** What the callback failed with; that the tokens were given back at the server, and nothing is left of them here. */
async function discarded(scene: Scene, options?: Parameters<typeof consentedAlice>[1]): Promise<unknown> {
  const consented = await consentedAlice(scene, { state: 'of the app', ...options })
  const error = await refusedCallback(scene, consented)
  const revocations = scene.network.log.to('/oauth/revoke').filter(({ status }) => status === 200)
  expect(revocations).toHaveLength(1)
  expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^spent\//)])
  expect(scene.events).toEqual([])
  return error
}

const flawed = () => aliceAnswered({ scope: 'openid' })

/** The tokens as they are stored. */
async function tokensOf({ storage }: Scene): Promise<unknown> {
  const { value } = await onlyEntry(storage, 'session/')
  return (value as { readonly tokens: unknown }).tokens
}

describe('[F1] [F2] [F4] the token response', () => {
  test.each(['DPoP', 'dpop', 'DPOP'])('[F1] is taken with the token type %s', async (type) => {
    const scene = aliceAnswered({ token_type: type })
    expect((await signIn(scene)).did).toBe(scene.alice.did)
  })

  test.each([['Bearer'], [''], [undefined], ['DPoP '], [7]])(
    '[F1] [F9] is discarded with the token type %j',
    async (type) => {
      const scene = aliceAnswered({ token_type: type })
      const error = await discarded(scene)
      expect(error).toBeInstanceOf(AuthorizationError)
      expect(error).toMatchObject({
        code: 'token_response_invalid',
        url: TOKEN,
        field: 'token_type',
        expected: 'DPoP',
        found: typeof type === 'string' ? type.toLowerCase() : '',
        state: 'of the app',
        retryable: false,
      })
      expect(scene.alice.session.deleted).toBe(true)
    },
  )

  test.each([['atproto'], ['transition:generic atproto'], ['atproto openid']])(
    '[F2] [F3] is taken with the scope "%s", which is what the app is then told',
    async (scope) => {
      const scene = aliceAnswered({ scope })
      expect((await signIn(scene)).session.scope).toBe(scope)
    },
  )

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['one of something else', 'transition:generic'],
    ['`atproto` only as a part of a word', 'atproto2 xatproto transition:atproto'],
    ['`atproto` in another case', 'ATPROTO'],
    ['`atproto` behind a comma', 'openid,atproto'],
    ['a list', ['atproto']],
  ])('[F2] [F9] is discarded with a scope that is %s', async (_, scope) => {
    const scene = aliceAnswered({ scope })
    const error = await discarded(scene)
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code: 'scope_missing',
      url: TOKEN,
      field: 'scope',
      expected: 'atproto',
      found: typeof scope === 'string' ? scope : '',
      state: 'of the app',
    })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['a handle', 'alice.example.com'],
    ['a DID of another method', 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'],
    ['a malformed DID', 'did:plc:short'],
    ['a DID with a path', 'did:web:example.com:user'],
    ['a number', 7],
    ['a list', ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa']],
  ])('[F4] [F9] is discarded with a sub that is %s', async (_, sub) => {
    const scene = aliceAnswered({ sub })
    expect(await discarded(scene)).toMatchObject({
      name: 'AuthorizationError',
      code: 'token_response_invalid',
      field: 'sub',
      expected: 'a DID',
      found: typeof sub === 'string' ? sub : '',
      state: 'of the app',
    })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test.each<[string, () => Response]>([
    ['no JSON', () => new Response('<html>')],
    ['a list', () => Response.json([])],
    ['empty', () => new Response(null)],
    ['without an access token', () => Response.json({ token_type: 'DPoP', scope: SCOPE })],
    ['with an empty access token', () => Response.json({ access_token: '', token_type: 'DPoP', scope: SCOPE })],
    ['with an access token that is no text', () => Response.json({ access_token: 7, token_type: 'DPoP' })],
  ])('[F1] is refused that is %s', async (_, respond) => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene, { state: 'of the app' })
    scene.network.fault({ path: '/oauth/token', respond })
    expect(await refusedCallback(scene, consented)).toMatchObject({
      code: 'token_response_invalid',
      url: TOKEN,
      field: 'access_token',
      expected: 'a token',
      state: 'of the app',
    })
  })

  test('[F9] without an access token still has its refresh token given back', async () => {
    const scene = aliceAnswered({ access_token: undefined })
    expect(await discarded(scene)).toMatchObject({ code: 'token_response_invalid', field: 'access_token' })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[F1] of more than 256 KiB is not read to its end', async () => {
    const scene = aliceAnswered({ padding: 'x'.repeat(256 * 1024) })
    expect(await refusedCallback(scene, await consentedAlice(scene))).toMatchObject({ code: 'too_large' })
  })
})

describe('what was granted', () => {
  test('[F3] may be less than was asked for, and the app can see it', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { approve: { scope: 'atproto' } })
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.session.scope).toBe('atproto')
    expect(await onlyEntry(scene.storage, 'session/')).toMatchObject({ value: { scope: 'atproto' } })
  })

  test('[F6] tokens are taken as they come: opaque, whatever they look like', async () => {
    const token = 'not.a.jwt~ / with =signs'
    const scene = aliceAnswered({ refresh_token: token })
    await signIn(scene)
    expect(await onlyEntry(scene.storage, 'session/')).toMatchObject({
      value: {
        tokens: { accessToken: scene.alice.session.accessToken, refreshToken: token },
      },
    })
  })
})

describe('the end of a token', () => {
  test('[F5] counts from when the request was sent, not from when the answer came', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    const { callback, context } = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/token', delay: 'answer', ms: 7000 })
    const sentAt = clock.now()
    await scene.oauth.callback(callback, { context })
    expect(clock.now() - sentAt).toBe(7000)
    expect(await tokensOf(scene)).toMatchObject({ expiresAt: sentAt + HOUR, lifetimeMs: HOUR })
  })

  test.each([[undefined], ['3600'], [null], [-1]])(
    '[F5] is left to the server where expires_in is %j',
    async (value) => {
      const scene = aliceAnswered({ expires_in: value })
      const client = await signIn(scene)
      const tokens = await tokensOf(scene)
      expect(tokens).not.toHaveProperty('expiresAt')
      expect(tokens).not.toHaveProperty('lifetimeMs')
      await scene.clock.advance(10 * 60_000)
      await client.get(GET_SESSION)
      expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
    },
  )

  test('[F5] that nobody told is found out by a refusal', async () => {
    const scene = aliceAnswered({ expires_in: undefined })
    const client = await signIn(scene)
    await scene.clock.advance(HOUR)
    const stop = scene.clock.auto()
    expect((await client.get(GET_SESSION)).status).toBe(200)
    stop()
    expect(scene.alice.session.refreshCount).toBe(1)
  })
})

describe('a sign-in without a refresh token', () => {
  test('[F6] [H9] lasts as long as its access token, and then says that it has expired', async () => {
    const scene = aliceAnswered({ refresh_token: undefined })
    const client = await signIn(scene)
    expect((await client.get(GET_SESSION)).status).toBe(200)
    await scene.clock.advance(HOUR)
    const stop = scene.clock.auto()
    const error = (await failureOf(client.get(GET_SESSION))) as SessionError
    stop()
    expect(error).toMatchObject({
      name: 'SessionError',
      code: 'needs_reauth',
      reason: 'expired',
      did: scene.alice.did,
      handle: 'alice.example.com',
    })
  })

  test('[F6] [F9] has its access token given back where it is discarded', async () => {
    const scene = aliceAnswered({ refresh_token: undefined, scope: 'openid' })
    expect(await discarded(scene)).toMatchObject({ code: 'scope_missing' })
    expect(Object.fromEntries(scene.network.log.to('/oauth/revoke').at(-1)?.form ?? [])).toMatchObject({
      token: scene.alice.session.accessToken,
      token_type_hint: 'access_token',
    })
    expect(scene.alice.session.deleted).toBe(true)
  })
})

describe('an account', () => {
  test('[F7] is the one that was asked for', async () => {
    const scene = alicesScene()
    const client = await signIn(scene)
    expect(client.did).toBe(scene.alice.did)
    expect(client.session).toMatchObject({
      did: scene.alice.did,
      handle: 'alice.example.com',
      pds: PDS,
      issuer: PDS,
    })
  })

  test.each(['alice.example.com', '(her DID)'])(
    '[F7] [F9] that is another than %s is discarded',
    async (typed) => {
      const scene = alicesScene()
      const bob = scene.network.createAccount('bob.example.com')
      const identifier = typed === '(her DID)' ? scene.alice.did : typed
      const error = await discarded(scene, { identifier, by: bob })
      expect(error).toBeInstanceOf(AuthorizationError)
      expect(error).toMatchObject({
        code: 'wrong_account',
        field: 'sub',
        expected: scene.alice.did,
        found: bob.did,
        state: 'of the app',
      })
      expect(bob.session.deleted).toBe(true)
    },
  )

  test('[F7] is asked for once: the callback looks nobody up again', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const before = scene.network.log.length
    await scene.oauth.callback(callback, { context })
    expect(scene.network.log.entries.slice(before).map(({ url }) => url)).toEqual([TOKEN])
  })

  test('[F8] of a sign-in at a server is looked up afresh, hop by hop', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { identifier: PDS })
    const before = scene.network.log.length
    await scene.oauth.callback(callback, { context })
    const asked = scene.network.log.entries.slice(before).filter(({ method }) => method !== 'TXT')
    expect(asked.map(({ url }) => url)).toEqual([
      TOKEN,
      `https://plc.directory/${scene.alice.did}`,
      `${PDS}/.well-known/oauth-protected-resource`,
      `${PDS}/.well-known/oauth-authorization-server`,
      'https://alice.example.com/.well-known/atproto-did',
    ])
  })

  test('[F8] [F9] that belongs to another issuer is discarded, for an app that only signs in too', async () => {
    const scene = alicesScene({ network: { entryway: true }, client: { scope: 'atproto' } })
    const { network } = scene
    // The server that Alice begins at claims to have signed in somebody of quite another server.
    const victim = { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', handle: 'victim.example.com' }
    const home = 'https://home.example.com'
    network.didDocuments.set(victim.did, didDocument(victim, home))
    network.host(home, ({ url }) =>
      Response.json(
        url.endsWith('oauth-protected-resource')
          ? { resource: home, authorization_servers: [home] }
          : { ...network.authorizationServerMetadata, issuer: home },
      ),
    )
    const error = await discarded(scene, { identifier: network.pds, approve: { sub: victim.did } })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code: 'account_issuer_mismatch',
      field: 'issuer',
      expected: 'https://entryway.example.com',
      found: home,
      state: 'of the app',
    })
    expect(network.sessionsOf(victim.did).at(-1)?.deleted).toBe(true)
  })

  test.each<[string, (scene: Scene) => void, object]>([
    [
      'has no document',
      ({ network, alice }) => void network.didDocuments.delete(alice.did),
      { name: 'IdentityError', code: 'did_not_found' },
    ],
    [
      'is a tombstone',
      ({ network, alice }) => void network.didDocuments.set(alice.did, null),
      { name: 'IdentityError', code: 'did_tombstoned' },
    ],
    [
      'cannot be looked up',
      ({ network }) => void network.fault({ path: /^https:\/\/plc/, refuse: true }),
      { name: 'NetworkError', code: 'unreachable' },
    ],
    [
      'lives on a PDS that is down',
      ({ network }) => void network.fault({ path: /oauth-protected-resource/, refuse: true }),
      { name: 'NetworkError', code: 'unreachable' },
    ],
    [
      'lives behind a server with wrong metadata',
      ({ network }) => void (network.authorizationServerMetadata['scopes_supported'] = ['openid']),
      { name: 'DiscoveryError', code: 'server_metadata_invalid', field: 'scopes_supported' },
    ],
  ])('[F8] [F9] of a sign-in at a server that %s is discarded', async (_, spoil, facts) => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene, { identifier: PDS })
    spoil(scene)
    expect(await refusedCallback(scene, consented)).toMatchObject(facts)
    expect(scene.alice.session.deleted).toBe(true)
    expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^spent\//)])
  })

  test('[F8] whose handle does not resolve signs in all the same, without it', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { identifier: PDS })
    scene.network.wellKnownDids.delete('alice.example.com')
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.session).toMatchObject({ did: scene.alice.did, handle: undefined })
  })
})

describe('giving tokens back', () => {
  test('[F9] is a signed request for the refresh token, with the key that it is bound to', async () => {
    const scene = flawed()
    await discarded(scene)
    const [revocation] = scene.network.log.to('/oauth/revoke')
    const session = scene.alice.session
    expect(Object.fromEntries(revocation?.form ?? [])).toMatchObject({
      token: session.refreshToken,
      token_type_hint: 'refresh_token',
    })
    expect(revocation?.dpop?.payload).toMatchObject({ htm: 'POST', htu: `${PDS}/oauth/revoke` })
  })

  test.each([
    ['fails', { respond: () => new Response('', { status: 500 }) }],
    ['is lost', { lose: 'request' }],
    ['meets a server that is down', { refuse: true }],
  ] as const)('[F9] that %s does not hide what was wrong', async (_, trouble) => {
    const scene = flawed()
    const consented = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/revoke', times: Infinity, ...trouble })
    expect(await refusedCallback(scene, consented)).toMatchObject({ code: 'scope_missing' })
    expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^spent\//)])
  })

  test('[F9] that hangs keeps nobody waiting for more than ten seconds', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    scene.network.fault({ path: '/oauth/token', times: Infinity, json: (json) => ({ ...json, scope: 'openid' }) })
    const consented = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/revoke', hang: 'request' })
    const begin = clock.monotonic()
    expect(await refusedCallback(scene, consented)).toMatchObject({ code: 'scope_missing' })
    expect(clock.monotonic() - begin).toBe(10_000)
  })

  test('[F9] is left out where the server has no place for it', async () => {
    const scene = flawed()
    delete scene.network.authorizationServerMetadata['revocation_endpoint']
    expect(await refusedCallback(scene, await consentedAlice(scene))).toMatchObject({ code: 'scope_missing' })
    expect(scene.network.log.to('/oauth/revoke')).toEqual([])
  })
})

describe('the session', () => {
  test('[F10] is in the storage before the app has its client', async () => {
    const scene = alicesScene()
    const client = await signIn(scene)
    expect(await keysIn(scene.storage, 'session/')).toEqual([`session/${client.session.sessionId}`])
    expect(client.session).toMatchObject({ status: 'active', stored: true, reason: undefined })
    const restored = await scene.oauth.restore(client.session.sessionId)
    expect(restored?.session).toEqual(client.session)
  })

  test('[F10] [M6] is stored under the DID, and not under a handle that may go to somebody else', async () => {
    const scene = alicesScene()
    await signIn(scene)
    const keys = await keysIn(scene.storage)
    expect(keys.filter((key) => key.startsWith(`session/${scene.alice.did}/`))).toHaveLength(1)
    expect(keys.join(' ')).not.toContain('alice')
  })

  test('[F10] leaves nothing of the sign-in behind but that its state is spent', async () => {
    const scene = alicesScene()
    await signIn(scene)
    expect((await keysIn(scene.storage)).map((key) => key.split('/')[0]).toSorted()).toEqual(['session', 'spent'])
    expect(JSON.stringify(await onlyEntry(scene.storage, 'spent/'))).not.toMatch(/did:|code|verifier/)
  })
})
