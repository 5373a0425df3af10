import { memoryStorage, OAuthClient, type OAuthClientOptions } from 'atproof'
import { base64url, CompactEncrypt, compactDecrypt } from 'jose'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import {
  alicesScene,
  CLIENT_ID,
  confidentialAlice,
  consentedAlice,
  failureOf,
  keysIn,
  onlyEntry,
  refusedCallback,
  type Scene,
  type SceneOptions,
  WEB_REDIRECT_URI,
} from '../scene.ts'
import { exchanges, jsonStorage, otherProcess, sharedStorage } from './processes.ts'

const HOUR = 3_600_000

/** A secret as `openssl rand -base64 32` makes it. */
function sealKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
}

type SealedScene = Scene & { readonly key: string; readonly client: Partial<OAuthClientOptions> }

/** Alice's browser carries her sign-in. */
function sealedAlice(options: SceneOptions = {}): SealedScene {
  const key = sealKey()
  const client = { sealKeys: [key], ...options.client }
  return { ...alicesScene({ ...options, client }), key, client }
}

/** What is sealed in a context, opened with the key as nobody but the app can. */
async function opened(context: string, key: string): Promise<Record<string, unknown>> {
  const { plaintext } = await compactDecrypt(context, Buffer.from(key, 'base64'))
  return JSON.parse(new TextDecoder().decode(plaintext))
}

/** Seals as the app does, but for what the test says. */
async function sealOtherwise(
  value: unknown,
  key: string,
  { header = {}, secret = Buffer.from(key, 'base64') }: { header?: object; secret?: Uint8Array } = {},
): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', Buffer.from(key, 'base64'))
  const kid = base64url.encode(new Uint8Array(hash)).slice(0, 8)
  const plain = new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
  return new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ...header })
    .encrypt(secret)
}

/** A callback was refused for its context: nothing was spent, nothing sent, and the right browser can go on. */
async function expectRefused(scene: SealedScene, context: string, callback: URL): Promise<void> {
  const error = await refusedCallback(scene, { callback, context })
  expect(error).toMatchObject({
    name: 'AuthorizationError',
    code: 'context_mismatch',
    field: 'context',
    action: 'sign in again',
    retryable: false,
    state: undefined,
  })
  expect(await keysIn(scene.storage)).toEqual([])
  expect(scene.network.log.to('/oauth/token')).toEqual([])
}

