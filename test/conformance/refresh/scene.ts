import { memoryStorage, OAuthClient, type OAuthClientOptions, type Storage, type XrpcClient } from 'atproof'
import type { JWK } from 'jose'
import { type SessionRecord, sessionKey, type Tombstone } from '../../../src/session/record.ts'
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
  const key = sessionKey(sessionId)
  network.log.clear()
  storage.reset()

  const deploy = (over: Storage, change: Partial<OAuthClientOptions> = {}) => {
    const { fetch, resolveTxt } = network
    return new OAuthClient({ scope: SCOPE, storage: over, fetch, resolveTxt, clock, ...clientOptions, ...change })
  }
  const read = async () => {
    const entry = await shared.get(key)
    if (!entry) throw new Error('nothing is stored')
    return entry
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
    record: async () => (await read()).value as SessionRecord,
    tombstone: async () => (await read()).value as Tombstone,
    async rewrite(change) {
      const { value, version } = await read()
      await shared.put(key, { ...(value as SessionRecord), ...change }, { ifVersion: version })
    },
    tokenRequests: () => network.log.to('/oauth/token').filter(({ error }) => error !== 'use_dpop_nonce'),
  }
}
