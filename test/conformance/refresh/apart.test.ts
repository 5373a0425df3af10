import { expect, test, vi } from 'vitest'
import { failureOf } from '../scene.ts'
import {
  consentedAgain,
  elsewhere,
  isReturn,
  signedInUnread,
  signInAgain,
  unreadableAtTimes,
} from '../sessions/scene.ts'
import { sessionKey } from '../../../src/session/record.ts'
import { countingRuntime, GET_SESSION, HOUR, isSecondSet, signedInAlice, unstoredAlice } from './scene.ts'
import { WatchedStorage } from './watched-storage.ts'

// As in Cloudflare's Workers: what one request begins, no other may wait for.
vi.mock(import('../../../src/runtime/node.ts'), async (original) => ({
  ...(await original()),
  isolatesRequests: () => true,
}))

const TOKEN_ENDPOINT = '/oauth/token'
const SECOND = 1000

test('[H1] spends one refresh token for twenty calls that are kept apart', async () => {
  const { client, clock, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  clock.auto()
  const results = await Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
  expect(results.every(({ status }) => status === 200)).toBe(true)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R2] doubts a refused token once for twenty calls that are kept apart', async () => {
  const { client, clock, tokenRequests, alice, storage } = await signedInAlice()
  alice.expireAccessTokens()
  clock.auto()
  await Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
  expect(tokenRequests()).toHaveLength(1)
  // One for the doubt, one for the refresh.
  expect(storage.gets).toBe(2)
})

test('reads the storage once for many who restore at once', async () => {
  const { oauth, sessionId, clock, storage } = await signedInAlice()
  const restored = Array.from({ length: 20 }, () => oauth.restore(sessionId))
  await clock.advance(SECOND)
  for (const client of await Promise.all(restored)) expect(client?.session.sessionId).toBe(sessionId)
  expect(storage.gets).toBe(1)
})

test('[R12] [R13] goes by the storage where a refresh takes longer than ten seconds', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  const first = client.get(GET_SESSION)
  await slow.hit
  const second = client.get(GET_SESSION)
  await clock.advance(15 * SECOND)
  slow.release()
  await clock.advance(3 * SECOND)
  expect([(await first).status, (await second).status]).toEqual([200, 200])
  expect(tokenRequests()).toHaveLength(1)
})

test('[R13] gives up on a refresh that was stopped as on one of another process', async () => {
  const { client, clock, storage, network } = await signedInAlice()
  await clock.advance(HOUR)
  // Nothing comes back to the one that flies, and it is never heard of again.
  network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  storage.onPut({ times: 1, after: () => new Promise(() => {}) })
  void client.get(GET_SESSION).catch(() => {})
  await clock.settle()
  const second = failureOf(client.get(GET_SESSION))
  await clock.advance(42 * SECOND)
  expect(await second).toMatchObject({ code: 'refresh_pending' })
})

test('[R15] a request that was slow takes nothing from the refresh that another one began meanwhile', async () => {
  const { client, clock, storage, network, oauth, sessionId, record, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  const held = storage.holdGet()
  const first = client.get(GET_SESSION)
  await held.reached
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  const second = client.get(GET_SESSION)
  await clock.advance(11 * SECOND)
  await slow.hit
  held.release()
  await clock.settle()
  expect((await record()).attempt).not.toBeNull()
  // The attempt is the second one's, which is on its way.
  expect((await oauth.restore(sessionId))?.session.status).toBe('active')
  slow.release()
  await clock.advance(5 * SECOND)
  expect([(await first).status, (await second).status]).toEqual([200, 200])
  expect(tokenRequests()).toHaveLength(1)
})

test('a caller that gives up waits no longer for the refresh of another request', async () => {
  const { client, clock, network } = await signedInAlice()
  await clock.advance(HOUR)
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  const first = client.get(GET_SESSION)
  await slow.hit
  const caller = new AbortController()
  const second = failureOf(client.get(GET_SESSION, { signal: caller.signal }))
  await clock.advance(SECOND)
  const reason = new Error('the page was left')
  caller.abort(reason)
  expect(await second).toBe(reason)
  slow.release()
  await clock.advance(SECOND)
  expect((await first).status).toBe(200)
})

test('[R25] stores with its next call what a request could not that was stopped', async () => {
  const { waitUntil, held } = countingRuntime()
  const { client, storage, record, clock } = await signedInAlice({ client: { waitUntil } })
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  await clock.settle()
  expect((await record()).gen).toBe(1)
  const slow = storage.holdGet()
  // The clock stands still: of the request before nothing goes on.
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await slow.reached
  expect(held()).toBe(2)
  slow.release()
  await clock.settle()
  expect(held()).toBe(1)
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  expect((await client.get(GET_SESSION)).client.session.stored).toBe(true)
})

test('[R25] tries it once a second, and no more', async () => {
  const { client, storage, clock } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse', times: Infinity })
  await client.refresh()
  storage.reset()
  for (let i = 0; i < 3; i++) await client.get(GET_SESSION)
  await clock.settle()
  expect(storage.puts).toHaveLength(1)
})

test('[R25] puts it over no newer tokens', async () => {
  const { client, storage, rewrite, record, clock } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  await rewrite({ gen: 3 })
  await client.get(GET_SESSION)
  await clock.settle()
  expect((await record()).gen).toBe(3)
})

test('[R25] [R26] puts it over no tombstone', async () => {
  const { client, storage, deploy, sessionId, tombstone, clock } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  await deploy(new WatchedStorage(storage)).revoke(sessionId)
  const call = failureOf(client.get(GET_SESSION))
  await clock.settle()
  expect(await tombstone()).toMatchObject({ signedOut: true })
  await clock.advance(5 * SECOND)
  expect(await call).toMatchObject({ code: 'signed_out' })
})

test('[R25] stores no tokens of a session whose record is gone', async () => {
  const { client, storage, clock, sessionId } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  const key = sessionKey(sessionId)
  const { version = '' } = (await storage.get(key)) ?? {}
  await storage.delete(key, { ifVersion: version })
  storage.reset()
  await client.get(GET_SESSION)
  await clock.settle()
  expect(storage.puts).toHaveLength(0)
})

test('[R25] stores a session with its next call that never could be stored', async () => {
  const { clock, client } = await unstoredAlice({ times: 1 })
  expect(client.session.stored).toBe(false)
  await client.get(GET_SESSION)
  await clock.settle()
  expect((await client.get(GET_SESSION)).client.session.stored).toBe(true)
})

test('[R25] stores with its next call a sign-in that leads back into its session, and gives the old tokens back', async () => {
  const scene = await signedInAlice()
  const { alice, storage, record, clock } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  const client = await signInAgain(scene)
  expect(client.session.stored).toBe(false)
  // The clock stands still: of the request before nothing goes on.
  await client.get(GET_SESSION)
  await clock.settle()
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R25] stores it with the next call also where memory has forgotten it for the storage', async () => {
  const scene = await signedInAlice()
  const { alice, rewrite, record, clock, sessionId } = scene
  await rewrite({ gen: 5 })
  const { oauth } = await signedInUnread(scene)
  const client = await oauth.restore(sessionId)
  await client?.get(GET_SESSION)
  await clock.settle()
  expect(await record()).toMatchObject({ gen: 7, tokens: { accessToken: alice.session.accessToken } })
})