describe('a sealed context', () => {
  test('[D5] carries the sign-in: nothing is stored, and another process finishes it', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    expect(await keysIn(scene.storage)).toEqual([])
    const other = otherProcess(scene, scene.client)
    const { client, state } = await other.callback(callback, { context })
    expect([client.did, state]).toEqual([scene.alice.did, 'of the app'])
    expect((await keysIn(scene.storage)).map((name) => name.split('/')[0]).toSorted()).toEqual([
      'session',
      'spent',
    ])
    expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
  })

  test('[D5] is nothing to a process that has no seal keys', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const error = await failureOf(otherProcess(scene).callback(callback, { context }))
    expect(error).toMatchObject({ code: 'state_unknown' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[D5] begun before there were seal keys is finished out of the storage', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const deployed = otherProcess(scene, { sealKeys: [sealKey()] })
    expect((await deployed.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test.each([
    ['an account', 'alice.example.com'],
    ['a server', 'https://pds.example.com'],
  ])('[D5] keeps what a stored sign-in keeps, where it begins at %s', async (_, identifier) => {
    const clock = testClock()
    const storage = jsonStorage(memoryStorage({ clock }))
    const stored = await confidentialAlice({ network: { clock }, storage })
    await stored.oauth.authorize(identifier, { state: 'of the app' })
    const { value } = await onlyEntry(storage, 'signin/')
    const { contextHash: _hash, ...kept } = value as Record<string, unknown>

    const key = sealKey()
    const sealed = await confidentialAlice({ client: { sealKeys: [key] } })
    const { context } = await sealed.oauth.authorize(identifier, { state: 'of the app' })
    const { stateHash, ...carried } = await opened(context, key)
    expect(stateHash).toMatch(/^[\w-]{43}$/)
    expect(Object.keys(carried).toSorted()).toEqual(Object.keys(kept).toSorted())
    for (const field of ['issuer', 'tokenEndpoint', 'revocationEndpoint', 'redirectUri', 'scope', 'state'])
      expect(carried[field]).toEqual(kept[field])
    const isAccount = identifier === 'alice.example.com'
    expect(carried).toMatchObject({
      clientAuth: { method: 'private_key_jwt', clientId: CLIENT_ID, kid: 'k1', alg: 'ES256' },
      expiresAt: sealed.clock.now() + HOUR,
      clockOffset: 0,
      nonce: expect.stringMatching(/^nonce-/),
      ...(isAccount && { did: sealed.alice.did, pds: 'https://pds.example.com', handle: 'alice.example.com' }),
    })
    expect([carried['did'], kept['did']].every((did) => (did !== undefined) === isAccount)).toBe(true)
  })

  test('[D3] [M5] shows nothing of what is in it: no verifier, no key, no state, no name', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene, { state: 'cart=42-of-the-app' })
    const { verifier, dpopKey, nonce } = await opened(context, scene.key)
    const { d, x } = dpopKey as { readonly d: string; readonly x: string }
    const state = callback.searchParams.get('state') ?? ''
    const hidden = [
      verifier,
      d,
      x,
      nonce,
      state,
      'cart=42',
      scene.alice.did,
      'alice',
      'pds.example.com',
      scene.key,
    ]
    expect(hidden.every((secret) => typeof secret === 'string' && secret.length > 4)).toBe(true)
    const parts = context.split('.')
    expect(parts).toHaveLength(5)
    const shown = [context, ...parts.map((part) => Buffer.from(part, 'base64url').toString('latin1'))].join('\n')
    expect(hidden.filter((secret) => shown.includes(String(secret))).length, 'secrets that were shown').toBe(0)
    const header: unknown = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())
    expect(header).toEqual({ alg: 'dir', enc: 'A256GCM', kid: expect.stringMatching(/^[\w-]{8}$/) })
  })

  test('[D5] fits a cookie, with room for what the app wants to remember', async () => {
    const scene = await confidentialAlice({ client: { sealKeys: [sealKey()] } })
    const { context } = await scene.oauth.authorize('alice.example.com', { state: '/inbox?page=2' })
    expect(context).toMatch(/^[\w.-]+$/)
    expect(context.length).toBeLessThan(2400)
  })

  test('[D5] of one sign-in is not that of another, though all in it were the same', async () => {
    const scene = sealedAlice()
    const contexts = [
      (await scene.oauth.authorize('alice.example.com')).context,
      (await scene.oauth.authorize('alice.example.com')).context,
    ]
    const [a = [], b = []] = contexts.map((context) => context.split('.'))
    expect(a[0]).toBe(b[0])
    expect([a[2], a[3], a[4]].some((part) => b.includes(part ?? ''))).toBe(false)
  })
})

describe('what is no context of this sign-in', () => {
  test('[E5] [D5] is one in which a bit is not as it was', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const parts = context.split('.')
    for (const at of [0, 2, 3, 4]) {
      const bytes = Buffer.from(parts[at] ?? '', 'base64url')
      for (const place of [0, bytes.length >> 1, bytes.length - 1]) {
        const flipped = Buffer.from(bytes)
        flipped[place] = (flipped[place] ?? 0) ^ 1
        const changed = parts.with(at, flipped.toString('base64url')).join('.')
        await expectRefused(scene, changed, callback)
      }
    }
    await scene.oauth.callback(callback, { context })
  })

  test.each<[string, (context: string) => string]>([
    ['half of it', (context) => context.slice(0, context.length >> 1)],
    ['it without its last character', (context) => context.slice(0, -1)],
    ['it without its tag', (context) => context.split('.').slice(0, 4).join('.')],
    ['it with an empty tag', (context) => context.split('.').with(4, '').join('.')],
    ['it with one part more', (context) => `${context}.AAAA`],
    ['it with a wrapped key', (context) => context.split('.').with(1, 'AAAA').join('.')],
    ['dots', () => '....'],
    ['one dot', () => '.'],
    ['a JWT', () => 'eyJhbGciOiJub25lIn0.e30.'],
    ['text with a dot in it', () => 'of somebody. else'],
    ['letters that are not base64', (context) => context.split('.').with(3, '!!!').join('.')],
  ])('[E5] [D5] is %s', async (_, spoil) => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    await expectRefused(scene, spoil(context), callback)
    await scene.oauth.callback(callback, { context })
  })

  test('[E5] is one of another app’s keys', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const value = await opened(context, scene.key)
    const others = sealKey()
    await expectRefused(scene, await sealOtherwise(value, others), callback)
    // One that only calls its key by the name of ours.
    const impostor = await sealOtherwise(value, scene.key, { secret: Buffer.from(others, 'base64') })
    await expectRefused(scene, impostor, callback)
    await scene.oauth.callback(callback, { context })
  })

  test.each<[string, object, number]>([
    ['another encryption', { enc: 'A128CBC-HS256' }, 32],
    ['a wrapped key', { alg: 'A256KW' }, 32],
    ['a wrapped key by GCM', { alg: 'A256GCMKW' }, 32],
    ['no name of a key', { kid: undefined }, 32],
    ['the name of no key', { kid: 'AAAAAAAA' }, 32],
    ['a name that is a list', { kid: ['a'] }, 32],
  ])('[E5] is a JWE with %s, by whoever has the key', async (_, header, bytes) => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const value = await opened(context, scene.key)
    const secret = Buffer.from(scene.key, 'base64').subarray(0, bytes)
    await expectRefused(scene, await sealOtherwise(value, scene.key, { header, secret }), callback)
    await scene.oauth.callback(callback, { context })
  })

  test.each([{ zip: 'DEF' }, { crit: ['exp'], exp: 0 }])(
    '[E5] is one whose header says %j, which it was not sealed with',
    async (more) => {
      const scene = sealedAlice()
      const { callback, context } = await consentedAlice(scene)
      const parts = context.split('.')
      const header: object = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())
      const changed = Buffer.from(JSON.stringify({ ...header, ...more })).toString('base64url')
      await expectRefused(scene, parts.with(0, changed).join('.'), callback)
    },
  )

  test.each<[string, (value: Record<string, unknown>) => unknown]>([
    ['of another kind', () => ({ hello: 'world' })],
    ['of a version of tomorrow', (value) => ({ ...value, schema: 2 })],
    ['that says nothing of its state', ({ stateHash: _state, ...value }) => value],
    ['without a verifier', ({ verifier: _verifier, ...value }) => value],
    ['that is a list', () => []],
    ['that is null', () => null],
    ['that is no JSON', () => 'no JSON'],
    ['that is empty', () => ''],
  ])('[E5] is something %s, sealed with the right key', async (_, change) => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const value = change(await opened(context, scene.key))
    await expectRefused(scene, await sealOtherwise(value, scene.key), callback)
    await scene.oauth.callback(callback, { context })
  })

  test('[E5] is that of another browser: two that are swapped fit neither', async () => {
    const scene = sealedAlice()
    const mine = await consentedAlice(scene)
    const theirs = await consentedAlice(scene)
    await expectRefused(scene, theirs.context, mine.callback)
    await expectRefused(scene, mine.context, theirs.callback)
    for (const { callback, context } of [mine, theirs]) await scene.oauth.callback(callback, { context })
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(2)
  })
})

