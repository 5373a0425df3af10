import { memoryStorage, OAuthClient, type Storage, type XrpcClient } from 'atproof'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import {
  alicesScene,
  CLIENT_ID,
  confidentialAlice,
  failureOf,
  privateKey,
  type Scene,
  WEB_REDIRECT_URI,
} from '../scene.ts'

/** A scene in which everything secret that ever existed is written down. */
interface WatchedScene extends Scene {
  readonly secrets: Set<string>
  /** Fails all writes below a prefix, with an error that an app's own storage could throw. */
  failWrites(prefix: string): void
  /** Changes every token response from now on. */
  changeTokens(changes: object): void
  begin(identifier?: string): Promise<{ readonly url: string; readonly context: string }>
  consent(identifier?: string): Promise<{ readonly callback: URL; readonly context: string }>
}

const SECRET_FIELDS = ['code', 'code_verifier', 'client_assertion', 'refresh_token', 'token']
const SECRET_NAMES = new Set(['d', 'verifier', 'accessToken', 'refreshToken'])

async function watchedAlice(): Promise<WatchedScene> {
  const secrets = new Set<string>()
  const clock = testClock()
  const inner = memoryStorage({ clock })
  let failing: string | undefined
  // Without CryptoKeys, so that even the private DPoP key is there to be leaked.
  const storage: Storage = {
    get: (key) => inner.get(key),
    async put(key, value, options) {
      for (const secret of secretsIn(value)) secrets.add(secret)
      if (failing !== undefined && key.startsWith(failing)) throw new Error('disk full')
      return inner.put(key, JSON.parse(JSON.stringify(value)), options)
    },
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
  const scene = await confidentialAlice({ network: { clock }, storage })
  secrets.add(scene.keys[0]?.d ?? '')
  let changes: object = {}
  scene.network.fault({
    path: '/oauth/token',
    times: Infinity,
    json(json) {
      secrets.add(String(json['access_token'])).add(String(json['refresh_token']))
      return { ...json, ...changes }
    },
  })
  const begin = async (identifier = scene.alice.handle) => {
    const request = await scene.oauth.authorize(identifier)
    secrets.add(request.context)
    return request
  }
  const consent = async (identifier?: string) => {
    const { url, context } = await begin(identifier)
    const callback = new URL(scene.alice.approve(url))
    secrets.add(callback.searchParams.get('code') ?? '')
    return { callback, context }
  }
  return {
    ...scene,
    secrets,
    failWrites: (prefix) => void (failing = prefix),
    changeTokens: (change) => void (changes = change),
    begin,
    consent,
  }
}

/** The secrets of a stored value, by the names that they are stored under. */
function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return SECRET_NAMES.has(name) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => secretsIn(part, key))
}

/** What was secret on the wire: form fields, tokens, proofs. */
function secretsSent({ network }: Scene): string[] {
  return network.log.entries
    .flatMap(({ form, headers }) => [
      ...SECRET_FIELDS.map((field) => form?.get(field) ?? ''),
      headers.get('authorization')?.replace(/^DPoP /, '') ?? '',
      headers.get('dpop') ?? '',
    ])
    .filter((secret) => secret !== '')
}

/** Everything that a log, a crash report or a debugger would show of a value. */
function views(value: unknown): string {
  const shown = [inspect(value, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null })]
  shown.push(String(value), JSON.stringify(value) ?? '')
  if (value instanceof Error) {
    shown.push(value.message, value.stack ?? '', JSON.stringify({ ...value }))
    if (value.cause !== undefined) shown.push(views(value.cause))
    if ('response' in value) shown.push(views(value.response))
  }
  return shown.join('\n')
}

function expectNoSecret(scene: WatchedScene, ...values: readonly unknown[]): void {
  const secrets = [...scene.secrets, ...secretsSent(scene)].filter((secret) => secret.length >= 20)
  expect(secrets.length).toBeGreaterThan(0)
  const shown = [...values, scene.oauth, scene.events].map(views).join('\n')
  // Not `toContain`: a failure must not print what it found.
  expect(secrets.filter((secret) => shown.includes(secret)).length, 'secrets that were shown').toBe(0)
}

type Provoke = (scene: WatchedScene) => Promise<unknown>

/** Finishes a sign-in after the server was told to go wrong. */
function callbackWith(spoil: (scene: WatchedScene, callback: URL) => URL | void): Provoke {
  return async (scene) => {
    const { callback, context } = await scene.consent()
    const changed = spoil(scene, callback) ?? callback
    return failureOf(scene.oauth.callback(changed, { context }))
  }
}

/** A server that repeats everything it was sent, in each place that an error has for words. */
async function echo(request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  // The short ones first: a message shows 200 characters, and they would be among those.
  const words = [...form.values()].toSorted((a, b) => a.length - b.length).join(' ')
  return Response.json({ error: 'invalid_request', error_description: words, error_uri: words }, { status: 400 })
}

