import {
  type AtproofEvent,
  memoryStorage,
  OAuthClient,
  type OAuthClientOptions,
  type Storage,
  type XrpcClient,
} from 'atproof'
// Loaded beforehand: the clock of a test cannot see that a module is still being loaded.
import '../../../src/flow/authorize.ts'
import '../../../src/flow/callback.ts'
import { testClock } from '../../network/clock.ts'
import type { Account } from '../../network/directory.ts'
import { createNetwork, type FakeNetwork, type NetworkOptions } from '../../network/network.ts'
import { type SessionRecord, sessionKey, type Tombstone } from '../../../src/session/record.ts'
import { WatchedStorage } from './watched-storage.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const GET_SESSION = 'com.atproto.server.getSession'

/** Options of a scene: what differs from a public client of a server with an hour's tokens. */
export interface SceneOptions {
  readonly network?: NetworkOptions
  readonly client?: Partial<OAuthClientOptions>
  /** Client metadata documents by their URL. */
  readonly clients?: Readonly<Record<string, unknown>>
}

/** Alice is signed in, and this process has her client. */
export interface Scene {
  readonly network: FakeNetwork
  readonly clock: ReturnType<typeof testClock>
  readonly alice: Account
  readonly storage: WatchedStorage
  readonly oauth: OAuthClient
  readonly client: XrpcClient
  readonly events: AtproofEvent[]
  readonly sessionId: string
  /** The same app in another process: it shares the storage, and nothing else. */
  otherProcess(client?: Partial<OAuthClientOptions>): Promise<XrpcClient>
  /** Another deployment of the app, in a process of its own. */
  deploy(storage: Storage, client?: Partial<OAuthClientOptions>): OAuthClient
  /** What stands in the storage. */
  record(): Promise<SessionRecord>
  tombstone(): Promise<Tombstone>
  /** Writes over the record, as another process would. */
  rewrite(change: Partial<SessionRecord>): Promise<void>
  /** Token requests that got past the nonce. */
  tokenRequests(): FakeNetwork['log']
}

export async function signedInAlice(options: SceneOptions = {}): Promise<Scene> {
  const clock = testClock()
  const network = createNetwork({ clock, ...options.network })
  for (const [url, document] of Object.entries(options.clients ?? {})) network.clients.set(url, document)
  const alice = network.createAccount('alice.example.com')
  const shared = memoryStorage({ clock })
  const storage = new WatchedStorage(shared)
  const events: AtproofEvent[] = []
  const deploy = (over: Storage, client: Partial<OAuthClientOptions> = {}) =>
    new OAuthClient({
      redirectUri: 'http://127.0.0.1/callback',
      scope: 'atproto transition:generic',
      storage: over,
      fetch: network.fetch,
      resolveTxt: network.resolveTxt,
      clock,
      onEvent: (event) => events.push(event),
      ...options.client,
      ...client,
    })
  const oauth = deploy(storage)
  const { url, context } = await oauth.authorize('alice.example.com')
  const { client } = await oauth.callback(network.approve(url), { context })
  const { sessionId } = client.session
  const key = sessionKey(sessionId)
  network.log.length = 0
  storage.reset()

  const read = async () => {
    const entry = await shared.get(key)
    if (!entry) throw new Error('nothing is stored')
    return entry
  }
  return {
    network,
    clock,
    alice,
    storage,
    oauth,
    client,
    events,
    sessionId,
    deploy,
    async otherProcess(change) {
      const other = await deploy(new WatchedStorage(shared), change).restore(sessionId)
      if (!other) throw new Error('the other process found no session')
      return other
    },
    record: async () => (await read()).value as SessionRecord,
    tombstone: async () => (await read()).value as Tombstone,
    async rewrite(change) {
      const { value, version } = await read()
      await shared.put(key, { ...(value as SessionRecord), ...change }, { ifVersion: version })
    },
    tokenRequests: () => network.requestsTo('/oauth/token').filter(({ error }) => error !== 'use_dpop_nonce'),
  }
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (!settled) throw new Error('it did not fail')
  return settled.error
}
