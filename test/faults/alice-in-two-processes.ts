import {
  type AtproofEvent,
  memoryStorage,
  OAuthClient,
  type OAuthClientOptions,
  type SessionError,
  type Storage,
  type StorageError,
  type XrpcClient,
} from 'atproof'
import { type Account, fakeNetwork, type FakeNetwork, type TestClock, testClock } from 'atproof/testing'
import { expect } from 'vitest'
import type { SessionRecord } from '../../src/session/record.ts'
import { tokenRequestsTo } from '../conformance/refresh/scene.ts'
import { recordIn, rewriteIn } from '../conformance/refresh/stored-record.ts'
import { failureOf, REDIRECT_URI, SCOPE } from '../conformance/scene.ts'
import { type Moment, momentsOf, Steps, tellMoment } from './steps.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** Longer than an attempt of nobody is waited for. */
export const FENCE = 6 * MINUTE + SECOND
export const GET_SESSION = 'com.atproto.server.getSession'
export const TOKEN = '/oauth/token'

/** One process of the app: what it does, and what it was told. */
export interface Process {
  readonly oauth: OAuthClient
  readonly storage: Storage
  readonly steps: Steps
  readonly events: AtproofEvent[]
}

/** What of the scene is to be different. */
export interface SceneOptions {
  readonly network?: Omit<NonNullable<Parameters<typeof fakeNetwork>[0]>, 'clock'>
  /** Of every process. */
  readonly client?: Partial<OAuthClientOptions>
}

/** An app with Alice's account, and nobody signed in. */
export interface EmptyScene {
  readonly network: FakeNetwork
  readonly clock: TestClock
  readonly alice: Account
  /** What all processes share. It never fails by itself. */
  readonly engine: Storage
  readonly here: Process
  /** Starts another process over the same storage. */
  start(change?: Partial<OAuthClientOptions>): Process
  /** Lets time pass for as long as something takes. */
  outlast<T>(work: Promise<T>): Promise<T>
}

/** Alice signed in here, and any other process can restore her session. */
export interface Scene extends EmptyScene {
  readonly client: XrpcClient
  readonly sessionId: string
  /** Alice's client as another process restores it. */
  there(change?: Partial<OAuthClientOptions>): Promise<XrpcClient>
  /** What stands in the storage. */
  record(): Promise<SessionRecord>
  /** Writes over the record. */
  rewrite(change: Partial<SessionRecord>): Promise<void>
  /** Token requests that got past the nonce. */
  tokenRequests(): FakeNetwork['log']['entries']
}

/** The app before anybody signed in. */
export function emptyScene({ network: networkOptions, client }: SceneOptions = {}): EmptyScene {
  const clock = testClock()
  const network = fakeNetwork({ ...networkOptions, clock })
  const alice = network.createAccount('alice.example.com')
  const engine = memoryStorage({ clock })
  const start = (change: Partial<OAuthClientOptions> = {}): Process => {
    const steps = new Steps()
    const events: AtproofEvent[] = []
    const storage = steps.watchStorage(engine)
    const options: OAuthClientOptions = {
      scope: SCOPE,
      storage,
      fetch: steps.watchFetch((url, init) => network.fetch(url, init)),
      resolveTxt: network.resolveTxt,
      clock: steps.watchClock(clock),
      onEvent: (event) => events.push(event),
      ...(!client?.clientId && { redirectUri: REDIRECT_URI }),
      ...client,
      ...change,
    }
    const oauth = new OAuthClient(options)
    const { clientId } = options
    if (clientId !== undefined && !network.documents.has(clientId))
      network.documents.set(clientId, oauth.clientMetadata)
    return { oauth, storage: options.storage ?? storage, steps, events }
  }
  const outlast = async <T>(work: Promise<T>): Promise<T> => {
    const stop = clock.auto()
    return work.finally(stop)
  }
  return { network, clock, alice, engine, here: start(), start, outlast }
}

