import { OAuthClient, type Storage, type XrpcClient } from 'atproof'
import { type FakeNetwork, fakeNetwork, type TestClock, testClock } from 'atproof/testing'
import { expect, test } from 'vitest'
import { GET_SESSION, HOUR, MINUTE, tokenRequestsTo } from '../refresh/scene.ts'
import { REDIRECT_URI, SCOPE } from '../scene.ts'
import { CountedStorage } from './counted-storage.ts'

const SECOND = 1000
const CALL = /getSession/
const TOKEN_ENDPOINT = '/oauth/token'

/** An empty place to keep sessions in. */
export interface SharedPlace {
  /** A storage over it, as each process has one. */
  open(): Promise<Storage>
  /** Lets go of all that was opened. */
  close?(): Promise<void>
}

/**
 * Declares a test for each cost of a session that is signed in, over one engine. Ages may go by the engine's own clock:
 * nothing here waits for an entry to grow old.
 *
 * @param engine what titles call it
 * @param openPlace makes a new place, for each test one; its engine may go by this clock
 */
export function declareSessionCosts(
  engine: string,
  openPlace: (clock: TestClock) => SharedPlace | Promise<SharedPlace>,
): void {
  const declare = (title: string, run: (scene: CostScene) => Promise<void>) =>
    test(`${title} (${engine})`, async () => {
      // An engine that goes by a clock of its own must not find everything expired.
      const clock = testClock({ start: Date.now() })
      const place = await openPlace(clock)
      const network = fakeNetwork({ clock })
      try {
        await run(await signedIn(network, place))
      } finally {
        network.close()
        await place.close?.()
      }
    })

  declare('a warm call takes one request and no look at the storage', async (scene) => {
    const { client, network, storage } = scene
    await client.get(GET_SESSION)
    scene.reset()
    for (let calls = 1; calls <= 3; calls++) {
      await client.get(GET_SESSION)
      expect(network.log.length).toBe(calls)
    }
    expect(storage.accesses).toEqual({ gets: 0, puts: 0, deletes: 0, lists: 0 })
  })

  declare('[G2] a warm call takes one request after 65 seconds without one', async (scene) => {
    const { client, network, clock } = scene
    await client.get(GET_SESSION)
    scene.reset()
    await clock.advance(65 * SECOND)
    await client.get(GET_SESSION)
    expect(network.log.length).toBe(1)
  })

  declare('a restore takes one get and no request', async (scene) => {
    const { network } = scene
    const { storage } = await scene.process()
    expect(storage.accesses).toEqual({ gets: 1, puts: 0, deletes: 0, lists: 0 })
    expect(network.log.length).toBe(0)
  })

  declare('[G2] twenty cold calls at once take twenty-one requests', async (scene) => {
    const { network } = scene
    const { client, storage } = await scene.process()
    storage.reset()
    await Promise.all(times(20, () => client.get(GET_SESSION)))
    expect(network.log.length).toBe(21)
    expect(network.log.count(CALL)).toBe(21)
    expect(storage.accesses).toEqual({ gets: 0, puts: 0, deletes: 0, lists: 0 })
  })

  declare('[H1] twenty calls at once on an expired token spend one refresh token', async (scene) => {
    const { client, clock } = scene
    await clock.advance(HOUR)
    const stop = clock.auto()
    const results = await Promise.all(times(20, () => client.get(GET_SESSION)))
    stop()
    expect(results.map(({ status }) => status)).toEqual(times(20, () => 200))
    expect(scene.tokenRequests()).toHaveLength(1)
  })

  declare('[H1] [R13] twenty calls at once of four processes spend one refresh token', async (scene) => {
    const { clock } = scene
    const processes = await Promise.all(times(4, () => scene.process()))
    await clock.advance(HOUR)
    const stop = clock.auto()
    const calls = processes.flatMap(({ client }) => times(5, () => client.get(GET_SESSION)))
    const results = await Promise.all(calls)
    stop()
    expect(results.map(({ status }) => status)).toEqual(times(20, () => 200))
    expect(scene.tokenRequests()).toHaveLength(1)
  })

  declare(
    '[R11] [R15] [R24] a refresh takes one request, one get and two puts while the nonce is young',
    async (scene) => {
      const { client, clock, network, storage } = scene
      await client.refresh()
      await clock.advance(2 * MINUTE)
      scene.reset()
      await client.refresh()
      expect(network.log.length).toBe(1)
      expect(storage.accesses).toEqual({ gets: 1, puts: 2, deletes: 0, lists: 0 })
    },
  )

  declare('[R19] a refresh takes two requests, one get and three puts where the nonce is old', async (scene) => {
    const { client, clock, network, storage } = scene
    await client.refresh()
    await clock.advance(4 * MINUTE)
    scene.reset()
    await client.refresh()
    expect(network.log.to(TOKEN_ENDPOINT)).toHaveLength(2)
    expect(network.log.length).toBe(2)
    expect(storage.accesses).toEqual({ gets: 1, puts: 3, deletes: 0, lists: 0 })
  })
}

/** Alice is signed in, and nothing is logged or counted yet. */
interface CostScene extends Process {
  readonly network: FakeNetwork
  readonly clock: TestClock
  /** Forgets what was logged and counted. */
  reset(): void
  /** Another process over the same place, which has restored the session. */
  process(): Promise<Process>
  /** Token requests that got past the nonce. */
  tokenRequests(): FakeNetwork['log']['entries']
}

interface Process {
  readonly client: XrpcClient
  readonly storage: CountedStorage
}

async function signedIn(network: FakeNetwork, place: SharedPlace): Promise<CostScene> {
  const { clock } = network
  const open = async () => new CountedStorage(await place.open(), clock)
  const oauthOver = (over: Storage) =>
    new OAuthClient({ ...network.clientOptions, redirectUri: REDIRECT_URI, scope: SCOPE, storage: over })
  const storage = await open()
  const client = await network.signIn('alice.test', { oauth: oauthOver(storage) })
  const reset = () => {
    network.log.clear()
    storage.reset()
  }
  reset()
  return {
    network,
    clock,
    client,
    storage,
    reset,
    tokenRequests: () => tokenRequestsTo(network),
    async process() {
      const own = await open()
      const restored = await oauthOver(own).restore(client.session.sessionId)
      if (restored) return { client: restored, storage: own }
      throw new Error('the process found no session')
    },
  }
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}
