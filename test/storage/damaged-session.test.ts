import { type AtproofEvent, OAuthClient, type Storage, StorageError, type XrpcClient } from 'atproof'
import { type FakeNetwork, fakeNetwork, testClock } from 'atproof/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { failureOf, REDIRECT_URI, SCOPE } from '../conformance/scene.ts'
import { openEngine } from './engine.ts'
import { makeDirectory } from './file-places.ts'
import { SESSION_PLACES } from './session-places.ts'

const GET_SESSION = 'com.atproto.server.getSession'

/** One process of the app: its own storage object over what all share, and what it was told. */
interface Process {
  readonly oauth: OAuthClient
  readonly storage: Storage
  readonly events: AtproofEvent[]
}

/** A network by the time that it is: the engines go by their own clocks. */
function newNetwork(): FakeNetwork {
  const network = fakeNetwork({ clock: testClock({ start: Date.now() }) })
  onTestFinished(() => network.close())
  return network
}

function processOver(network: FakeNetwork, storage: Storage): Process {
  const events: AtproofEvent[] = []
  const onEvent = (event: AtproofEvent) => events.push(event)
  const options = { ...network.clientOptions, redirectUri: REDIRECT_URI, scope: SCOPE, storage, onEvent }
  return { oauth: new OAuthClient(options), storage, events }
}

function keyOf({ session }: XrpcClient): string {
  return `session/${session.sessionId}`
}

async function corruptionOf(storage: Storage, key: string): Promise<StorageError> {
  const failure: unknown = await failureOf(storage.get(key))
  if (failure instanceof StorageError && failure.code === 'corrupt') return failure
  throw new Error('another failure', { cause: failure })
}

async function idsOf({ oauth }: Process): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { sessionId } of oauth.sessions()) ids.push(sessionId)
  return ids.toSorted()
}

describe.each(Object.entries(SESSION_PLACES))('a damaged record (%s)', (_, openPlace) => {
  /** Alice signed in, and her record was damaged since. */
  async function damagedAlice() {
    const place = await openPlace()
    onTestFinished(() => place.close())
    const network = newNetwork()
    const start = async () => processOver(network, await place.open())
    const here = await start()
    const client = await network.signIn('alice.test', { oauth: here.oauth })
    const alice = network.account('alice.test')
    if (!alice) throw new Error('nobody signed in')
    await place.damage(keyOf(client))
    return { place, network, alice, here, client, start, sessionId: client.session.sessionId }
  }

  test('is named by its key and its version, and only whoever gives that version writes over it', async () => {
    const { client, here } = await damagedAlice()
    const key = keyOf(client)
    const { version, field, retryable } = await corruptionOf(here.storage, key)
    expect(field).toContain(key)
    expect(retryable).toBe(false)
    expect((await corruptionOf(here.storage, key)).version).toBe(version)
    await here.storage.put(key, 'other', { ifVersion: null }).catch(() => {})
    await here.storage.put(key, 'other', { ifVersion: `${version}0` }).catch(() => {})
    expect((await corruptionOf(here.storage, key)).version).toBe(version)
    const next = await here.storage.put(key, 'new', { ifVersion: version ?? 'no version was told' })
    expect(await here.storage.get(key)).toMatchObject({ value: 'new', version: next })
  })

  test('[R26] is signed out by a process that never could read it', async () => {
    const { start, sessionId, client } = await damagedAlice()
    const other = await start()
    expect(await failureOf(other.oauth.restore(sessionId))).toMatchObject({ code: 'corrupt' })
    // What is owed to the server stood in the record.
    expect(await other.oauth.revoke(sessionId)).toEqual({ accepted: false, reason: 'there is nothing to revoke' })
    expect(other.events).toContainEqual(expect.objectContaining({ type: 'signed_out', sessionId }))
    const { value } = (await other.storage.get(keyOf(client))) ?? {}
    expect(value).toMatchObject({ schema: 1, sessionId, did: client.did, signedOut: true, owes: null })
    for (const one of [other, await start()]) {
      expect(await one.oauth.restore(sessionId)).toBeUndefined()
      expect(await idsOf(one)).toEqual([])
      expect(await one.oauth.revoke(sessionId)).toMatchObject({ accepted: false })
    }
  })

  test('[R26] is signed out at the server, too, by a process that has its tokens', async () => {
    const { here, alice, client, sessionId, start } = await damagedAlice()
    expect(await here.oauth.revoke(sessionId)).toEqual({ accepted: true })
    expect(alice.session.deleted).toBe(true)
    expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
    expect(await (await start()).oauth.restore(sessionId)).toBeUndefined()
  })

  test('[R26] is signed out with all others of its account', async () => {
    const { here, alice, network, start, client } = await damagedAlice()
    const second = await network.signIn('alice.test', { oauth: here.oauth })
    const other = await start()
    expect(await other.oauth.revokeAll(alice.did)).toHaveLength(2)
    expect(await idsOf(await start())).toEqual([])
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false, true])
    for (const { session } of [client, second]) {
      expect(await other.oauth.restore(session.sessionId)).toBeUndefined()
    }
  })

  test('hides no other session: of the same account, of others, the newest', async () => {
    const { here, alice, network, place, start, sessionId } = await damagedAlice()
    const older = await network.signIn('alice.test', { oauth: here.oauth })
    await network.clock.advance(1000)
    const newest = await network.signIn('alice.test', { oauth: here.oauth })
    const bobs = await network.signIn('bob.test', { oauth: here.oauth })
    await place.damage(keyOf(newest))
    const other = await start()
    expect(await idsOf(other)).toEqual([older.session.sessionId, bobs.session.sessionId].toSorted())
    const told = other.events.filter(({ type }) => type === 'unreadable').map((event) => event.sessionId)
    expect(told.toSorted()).toEqual([sessionId, newest.session.sessionId].toSorted())
    const found = await other.oauth.latest(alice.did)
    expect(found?.session.sessionId).toBe(older.session.sessionId)
    expect((await found?.get(GET_SESSION))?.data.did).toBe(alice.did)
    expect((await found?.refresh())?.session).toMatchObject({ status: 'active', stored: true })
  })
})

test('[R26] a session whose storage key is missing is not signed out: its record is whole', async () => {
  const [storageKey = '', otherKey = ''] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))
  const { address, remove } = await makeDirectory([storageKey])
  onTestFinished(async () => void (await remove?.()))
  const network = newNetwork()
  const start = async (keys: readonly string[]) =>
    processOver(network, (await openEngine({ ...address, keys })).storage)
  const client = await network.signIn('alice.test', { oauth: (await start([storageKey])).oauth })
  const { sessionId } = client.session

  const lacking = await start([otherKey])
  const failure = await corruptionOf(lacking.storage, keyOf(client))
  expect(failure.version).toBeUndefined()
  expect(await failureOf(lacking.oauth.revoke(sessionId))).toMatchObject({
    code: 'corrupt',
    action: expect.stringMatching(/^add the key whose id is [\w-]{8} back/),
  })
  expect(network.log.to('/oauth/revoke')).toEqual([])
  const restored = await (await start([otherKey, storageKey])).oauth.restore(sessionId)
  expect((await restored?.refresh())?.session).toMatchObject({ sessionId, status: 'active', stored: true })
})
