import {
  type AtproofEvent,
  memoryStorage,
  type SignInWithPasswordOptions,
  type Storage,
  signInWithPassword,
  type XrpcClient,
} from 'atproof'
import { type Account, type FakeNetwork, fakeNetwork, type TestClock, testClock } from 'atproof/testing'
import type { PasswordDebt, PasswordRecord } from '../../../src/session/password-record.ts'
import type { Tombstone } from '../../../src/session/record.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'

// Loaded beforehand: the clock of a test cannot see that a module is still being loaded.
await Promise.all([import('../../../src/discovery/identifier.ts'), import('../../../src/discovery/identity.ts')])

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const GET_SESSION = 'com.atproto.server.getSession'
export const CREATE = '/xrpc/com.atproto.server.createSession'
export const REFRESH = '/xrpc/com.atproto.server.refreshSession'
export const DELETE = '/xrpc/com.atproto.server.deleteSession'

/** Alice has an account at pds.example.com, and an app that has her password and this storage. */
export interface PasswordScene {
  readonly network: FakeNetwork
  readonly clock: TestClock
  readonly alice: Account
  readonly shared: Storage
  /** The storage as this process sees it. */
  readonly storage: WatchedStorage
  /** What the app was told. */
  readonly events: AtproofEvent[]
  /** What leads an app to the network. */
  readonly options: SignInWithPasswordOptions & { readonly storage: Storage }
  /** Signs in by her handle, unless told otherwise. */
  signIn(change?: SignInWithPasswordOptions & { as?: string; password?: string }): Promise<XrpcClient>
  /** The same app in another process: it shares the storage, and nothing else. */
  otherProcess(change?: SignInWithPasswordOptions & { as?: string; password?: string }): Promise<XrpcClient>
  /** What stands in the storage for a session. */
  record(sessionId: string): Promise<PasswordRecord>
  tombstone(sessionId: string): Promise<Tombstone<PasswordDebt>>
  rewrite(sessionId: string, change: Partial<PasswordRecord>): Promise<void>
  /** The statuses that her server answered to a method with. */
  answers(path: string): readonly (number | undefined)[]
}

/** Nobody has signed in yet. */
export function aliceWithPassword(): PasswordScene {
  const clock = testClock()
  const network = fakeNetwork({ clock })
  const alice = network.createAccount('alice.example.com')
  const shared = memoryStorage({ clock })
  const storage = new WatchedStorage(shared)
  const events: AtproofEvent[] = []
  const { fetch, resolveTxt } = network
  const options = { fetch, resolveTxt, clock, storage, onEvent: (event: AtproofEvent) => void events.push(event) }
  const signIn: PasswordScene['signIn'] = ({ as = alice.handle, password = alice.password, ...change } = {}) =>
    signInWithPassword(as, password, { ...options, ...change })
  const entry = async (sessionId: string) => {
    const found = await shared.get(`password/${sessionId}`)
    if (!found) throw new Error('nothing is stored')
    return found
  }
  return {
    network,
    clock,
    alice,
    shared,
    storage,
    events,
    options,
    signIn,
    otherProcess: (change) => signIn({ storage: new WatchedStorage(shared), ...change }),
    record: async (sessionId) => (await entry(sessionId)).value as PasswordRecord,
    tombstone: async (sessionId) => (await entry(sessionId)).value as Tombstone<PasswordDebt>,
    async rewrite(sessionId, change) {
      const { value, version } = await entry(sessionId)
      const record = { ...(value as PasswordRecord), ...change }
      await shared.put(`password/${sessionId}`, record, { ifVersion: version })
    },
    answers: (path) => network.log.to(path).map(({ status }) => status),
  }
}

/** Alice is signed in, and this process has her client. Nothing is logged yet. */
export async function signedInWithPassword(): Promise<
  PasswordScene & { readonly client: XrpcClient; readonly sessionId: string }
> {
  const scene = aliceWithPassword()
  const client = await scene.signIn()
  scene.network.log.clear()
  scene.storage.reset()
  return { ...scene, client, sessionId: client.session.sessionId }
}

/** Ends a refresh token at its server, as its person may by an app of theirs. */
export async function endAtServer(network: FakeNetwork, { issuer, tokens }: PasswordRecord): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.refreshToken}` }
  await network.fetch(issuer + DELETE, { method: 'POST', headers })
}

/** Answers as a server that refuses. */
export const saying =
  (error: string, status = 400): (() => Response) =>
  () =>
    Response.json({ error, message: 'No.' }, { status })

/** A writing of a session with the tokens of its first refresh. */
export const isSecondSet = (value: unknown): boolean => (value as PasswordRecord).gen === 2
