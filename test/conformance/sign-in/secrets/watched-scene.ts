import { memoryStorage, OAuthClient, type OAuthClientOptions, type Storage, type StoredValue } from 'atproof'
import { testClock } from 'atproof/testing'
import type { JWK } from 'jose'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import { CLIENT_ID, confidentialAlice, type Scene, SCOPE, WEB_REDIRECT_URI } from '../../scene.ts'

/** Where a sign-in is kept until its callback. */
export type Keeping = 'stored' | 'sealed'

/** A scene in which everything secret that ever existed is written down. */
export interface WatchedScene extends Scene {
  readonly secrets: Set<string>
  readonly keys: JWK[]
  /** Fails all writes below a prefix, with an error that an app's own storage could throw. */
  failWrites(prefix: string): void
  /** Changes every token response from now on. */
  changeTokens(changes: object): void
  begin(identifier?: string): Promise<{ readonly url: string; readonly context: string }>
  consent(identifier?: string): Promise<{ readonly callback: URL; readonly context: string }>
  /** Another deployment of the app, which has nothing but the storage in common. */
  deploy(change?: Partial<OAuthClientOptions>): OAuthClient
}

const SECRET_FIELDS = ['state', 'code', 'code_verifier', 'client_assertion', 'refresh_token', 'token']
const SECRET_NAMES = new Set(['d', 'verifier', 'accessToken', 'refreshToken'])

/** Alice at a confidential client. Whatever passes through its storage, its network and its hands is watched. */
export async function watchedAlice(keeping: Keeping = 'stored'): Promise<WatchedScene> {
  const secrets = new Set<string>()
  const clock = testClock()
  const inner = memoryStorage({ clock })
  let failing: string | undefined
  // Without CryptoKeys, so that even the private DPoP key is there to be leaked; and it forgets nothing.
  const storage: Storage = {
    get: (key) => inner.get(key),
    async put(key, value, { ifVersion }) {
      for (const secret of secretsIn(value)) secrets.add(secret)
      if (failing !== undefined && key.startsWith(failing))
        throw new Error(`cannot write ${JSON.stringify(value)}`)
      return inner.put(key, JSON.parse(JSON.stringify(value)), { ifVersion })
    },
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
  const sealKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  const seal = keeping === 'sealed' ? { sealKeys: [sealKey] } : {}
  const scene = await confidentialAlice({ network: { clock }, storage, client: seal })
  const { network, alice, events } = scene
  secrets.add(scene.keys[0]?.d ?? '')
  if (keeping === 'sealed') secrets.add(sealKey)
  let changes: object = {}
  network.fault({
    path: '/oauth/token',
    times: Infinity,
    json(json) {
      secrets.add(String(json['access_token'])).add(String(json['refresh_token']))
      return { ...json, ...changes }
    },
  })
  const begin = async (identifier = alice.handle) => {
    const request = await scene.oauth.authorize(identifier, { state: 'of the app' })
    secrets.add(request.context)
    return request
  }
  const consent = async (identifier?: string) => {
    const { url, context } = await begin(identifier)
    const callback = new URL(alice.approve(url))
    secrets.add(callback.searchParams.get('code') ?? '').add(callback.searchParams.get('state') ?? '')
    return { callback, context }
  }
  const deploy = (change: Partial<OAuthClientOptions> = {}) =>
    new OAuthClient({
      clientId: CLIENT_ID,
      redirectUri: WEB_REDIRECT_URI,
      keys: scene.keys,
      scope: SCOPE,
      storage,
      fetch: network.fetch,
      resolveTxt: network.resolveTxt,
      clock,
      onEvent: (event) => events.push(event),
      ...seal,
      ...change,
    })
  return {
    ...scene,
    secrets,
    failWrites: (prefix) => void (failing = prefix),
    changeTokens: (change) => void (changes = change),
    begin,
    consent,
    deploy,
  }
}

/** The same, with a session of Alice's already there: every kind of secret exists. */
export async function watchedSession(keeping: Keeping = 'stored') {
  const scene = await watchedAlice(keeping)
  const { callback, context } = await scene.consent()
  return { ...scene, client: (await scene.oauth.callback(callback, { context })).client }
}

/** The secrets of a stored value, by the names that they are stored under. */
function secretsIn(value: StoredValue | undefined, name = ''): string[] {
  if (typeof value === 'string') return SECRET_NAMES.has(name) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]: [string, StoredValue]) => secretsIn(part, key))
}

/** What was secret on the wire: form fields, tokens, proofs. */
export function secretsSent({ network }: Scene): string[] {
  return network.log.entries
    .flatMap(({ form, headers }) => [
      ...SECRET_FIELDS.map((field) => form?.get(field) ?? ''),
      headers.get('authorization')?.replace(/^DPoP /, '') ?? '',
      headers.get('dpop') ?? '',
    ])
    .filter((secret) => secret !== '')
}

/** Everything that a log, a crash report or a debugger would show of a value. */
export function views(value: unknown): string {
  const everything = { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null } as const
  const shown = [inspect(value, everything), String(value), JSON.stringify(value) ?? '']
  if (value instanceof Error) {
    shown.push(value.message, value.stack ?? '', JSON.stringify({ ...value }))
    for (const [, { value: own }] of Object.entries(Object.getOwnPropertyDescriptors(value)))
      if (typeof own === 'string') shown.push(own)
    if (value.cause !== undefined) shown.push(views(value.cause))
  }
  return shown.join('\n')
}

/** None of the scene's secrets is in what these values show, nor in what the app was told by events. */
export function expectNoSecret(scene: WatchedScene, ...values: readonly unknown[]): void {
  const secrets = [...scene.secrets, ...secretsSent(scene)].filter((secret) => secret.length >= 20)
  expect(secrets.length).toBeGreaterThan(0)
  const shown = [...values, scene.oauth, scene.events].map(views).join('\n')
  // Tokens are compared in lower case too, as a type or a name may be shown. Not `toContain`: a failure must not print
  // what it found.
  const lower = shown.toLowerCase()
  const found = secrets.filter((secret) => shown.includes(secret) || lower.includes(secret.toLowerCase()))
  expect(found.length, 'secrets that were shown').toBe(0)
}