/** Alice is signed in, to a public client where nothing else is said. Nothing is logged or counted yet. */
export async function aliceInTwoProcesses(options: SceneOptions = {}): Promise<Scene> {
  const scene = emptyScene(options)
  const { network, engine, here, start } = scene
  const client = await signIn(scene)
  const { sessionId } = client.session
  network.log.clear()
  here.steps.reset()
  here.events.length = 0

  const there: Scene['there'] = async (change) => {
    const found = await start(change).oauth.restore(sessionId)
    if (!found) throw new Error('the other process found no session')
    return found
  }
  return {
    ...scene,
    client,
    sessionId,
    there,
    record: () => recordIn(engine, sessionId),
    rewrite: (change) => rewriteIn(engine, sessionId, change),
    tokenRequests: () => tokenRequestsTo(network),
  }
}

/** Alice signs in and consents: for a new session, or for one of hers again. */
export async function signIn(
  scene: EmptyScene,
  { oauth }: Pick<Process, 'oauth'> = scene.here,
  who: string | XrpcClient = scene.alice.handle,
): Promise<XrpcClient> {
  const { url, context } = await oauth.authorize(who)
  return (await oauth.callback(scene.alice.approve(url), { context })).client
}

/** The moments of a refresh that is asked for a nonce, as a dry run tells them. */
export async function momentsOfRefresh(): Promise<readonly Moment[]> {
  const { network, client, here } = await aliceInTwoProcesses()
  network.rotateNonces()
  await client.refresh()
  return momentsOf(here.steps.names)
}

/** What a storage says that has no room left: for a step of it. */
export const diskFull = (): Promise<never> => Promise.reject(new Error('the disk is full'))

/** The app is told that the storage failed, and that it can try again. */
export function expectStorageError(failure: unknown): void {
  expect(failure).toMatchObject({ name: 'StorageError', retryable: true })
  expect(['read_failed', 'write_failed']).toContain((failure as StorageError).code)
}

const WHERE = ['the same process', 'another process'] as const
export type Where = (typeof WHERE)[number]

/** Each of these moments, with something else happening in the same process or in another one: for titles. */
export function inBoth(moments: readonly Moment[]): readonly (readonly [Where, string, Moment])[] {
  return WHERE.flatMap((where) => moments.map((moment) => [where, tellMoment(moment), moment] as const))
}

/** The process that does the other thing. */
export function processAt(scene: EmptyScene, where: Where): Process {
  return where === 'another process' ? scene.start() : scene.here
}

/**
 * Nothing was lost: once the fault is over, the same session goes on without a new sign-in, in the process that met it
 * and in another one, refreshes included.
 *
 * @param afterMs how long it takes beside what a call waits by itself
 */
export async function expectToGoOn(
  scene: Scene,
  { afterMs = 0 }: { readonly afterMs?: number } = {},
): Promise<void> {
  const { network, clock, alice, here, client, there, outlast, sessionId } = scene
  network.clearFaults()
  here.steps.reset()
  if (afterMs > 0) await clock.advance(afterMs)
  const goOn = async (one: XrpcClient): Promise<void> => {
    expect((await outlast(one.get(GET_SESSION))).data).toMatchObject({ did: alice.did })
    const renewed = await outlast(one.refresh())
    expect(renewed.session).toMatchObject({ sessionId, status: 'active', reason: undefined, stored: true })
    expect((await outlast(renewed.get(GET_SESSION))).status).toBe(200)
  }
  await goOn(client)
  await goOn(await there())
  await goOn(client)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false])
}

/** The session has ended: everybody is told why, whose it was and what to do, and the way back is open. */
export async function expectEnded(scene: Scene, reason: SessionError['reason']): Promise<void> {
  const { network, alice, here, client, there, outlast, sessionId } = scene
  const { did, handle } = alice
  network.clearFaults()
  here.steps.reset()
  expect(here.events).toContainEqual(expect.objectContaining({ type: 'ended', reason, did, sessionId }))
  // A token that still is good would be used to its end.
  alice.expireAccessTokens()
  const told = { name: 'SessionError', code: 'needs_reauth', retryable: false, action: 'sign in again' }
  for (const one of [client, await there()]) {
    const failure = await outlast(failureOf(one.get(GET_SESSION)))
    expect(failure).toMatchObject({ ...told, sessionId, did, handle, reason })
  }
  expect((await there()).session).toMatchObject({ status: 'needs_reauth', reason, did, handle })
  const again = await outlast(signIn(scene, here, client))
  for (const one of [again, client, await there()]) {
    const { client: after } = await outlast(one.get(GET_SESSION))
    expect(after.session).toMatchObject({ sessionId, status: 'active', reason: undefined, stored: true })
  }
}
