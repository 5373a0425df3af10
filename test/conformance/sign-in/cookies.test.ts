import { memoryStorage, type OAuthClientOptions, type Storage, type XrpcClient } from 'atproof'
import { testClock } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { alicesScene, confidentialAlice, keysIn, onlyEntry, type Scene, signIn } from '../scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'

/** What of a storage must never stand in a cookie: the names under which records hold it. */
const SECRET_NAMES = new Set(['verifier', 'd', 'accessToken', 'refreshToken', 'access', 'refresh'])

/** A scene over a storage without CryptoKeys, and all secrets that were ever written to it. */
function watched(): { readonly storage: Storage; readonly secrets: Set<string>; readonly clock: Scene['clock'] } {
  const secrets = new Set<string>()
  const clock = testClock()
  const inner = memoryStorage({ clock })
  const storage: Storage = {
    get: (key) => inner.get(key),
    async put(key, value, options) {
      for (const secret of secretsIn(value)) secrets.add(secret)
      return inner.put(key, JSON.parse(JSON.stringify(value)), options)
    },
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
  return { storage, secrets, clock }
}

function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return SECRET_NAMES.has(name) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => secretsIn(part, key))
}

/** A text as it stands, and as everybody who holds it can decode it. */
function readings(text: string): string {
  const plain = decodeURIComponent(text)
  const parts = plain.split(/[^\w+/=-]+/).filter((part) => part.length >= 8)
  const decoded = parts.flatMap((part) =>
    (['base64url', 'hex'] as const).map((encoding) => Buffer.from(part, encoding).toString()),
  )
  return [text, plain, ...decoded].join('\n')
}

function holdsAny(text: string, secrets: Iterable<string>): boolean {
  const shown = readings(text)
  return [...secrets].some((secret) => shown.includes(secret))
}

/** Alice's whole time with an app: sign-in, a call, a refresh, a call, sign-out. */
async function wholeLife(scene: Scene): Promise<void> {
  const client = await signIn(scene)
  await client.get(GET_SESSION)
  const refreshed = await client.refresh()
  await refreshed.get(GET_SESSION)
  await scene.oauth.revoke(client.session.sessionId)
}

describe('[M4] what an app keeps in a cookie', () => {
  test.each([
    ['public', async (given: SceneParts) => ({ ...alicesScene(given), keys: [] })],
    ['confidential', (given: SceneParts) => confidentialAlice(given)],
  ])('[M4] holds no token, key or verifier: %s client', async (_, open) => {
    const { storage, secrets, clock } = watched()
    const scene = await open({ storage, network: { clock } })
    for (const { d } of scene.keys) secrets.add(d ?? '')
    const { url, context } = await scene.oauth.authorize(scene.alice.handle, { state: 'to the inbox' })
    const callback = new URL(scene.alice.approve(url))
    secrets.add(callback.searchParams.get('code') ?? '')
    const { client } = await scene.oauth.callback(callback, { context })
    // The verifier, the private DPoP key, the code, two tokens; and the client's key.
    expect(secrets.size).toBeGreaterThanOrEqual(5 + scene.keys.length)
    expect([...secrets].every((secret) => secret.length >= 20)).toBe(true)
    for (const kept of [context, client.session.sessionId, url]) {
      expect(kept.length).toBeGreaterThan(20)
      expect(holdsAny(kept, secrets)).toBe(false)
      expect(kept).not.toContain('inbox')
    }
  })

  test('[M4] holds them only under lock where the context carries the whole sign-in', async () => {
    const { storage, secrets, clock } = watched()
    const sealKey = Buffer.alloc(32, 7).toString('base64url')
    const scene = alicesScene({ storage, network: { clock }, client: { sealKeys: [sealKey] } })
    secrets.add(sealKey)
    const { url, context } = await scene.oauth.authorize(scene.alice.handle, { state: 'to the inbox' })
    await scene.oauth.callback(scene.alice.approve(url), { context })
    // The storage never saw the verifier: the token request shows it.
    for (const { form } of scene.network.log.to('/oauth/token')) secrets.add(form?.get('code_verifier') ?? '')
    // The key of the seal, the private DPoP key, two tokens, the verifier.
    expect(secrets.size).toBeGreaterThanOrEqual(5)
    expect([...secrets].every((secret) => secret.length >= 20)).toBe(true)
    expect(context.split('.')).toHaveLength(5)
    expect(holdsAny(context, secrets)).toBe(false)
    expect(readings(context)).not.toContain('inbox')
  })

  test('[M4] is searched as it stands and as it can be decoded', () => {
    const secret = 'eyJhbGciOiJFUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl'
    const json = JSON.stringify({ verifier: secret })
    const disguises = [
      secret,
      `https://app.example.com/?token=${secret}`,
      encodeURIComponent(json),
      Buffer.from(json).toString('base64url'),
      `v1.${Buffer.from(json).toString('base64')}.x`,
      Buffer.from(secret).toString('hex'),
    ]
    expect(disguises.map((text) => holdsAny(text, [secret]))).toEqual(disguises.map(() => true))
    expect(holdsAny('aGVsbG8gd29ybGQsIGhlbGxvIHdvcmxk', [secret])).toBe(false)
  })

  test('[M4] is as short as a cookie must be: the context and the id of a session are under 200 bytes', async () => {
    const scene = alicesScene()
    const { context } = await scene.oauth.authorize(scene.alice.handle)
    const { session } = await signIn(scene)
    expect([context, session.sessionId].filter((text) => Buffer.byteLength(text) >= 200)).toEqual([])
  })
})