/** A server that answers with a field of the form for its error code. */
function echoAsError(field: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const form = new URLSearchParams(await request.text())
    return Response.json({ error: form.get(field) }, { status: 400 })
  }
}

function echoProof({ headers }: Request): Response {
  return Response.json({ error: 'invalid_request', error_description: headers.get('dpop') }, { status: 400 })
}

async function echoAsBody(request: Request): Promise<Response> {
  return new Response(await request.text(), { status: 502 })
}

/** The true answer in another wrapping. */
function rewrap(init: ResponseInit, padding = ''): (response: Response) => Promise<Response> {
  return async (response) => new Response((await response.text()) + padding, init)
}

const changeUrl = (url: URL, change: (params: URLSearchParams) => void): URL => {
  const changed = new URL(url)
  change(changed.searchParams)
  return changed
}

const beginnings: readonly (readonly [title: string, code: string, provoke: Provoke])[] = [
  ['a malformed handle', 'handle_malformed', ({ oauth }) => failureOf(oauth.authorize('alice'))],
  [
    'a handle that its DID does not claim',
    'handle_mismatch',
    ({ oauth, network, alice }) => {
      network.wellKnownDids.set('bob.example.com', alice.did)
      return failureOf(oauth.authorize('bob.example.com'))
    },
  ],
  ['a DID of another method', 'did_unsupported', ({ oauth }) => failureOf(oauth.authorize('did:example:bob'))],
  [
    'an unknown DID',
    'did_not_found',
    ({ oauth }) => failureOf(oauth.authorize('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')),
  ],
  [
    'a PDS that is down',
    'unreachable',
    ({ oauth, network }) => {
      network.fault({ path: '/.well-known/oauth-protected-resource', refuse: true })
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
  [
    'metadata of another issuer',
    'issuer_mismatch',
    ({ oauth, network }) => {
      network.authorizationServerMetadata['issuer'] = 'https://evil.example.com'
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
  [
    'a pushed request that is refused with its own words',
    'request_refused',
    ({ oauth, network }) => {
      network.fault({ path: '/oauth/par', respond: echo })
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
  [
    'a pushed request that is refused with the assertion for a code',
    'request_refused',
    ({ oauth, network }) => {
      network.fault({ path: '/oauth/par', respond: echoAsError('client_assertion') })
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
  [
    'a pushed request that is refused with its proof',
    'request_refused',
    ({ oauth, network }) => {
      network.fault({ path: '/oauth/par', respond: echoProof })
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
  [
    'a pushed request whose answer is lost',
    'connection_failed',
    ({ oauth, network }) => {
      network.fault({ path: '/oauth/par', lose: 'answer' })
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
  [
    'a storage that cannot keep the sign-in',
    'write_failed',
    ({ oauth, failWrites }) => {
      failWrites('signin/')
      return failureOf(oauth.authorize('alice.example.com'))
    },
  ],
]

const endings: readonly (readonly [title: string, code: string, provoke: Provoke])[] = [
  [
    'an unknown state',
    'state_unknown',
    callbackWith((_, url) => changeUrl(url, (params) => params.set('state', 'unknown'))),
  ],
  [
    'a spent state',
    'state_spent',
    async ({ consent, oauth }) => {
      const { callback, context } = await consent()
      await oauth.callback(callback, { context })
      return failureOf(oauth.callback(callback, { context }))
    },
  ],
  [
    'a foreign context',
    'context_mismatch',
    async ({ consent, oauth }) => {
      const [mine, theirs] = [await consent(), await consent()]
      return failureOf(oauth.callback(mine.callback, { context: theirs.context }))
    },
  ],
  [
    'a missing issuer',
    'issuer_missing',
    callbackWith((_, url) => changeUrl(url, (params) => params.delete('iss'))),
  ],
  [
    'a wrong issuer',
    'callback_issuer_mismatch',
    callbackWith((_, url) => changeUrl(url, (params) => params.set('iss', 'https://evil.example.com'))),
  ],
  [
    'a doubled code',
    'parameter_repeated',
    callbackWith((_, url) => changeUrl(url, (params) => params.append('code', params.get('code') ?? ''))),
  ],
  [
    'a missing state',
    'state_missing',
    callbackWith((_, url) => changeUrl(url, (params) => params.delete('state'))),
  ],
  [
    'a callback that is too long',
    'callback_malformed',
    callbackWith((_, url) => changeUrl(url, (params) => params.set('padding', 'x'.repeat(20_000)))),
  ],
  [
    'a response for a JWT',
    'callback_malformed',
    callbackWith((_, url) => changeUrl(url, (params) => params.set('response', params.get('code') ?? ''))),
  ],
  [
    'consent denied',
    'access_denied',
    async ({ begin, network, oauth }) => {
      const { url, context } = await begin()
      return failureOf(oauth.callback(network.deny(url), { context }))
    },
  ],
  [
    'a code that is refused with its own words',
    'code_refused',
    callbackWith(({ network }) => void network.fault({ path: '/oauth/token', respond: echo })),
  ],
  [
    'a code that is refused with itself for an error code',
    'code_refused',
    callbackWith(({ network }) => void network.fault({ path: '/oauth/token', respond: echoAsError('code') })),
  ],
  [
    'a token endpoint that fails and repeats what it was sent',
    'server_failing',
    callbackWith(({ network }) => void network.fault({ path: '/oauth/token', respond: echoAsBody })),
  ],
  [
    'a token endpoint that redirects',
    'redirected',
    callbackWith(
      ({ network }) =>
        void network.fault({
          path: '/oauth/token',
          respond: () => Response.redirect('https://evil.example.com/', 307),
        }),
    ),
  ],
  [
    'an answer with tokens that is lost',
    'connection_failed',
    callbackWith(({ network }) => void network.fault({ path: '/oauth/token', lose: 'answer' })),
  ],
  [
    'an answer with tokens that breaks off',
    'answer_cut_off',
    callbackWith(({ network }) => void network.fault({ path: '/oauth/token', body: 'cut-off' })),
  ],
  [
    'an answer with tokens that is huge',
    'too_large',
    callbackWith(
      ({ network }) => void network.fault({ path: '/oauth/token', alter: rewrap({}, ' '.repeat(300_000)) }),
    ),
  ],
  [
    'an answer with tokens that is refused as an error',
    'code_refused',
    callbackWith(({ network }) => void network.fault({ path: '/oauth/token', alter: rewrap({ status: 400 }) })),
  ],
  ...[
    ['tokens of the type Bearer', 'token_response_invalid', { token_type: 'Bearer' }],
    ['tokens without `atproto`', 'scope_missing', { scope: 'openid' }],
    ['tokens for another account', 'wrong_account', { sub: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }],
    ['tokens for nobody', 'token_response_invalid', { sub: 'nobody' }],
  ].map(
    ([title, code, changes]) =>
      [String(title), String(code), callbackWith(({ changeTokens }) => changeTokens(Object(changes)))] as const,
  ),
  [
    'a storage that cannot spend the state',
    'write_failed',
    callbackWith(({ failWrites }) => failWrites('spent/')),
  ],
  [
    'a client key that is gone',
    'client_key_missing',
    async ({ consent, storage, network, clock }) => {
      const { callback, context } = await consent()
      const oauth = new OAuthClient({
        clientId: CLIENT_ID,
        redirectUri: WEB_REDIRECT_URI,
        keys: [await privateKey('k2')],
        storage,
        fetch: network.fetch,
        clock,
      })
      return failureOf(oauth.callback(callback, { context }))
    },
  ],
]

describe('an error', () => {
  test.each([...beginnings, ...endings])('[M5] [D8] shows no secret: %s (%s)', async (_, code, provoke) => {
    const scene = await watchedAlice()
    const error = await provoke(scene)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code })
    expectNoSecret(scene, error)
  })

  test('[M5] is looked at where secrets would be found', async () => {
    const scene = await watchedAlice()
    const { callback, context } = await scene.consent()
    await scene.oauth.callback(callback, { context })
    const [kept, sent] = [[...scene.secrets], secretsSent(scene)]
    // A key of the client and one of the session, a context, a verifier, a code, two tokens; and what was sent.
    expect(kept.length).toBeGreaterThanOrEqual(7)
    expect(new Set(sent.map((secret) => secret.slice(0, 3))).size).toBeGreaterThanOrEqual(3)
    for (const secret of [...kept, ...sent]) {
      expect(() => expectNoSecret(scene, new Error('x', { cause: { deep: [secret] } }))).toThrow('secrets that')
    }
  })
})

async function signedIn(): Promise<WatchedScene & { readonly client: XrpcClient }> {
  const scene = await watchedAlice()
  const { callback, context } = await scene.consent()
  return { ...scene, client: (await scene.oauth.callback(callback, { context })).client }
}

describe('a client', () => {
  test('[M5] of a signed-in account shows no secret, nor does its session or any list of sessions', async () => {
    const scene = await signedIn()
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
    expect(scene.events.map(({ type }) => type)).toEqual(['store_failed'])
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
    const scene = await signedIn()
    spoil(scene)
    const error = await failureOf(scene.client.get('com.atproto.server.getSession'))
    expect(error).toMatchObject({ code })
    expectNoSecret(scene, error)
  })

  test('[M5] of an account whose session was revoked shows no secret in the error that says so', async () => {
    const scene = await signedIn()
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