describe('seal keys', () => {
  test('[D5] rotate: what was sealed with the old one opens while it is there', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const newest = sealKey()
    const deployed = otherProcess(scene, { sealKeys: [newest, scene.key] })
    const { context: newContext } = await deployed.authorize('alice.example.com')
    expect(await opened(newContext, newest)).toMatchObject({ schema: 1 })
    expect((await deployed.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[D5] that are dropped open nothing any more', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const deployed = otherProcess(scene, { sealKeys: [sealKey()] })
    expect(await failureOf(deployed.callback(callback, { context }))).toMatchObject({ code: 'context_mismatch' })
    expect(await keysIn(scene.storage)).toEqual([])
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[D5] may be written as base64 or as base64url, padded or not: it is one key', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const key = Buffer.from(scene.key, 'base64').toString('base64url')
    const deployed = otherProcess(scene, { sealKeys: [key] })
    expect((await deployed.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test.each<[string, readonly unknown[], string]>([
    ['a password', ['correct horse battery staple'], 'sealKeys[0]'],
    ['a short one behind a good one', [sealKey(), sealKey().slice(0, 40)], 'sealKeys[1]'],
    ['a long one', [`${sealKey()}AAAA`], 'sealKeys[0]'],
    ['hex', [Buffer.from(sealKey(), 'base64').toString('hex')], 'sealKeys[0]'],
    ['an empty one', [''], 'sealKeys[0]'],
    ['one with a line break', [`${sealKey()}\n`], 'sealKeys[0]'],
    ['none', [], 'sealKeys'],
    ['a number', [7], 'sealKeys'],
    ['bytes', [crypto.getRandomValues(new Uint8Array(32))], 'sealKeys'],
  ])('[C12] [M5] that are %s are refused by name, and not shown', (_, sealKeys, field) => {
    const client = { sealKeys: sealKeys as readonly string[] }
    expect(() => alicesScene({ client })).toThrow(TypeError)
    let message = ''
    try {
      alicesScene({ client })
    } catch (error) {
      message = String(error)
    }
    expect(message.startsWith(`TypeError: ${field}: expected `)).toBe(true)
    const shown = sealKeys.filter((key) => String(key).length > 4 && message.includes(String(key).trim()))
    expect(shown).toHaveLength(0)
  })
})

describe('a sealed sign-in', () => {
  test('[D5] is good for an hour, and then says so with the app’s own state', async () => {
    for (const [age, code] of [
      [HOUR - 1, 'code_refused'],
      [HOUR, 'sign_in_expired'],
    ] as const) {
      const scene = sealedAlice()
      const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
      await scene.clock.advance(age)
      const error = await refusedCallback(scene, { callback, context })
      expect(error).toMatchObject({ code, state: 'of the app', action: 'sign in again' })
      expect(scene.network.log.to('/oauth/token').length > 0).toBe(code === 'code_refused')
    }
  })

  test('[E1] that is replayed is answered with the app’s own state, and no second code', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    await scene.oauth.callback(callback, { context })
    const replayed = await failureOf(otherProcess(scene, scene.client).callback(callback, { context }))
    expect(replayed).toMatchObject({ code: 'state_spent', state: 'of the app', action: 'sign in again' })
    expect(exchanges(scene)).toHaveLength(1)
    expect(scene.alice.session.deleted).toBe(false)
  })

  test('[E1] lets one of twenty callbacks through, in twenty processes over one storage', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const processes = Array.from({ length: 20 }, () => otherProcess(scene, scene.client))
    const outcomes = await Promise.allSettled(processes.map((oauth) => oauth.callback(callback, { context })))
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(failures).toHaveLength(19)
    for (const failure of failures) expect(failure).toMatchObject({ code: 'state_spent' })
    expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
  })

  test('[E1] is not finished where its state cannot be spent', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const storage = sharedStorage(scene.storage, { put: () => Promise.reject(new Error('disk full')) })
    const failing = otherProcess(scene, { ...scene.client, storage })
    expect(await failureOf(failing.callback(callback, { context }))).toMatchObject({ code: 'write_failed' })
    expect(exchanges(scene)).toEqual([])
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[D5] carries a kibibyte of the app, and refuses more before anybody is asked', async () => {
    const scene = sealedAlice()
    const { oauth, network } = scene
    const state = 'x'.repeat(1022) // and two quotes
    const { callback, context } = await consentedAlice(scene, { state })
    expect(context.length).toBeLessThanOrEqual(3800)
    expect((await oauth.callback(callback, { context })).state).toBe(state)
    network.log.clear()
    for (const longer of [`${state}x`, 'ß'.repeat(512), '\n'.repeat(512)]) {
      const error = await failureOf(oauth.authorize('alice.example.com', { state: longer }))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/^state: expected at most 1024 bytes as JSON, .* found "\d{4}"$/)
    }
    expect(network.log.entries).toEqual([])
  })

  test('[D5] that is too long for the scope beside it says how much room there is', async () => {
    const scope = ['atproto', ...Array.from({ length: 24 }, (_, n) => `repo:com.example.collection${n}`)].join(' ')
    const scene = alicesScene({ client: { scope, sealKeys: [sealKey()] } })
    const error = await failureOf(scene.oauth.authorize('alice.example.com', { state: 'x'.repeat(1000) }))
    expect(error).toBeInstanceOf(TypeError)
    const [, room = ''] = /^state: expected at most (\d+) characters/.exec(error.message) ?? []
    expect(Number(room)).toBeGreaterThan(0)
    const { context } = await consentedAlice(scene, { state: 'x'.repeat(Number(room)) })
    expect(context.length).toBeLessThanOrEqual(3800)
  })

  test('[D5] that is too long without any state of the app names what it can do without', async () => {
    const scope = ['atproto', ...Array.from({ length: 55 }, (_, n) => `repo:com.example.collection${n}`)].join(' ')
    const scene = alicesScene({ client: { scope, sealKeys: [sealKey()] } })
    const error = await failureOf(scene.oauth.authorize('alice.example.com', { state: '/inbox' }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^scope: expected /)
  })

  test('[D5] may be any length where it is stored', async () => {
    const scene = alicesScene()
    const state = 'x'.repeat(100_000)
    const { callback, context } = await consentedAlice(scene, { state })
    expect((await scene.oauth.callback(callback, { context })).state).toBe(state)
  })

  test('[D4] [M3] becomes a session whose key nothing can export, where the storage keeps such keys', async () => {
    const scene = sealedAlice()
    const { callback, context } = await consentedAlice(scene)
    const { client } = await otherProcess(scene, scene.client).callback(callback, { context })
    const { value } = await onlyEntry(scene.storage, 'session/')
    const { dpopKey } = value as { readonly dpopKey: { readonly key: CryptoKey } }
    expect(dpopKey.key).toMatchObject({ type: 'private', extractable: false, usages: ['sign'] })
    expect(JSON.stringify(value)).not.toContain('"d":')
    const restored = await otherProcess(scene).restore(client.session.sessionId)
    expect((await restored?.get('com.atproto.server.getSession'))?.status).toBe(200)
    expect((await restored?.refresh())?.did).toBe(scene.alice.did)
  })

  test('[D4] becomes a session whose key is JSON, where the storage keeps JSON only', async () => {
    const clock = testClock()
    const scene = sealedAlice({ network: { clock }, storage: jsonStorage(memoryStorage({ clock })) })
    const { callback, context } = await consentedAlice(scene)
    const { client } = await scene.oauth.callback(callback, { context })
    expect(await onlyEntry(scene.storage, 'session/')).toMatchObject({
      value: { dpopKey: { kty: 'EC', crv: 'P-256', d: expect.any(String) } },
    })
    expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
  })

  test('[E6] [H3] of a confidential client is finished with the key that it began with', async () => {
    const key = sealKey()
    const scene = await confidentialAlice({ client: { sealKeys: [key] } })
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    const options = { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, sealKeys: [key] }
    const keyless = otherProcess(scene, options)
    expect(await failureOf(keyless.callback(callback, { context }))).toMatchObject({
      code: 'client_key_missing',
      expected: expect.stringMatching(/^the ES256 key k1 with the thumbprint [\w-]{43}$/) as string,
      state: 'of the app',
    })
    expect(exchanges(scene)).toEqual([])
  })

  test('[C12] an app with seal keys draws no randomness and asks nobody when it is made', () => {
    const asked: number[] = []
    const random = (length: number) => {
      asked.push(length)
      return new Uint8Array(length)
    }
    const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/', sealKeys: [sealKey()], random })
    expect(oauth.clientMetadata.scope).toBe('atproto')
    expect(asked).toEqual([])
  })
})