describe('[M4] a device', () => {
  test('[M4] gets nothing by the id of a session that another signed in, nor asks anybody for it', async () => {
    const phone = alicesScene()
    const { session } = await signIn(phone)
    const laptop = alicesScene()
    expect(await laptop.oauth.restore(session.sessionId)).toBeUndefined()
    expect(await laptop.oauth.latest(session.did)).toBeUndefined()
    expect(laptop.network.log.entries).toEqual([])
    expect((await phone.oauth.restore(session.sessionId))?.did).toBe(phone.alice.did)
  })

  test('[M4] [D4] has a key, tokens and a session of its own for the same account', async () => {
    const phone = alicesScene()
    const laptop = { ...alicesScene({ client: appOf(phone) }), network: phone.network, alice: phone.alice }
    const clients: XrpcClient[] = []
    for (const device of [phone, laptop]) clients.push(await signIn(device))
    const [one, other] = clients
    expect(one?.session.did).toBe(other?.session.did)
    expect(one?.session.sessionId).not.toBe(other?.session.sessionId)
    phone.network.log.clear()
    await Promise.all(clients.map((client) => client.get(GET_SESSION)))
    const calls = phone.network.log.to(`/xrpc/${GET_SESSION}`).filter(({ status }) => status === 200)
    const keys = calls.map(({ dpop }) => JSON.stringify(dpop?.header.jwk))
    const tokens = calls.map(({ headers }) => headers.get('authorization'))
    expect(new Set(keys).size).toBe(2)
    expect(new Set(tokens).size).toBe(2)
    // And neither device's storage knows of the other.
    expect(await keysIn(phone.storage, 'session/')).toHaveLength(1)
  })
})

describe('[M4] a cookie', () => {
  test('[M4] is sent by no request from sign-in to sign-out, not even where a server sets one', async () => {
    const inits: RequestInit[] = []
    const { network, clock } = alicesScene()
    const scene = alicesScene({
      network: { clock },
      client: {
        async fetch(url, init) {
          inits.push(init)
          const response = await network.fetch(url, init)
          const headers = new Headers(response.headers)
          headers.append('set-cookie', 'device-id=from-the-server; Path=/; Secure; HttpOnly')
          const { status } = response
          return new Response(response.body, { status, headers })
        },
        resolveTxt: network.resolveTxt,
      },
    })
    const bob = network.createAccount('bob.example.com')
    await wholeLife({ ...scene, network, alice: bob })
    const entries = network.log.entries.filter(({ method }) => method !== 'TXT')
    expect(entries.filter(({ path }) => path === '/oauth/token').length).toBeGreaterThanOrEqual(2)
    expect(entries.filter(({ headers }) => headers.has('cookie') || headers.has('set-cookie'))).toEqual([])
    // Where there are cookies of an origin, in a browser, `include` would send them.
    expect(inits.length).toBeGreaterThan(8)
    expect(inits.filter(({ credentials }) => credentials === 'include')).toEqual([])
  })

  test('[M4] that holds the id of a session is all that an app needs: the secrets stay in the storage', async () => {
    const { storage, secrets, clock } = watched()
    const scene = alicesScene({ storage, network: { clock } })
    const { session } = await signIn(scene)
    const { value } = await onlyEntry(storage, 'session/')
    expect(secretsIn(value).length).toBeGreaterThanOrEqual(3)
    expect(secretsIn(value).every((secret) => secrets.has(secret))).toBe(true)
    const client = await scene.oauth.restore(session.sessionId)
    expect((await client?.get(GET_SESSION))?.data.did).toBe(scene.alice.did)
  })
})

interface SceneParts {
  readonly storage: Storage
  readonly network: { readonly clock: Scene['clock'] }
}

/** The same app on another device: the same network, and a storage of its own. */
function appOf({ network, clock }: Scene): Partial<OAuthClientOptions> {
  return { fetch: network.fetch, resolveTxt: network.resolveTxt, clock, storage: memoryStorage({ clock }) }
}
