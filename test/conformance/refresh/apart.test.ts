import { expect, test, vi } from 'vitest'
import { failureOf } from '../scene.ts'
import { GET_SESSION, HOUR, signedInAlice } from './scene.ts'

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
