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
// Loaded beforehand: the clock of a test cannot see that a module is still being loaded.
import '../../src/flow/authorize.ts'
import '../../src/flow/callback.ts'
import { type TestClock, testClock } from '../network/clock.ts'
import type { ApproveOptions } from '../network/consent.ts'
import type { Account } from '../network/directory.ts'
import { createNetwork, type FakeNetwork } from '../network/network.ts'

/** The client id of the confidential client: its document is in `network.clients`. */
export const CLIENT_ID = 'https://app.example.com/client-metadata.json'
export const REDIRECT_URI = 'http://127.0.0.1/callback'
export const WEB_REDIRECT_URI = 'https://app.example.com/callback'
export const SCOPE = 'atproto transition:generic'

/** What of a scene is to be different. */
export interface SceneOptions {
  readonly network?: Parameters<typeof createNetwork>[0]
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
  const network = createNetwork({ ...options.network, clock })
  const alice = network.createAccount('alice.example.com')
  const storage = options.storage ?? memoryStorage({ clock })
  const events: AtproofEvent[] = []
  const oauth = new OAuthClient({
    ...(options.client?.clientId === undefined && { redirectUri: REDIRECT_URI }),
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
  scene.network.clients.set(CLIENT_ID, scene.oauth.clientMetadata)
  return { ...scene, keys }
}

/** The public client of {@link alicesScene}, and Alice signed in to it. */
export async function signedInAlice(options?: SceneOptions): Promise<Scene & { readonly client: XrpcClient }> {
  const scene = alicesScene(options)
  return { ...scene, client: await signIn(scene) }
}

/** The confidential client of {@link confidentialAlice}, and Alice signed in to it. */
export async function signedInConfidentialAlice(
  options?: SceneOptions,
): Promise<Scene & { readonly client: XrpcClient; readonly keys: JWK[] }> {
  const scene = await confidentialAlice(options)
  return { ...scene, client: await signIn(scene) }
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
  { oauth, network, alice }: Scene,
  options: AuthorizeOptions & { readonly identifier?: string; readonly approve?: ApproveOptions } = {},
): Promise<{ readonly callback: URL; readonly context: string }> {
  const { identifier = alice.handle, approve, ...authorizeOptions } = options
  const { url, context } = await oauth.authorize(identifier, authorizeOptions)
  return { callback: new URL(network.approve(url, { account: alice, ...approve })), context }
}

/** The keys that stand in a storage. */
export async function keysIn(storage: Storage, prefix = ''): Promise<string[]> {
  return Array.fromAsync(storage.list(prefix))
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
