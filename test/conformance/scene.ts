import {
  type AtproofError,
  type AtproofEvent,
  type AuthorizeOptions,
  memoryStorage,
  OAuthClient,
  type OAuthClientOptions,
  type Storage,
  type StorageEntry,
  type XrpcClient,
} from 'atproof'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { expect } from 'vitest'
import { type TestClock, testClock } from 'atproof/testing'
import type { ApproveOptions } from 'atproof/testing'
import type { Account } from 'atproof/testing'
import { fakeNetwork, type FakeNetwork } from 'atproof/testing'

// Loaded beforehand: the clock of a test cannot see that a module is still being loaded.
await Promise.all([
  import('../../src/flow/authorize.ts'),
  import('../../src/flow/authorize-options.ts'),
  import('../../src/flow/finish-sign-in.ts'),
  import('../../src/session/start-session.ts'),
])

/** The client id of the confidential client: its document is in `network.clients`. */
export const CLIENT_ID = 'https://app.example.com/client-metadata.json'
export const REDIRECT_URI = 'http://127.0.0.1/callback'
export const WEB_REDIRECT_URI = 'https://app.example.com/callback'
export const SCOPE = 'atproto transition:generic'

/** What of a scene is to be different. */
export interface SceneOptions {
  readonly network?: Parameters<typeof fakeNetwork>[0]
  readonly client?: Partial<OAuthClientOptions>
  /** @default memoryStorage() */
  readonly storage?: Storage
}

/** Alice has an account at pds.example.com, and an app that she can sign in to. */
export interface Scene {
  readonly network: FakeNetwork
  readonly clock: TestClock
  readonly alice: Account
  readonly storage: Storage
  readonly oauth: OAuthClient
  /** What the app was told. */
  readonly events: AtproofEvent[]
}

/** A public loopback client. */
export function alicesScene(options: SceneOptions = {}): Scene {
  const clock = options.network?.clock ?? testClock()
  const network = fakeNetwork({ ...options.network, clock })
  const alice = network.createAccount('alice.example.com')
  const storage = options.storage ?? memoryStorage({ clock })
  const events: AtproofEvent[] = []
  const oauth = new OAuthClient({
    ...(!options.client?.clientId && !options.client?.redirectUris && { redirectUri: REDIRECT_URI }),
    scope: SCOPE,
    storage,
    fetch: network.fetch,
    resolveTxt: network.resolveTxt,
    clock,
    onEvent: (event) => events.push(event),
    ...options.client,
  })
  return { network, clock, alice, storage, oauth, events }
}

/** A confidential client with the key `k1`, whose document its servers can fetch. */
export async function confidentialAlice(options: SceneOptions = {}): Promise<Scene & { readonly keys: JWK[] }> {
  const keys = [await privateKey('k1')]
  const client = { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, keys, ...options.client }
  const scene = alicesScene({ ...options, client })
  scene.network.documents.set(CLIENT_ID, scene.oauth.clientMetadata)
  return { ...scene, keys }
}

/** A private key as an app's configuration holds it. */
export async function privateKey(kid: string): Promise<JWK> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(pair.privateKey)), kid, alg: 'ES256' }
}

/** Alice signs in by her handle and consents. */
export async function signIn({ oauth, network, alice }: Scene): Promise<XrpcClient> {
  const { url, context } = await oauth.authorize(alice.handle)
  const { client } = await oauth.callback(network.approve(url), { context })
  return client
}

/** Alice has consented: the callback that her browser is sent to, and what it kept. */
export async function consentedAlice(
  { oauth, alice }: Scene,
  options: AuthorizeOptions & {
    readonly identifier?: string
    readonly approve?: ApproveOptions
    readonly by?: Account
  } = {},
): Promise<{ readonly callback: URL; readonly context: string }> {
  const { identifier = alice.handle, approve, by = alice, ...authorizeOptions } = options
  const { url, context } = await oauth.authorize(identifier, authorizeOptions)
  return { callback: new URL(by.approve(url, approve)), context }
}

/** The keys that stand in a storage. */
export async function keysIn(storage: Storage, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys
}

/** What stands under the only key with a prefix. */
export async function onlyEntry(storage: Storage, prefix: string): Promise<StorageEntry> {
  const keys = await keysIn(storage, prefix)
  const entry = keys.length === 1 ? await storage.get(keys[0] ?? '') : undefined
  if (!entry) throw new Error(`expected one ${prefix}, found ${keys.join(', ') || 'none'}`)
  return entry
}

/** What an attempt failed with. Fails the test where it succeeds. */
export async function failureOf(attempt: Promise<unknown>): Promise<AtproofError> {
  const outcome = await attempt.then(
    () => undefined,
    (error: unknown) => error as AtproofError,
  )
  if (outcome === undefined) throw new Error('it was to fail, and succeeded')
  return outcome
}

/** What beginning a sign-in failed with, and that nothing was stored and nobody was sent anywhere. */
export async function refusedAuthorize(
  { oauth, storage, network }: Scene,
  identifier: string,
  options?: AuthorizeOptions,
): Promise<AtproofError> {
  const error = await failureOf(oauth.authorize(identifier, options))
  expect(await keysIn(storage)).toEqual([])
  expect(network.log.to('/oauth/par').filter(({ status }) => status === 201)).toEqual([])
  return error
}

/** What a callback failed with, and that no session was stored. */
export async function refusedCallback(
  { oauth, storage }: Scene,
  { callback, context }: { readonly callback: string | URL | URLSearchParams; readonly context: string },
): Promise<AtproofError> {
  const error = await failureOf(oauth.callback(callback, { context }))
  expect(await keysIn(storage, 'session/')).toEqual([])
  return error
}