test('[R25] stores a sign-in by itself alone, where a call was storing a refresh of before', async () => {
  const scene = await signedInAlice()
  const { alice, storage, record, clock } = scene
  const inner = new WatchedStorage(storage)
  const { storage: flaky, goAway, comeBack } = unreadableAtTimes(inner)
  const [here, there] = [await elsewhere(scene, flaky), await elsewhere(scene)]
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await here.client.refresh()
  const { callback, context } = await consentedAgain({ alice, ...here })
  const held = inner.holdGet()
  await here.client.get(GET_SESSION)
  await held.reached
  goAway()
  await here.oauth.callback(callback, { context })
  held.release()
  await clock.settle()
  await signInAgain({ alice, ...there })
  comeBack()
  await clock.advance(60 * SECOND)
  const living = alice.sessions.filter(({ deleted }) => !deleted)
  expect(living.map(({ accessToken }) => accessToken)).toEqual([(await record()).tokens.accessToken])
})

test('[R26] gives back what a sign-in led away from, where a later request signs out before it is stored', async () => {
  const scene = await signedInAlice()
  const { storage, alice, clock, oauth, sessionId } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  // The clock stands still: of the request before nothing goes on.
  await oauth.revoke(sessionId)
  await clock.settle()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})

test('[R26] gives back a sign-in that only memory has, where a later request finds the session signed out', async () => {
  const scene = await signedInAlice()
  const { storage, alice, clock, oauth, sessionId, deploy } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  await deploy(new WatchedStorage(storage)).revoke(sessionId)
  expect(await oauth.restore(sessionId)).toBeUndefined()
  await clock.settle()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})

test('[R25] holds the runtime of the request that stores a sign-in while the old tokens are given back', async () => {
  const [first, later] = [countingRuntime(), countingRuntime()]
  const scene = await signedInAlice({ client: { waitUntil: first.waitUntil } })
  const { storage, alice, clock, network, deploy, sessionId } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  const revoking = network.fault({ path: '/oauth/revoke', hang: 'request' })
  const client = await deploy(storage, { waitUntil: later.waitUntil }).restore(sessionId)
  await client?.get(GET_SESSION)
  await revoking.hit
  await clock.settle()
  expect(later.held()).toBe(1)
  revoking.release()
  await clock.settle()
  expect(later.held()).toBe(0)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R25] tells the app of the request that stores a sign-in', async () => {
  const scene = await signedInAlice()
  const { storage, clock, deploy, sessionId } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  const events: string[] = []
  const client = await deploy(storage, { onEvent: ({ type }) => events.push(type) }).restore(sessionId)
  await client?.get(GET_SESSION)
  await clock.settle()
  expect(events).toEqual(['stored'])
})

test('[R7] [R25] tells the app of the request that stores a sign-in by a refresh', async () => {
  const scene = await signedInAlice()
  const { storage, deploy, sessionId } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  const events: string[] = []
  const client = await deploy(storage, { onEvent: ({ type }) => events.push(type) }).restore(sessionId)
  await client?.refresh()
  expect(events).toEqual(['stored', 'refresh_begun', 'stored', 'refreshed'])
})
