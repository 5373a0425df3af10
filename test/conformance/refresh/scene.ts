import { memoryStorage, OAuthClient, type OAuthClientOptions, type Storage, type XrpcClient } from 'atproof'
import type { JWK } from 'jose'
import type { SessionRecord, Tombstone } from '../../../src/session/record.ts'
import { testClock } from 'atproof/testing'
import type { FakeNetwork } from 'atproof/testing'
import {
  alicesScene,
  CLIENT_ID,
  confidentialAlice,
  REDIRECT_URI,
  type Scene,
  type SceneOptions,
  SCOPE,
  signIn,
  WEB_REDIRECT_URI,
} from '../scene.ts'
import { entryIn, recordIn, rewriteIn } from './stored-record.ts'
import { WatchedStorage } from './watched-storage.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const GET_SESSION = 'com.atproto.server.getSession'

/** Alice is signed in, and this process has her client. Nothing is logged yet. */
export interface SignedInScene extends Scene {
  readonly storage: WatchedStorage
  readonly client: XrpcClient
  readonly sessionId: string
  /** The same app in another process: it shares the storage, and nothing else. */
  otherProcess(client?: Partial<OAuthClientOptions>): Promise<XrpcClient>
  /** Another deployment of the app. */
  deploy(storage: Storage, client?: Partial<OAuthClientOptions>): OAuthClient
  /** What stands in the storage. */
  record(): Promise<SessionRecord>
  tombstone(): Promise<Tombstone>
  /** Writes over the record, as another process would. */
  rewrite(change: Partial<SessionRecord>): Promise<void>
  /** Token requests that got past the nonce. */
  tokenRequests(): FakeNetwork['log']['entries']
}

/** Alice is signed in to a public client. */
export function signedInAlice(options: SceneOptions = {}): Promise<SignedInScene> {
  const client = { redirectUri: REDIRECT_URI, ...options.client }
  return enter(client, async (shared) => alicesScene({ ...options, ...shared, client }), options.network)
}

/** Alice is signed in to a confidential client that has this key. */
export function signedInWithKey(key: JWK): Promise<SignedInScene> {
  const client = { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, keys: [key] }
  return enter(client, (shared) => confidentialAlice({ client, ...shared }))
}

async function enter(
  clientOptions: Partial<OAuthClientOptions>,
  begin: (options: SceneOptions) => Promise<Scene>,
  networkOptions: SceneOptions['network'] = {},
): Promise<SignedInScene> {
  const clock = testClock()
  const shared = memoryStorage({ clock })
  const storage = new WatchedStorage(shared)
  const scene = await begin({ network: { ...networkOptions, clock }, storage })
  const { network } = scene
  const client = await signIn(scene)
  const { sessionId } = client.session
  network.log.clear()
  storage.reset()

  const deploy = (over: Storage, change: Partial<OAuthClientOptions> = {}) => {
    const { fetch, resolveTxt } = network
    return new OAuthClient({ scope: SCOPE, storage: over, fetch, resolveTxt, clock, ...clientOptions, ...change })
  }
  return {
    ...scene,
    storage,
    client,
    sessionId,
    deploy,
    async otherProcess(change) {
      const other = await deploy(new WatchedStorage(shared), change).restore(sessionId)
      if (!other) throw new Error('the other process found no session')
      return other
    },
    record: () => recordIn(shared, sessionId),
    tombstone: async () => (await entryIn(shared, sessionId)).value as Tombstone,
    rewrite: (change) => rewriteIn(shared, sessionId, change),
    tokenRequests: () => tokenRequestsTo(network),
  }
}

/** Token requests that got past the nonce. */
export function tokenRequestsTo({ log }: FakeNetwork): FakeNetwork['log']['entries'] {
  return log.to('/oauth/token').filter(({ error }) => error !== 'use_dpop_nonce')
}

/** A writing of a session with the tokens of its sign-in. */
export const isFirstSet = (value: unknown): boolean => (value as SessionRecord).gen === 1

/** A writing of a session with the tokens of its first refresh. */
export const isSecondSet = (value: unknown): boolean => (value as SessionRecord).gen === 2

/** Alice has signed in once more, and so many writings of it failed: the client, its id, and what lets the others pass. */
export async function unstoredAlice({ times = Infinity }: { readonly times?: number } = {}): Promise<
  SignedInScene & { heal(): void }
> {
  const scene = await signedInAlice()
  const heal = scene.storage.onPut({ when: isFirstSet, times, fails: 'refuse' })
  const client = await signIn(scene)
  return { ...scene, client, sessionId: client.session.sessionId, heal }
}

/** Servers answer requests for tokens with something else in it from here on. */
export function spoilTokens(network: FakeNetwork, change: object): void {
  network.fault({ path: '/oauth/token', times: Infinity, json: (json) => ({ ...json, ...change }) })
}

/** A runtime that is told of what goes on after an answer was given, and counts it. */
export function countingRuntime(): { waitUntil(work: Promise<unknown>): void; held(): number } {
  let held = 0
  return {
    waitUntil(work) {
      held++
      void work.finally(() => held--)
    },
    held: () => held,
  }
}
