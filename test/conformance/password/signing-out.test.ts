import { memoryStorage, revokePasswordSession, type RevokePasswordOptions } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import { CREATE, DAY, DELETE, GET_SESSION, HOUR, MINUTE, REFRESH, SECOND, signedInWithPassword } from './scene.ts'

test('[R26] signs out at the server with the refresh token, and leaves a tombstone without secrets', async () => {
  const { client, sessionId, options, network, tombstone, record, answers, events } = await signedInWithPassword()
  const { tokens, issuer } = await record(sessionId)
  expect(await revokePasswordSession(sessionId, options)).toEqual({ accepted: true })
  expect(answers(DELETE)).toEqual([200])
  expect(await tombstone(sessionId)).toMatchObject({ signedOut: true, owes: null })
  expect(events.at(-1)).toMatchObject({ type: 'signed_out', sessionId })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  const headers = { authorization: `Bearer ${tokens.refreshToken}` }
  expect((await network.fetch(issuer + REFRESH, { method: 'POST', headers })).status).toBe(400)
})

test('[R26] signs in anew after that, into a session of its own', async () => {
  const { sessionId, options, signIn, network } = await signedInWithPassword()
  await revokePasswordSession(sessionId, options)
  const client = await signIn()
  expect(client.session.sessionId).not.toBe(sessionId)
  expect(network.log.to(CREATE)).toHaveLength(1)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R5] another process hears of it at its next refresh', async () => {
  const { sessionId, options, otherProcess, clock, answers } = await signedInWithPassword()
  const other = await otherProcess()
  await revokePasswordSession(sessionId, options)
  await clock.advance(2 * HOUR)
  expect(await failureOf(other.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(answers(REFRESH)).toEqual([])
})

test('[R26] is signed out here although the server is away, and whoever meets the debt pays it', async () => {
  const { sessionId, options, network, tombstone, otherProcess, clock, answers } = await signedInWithPassword()
  const stopped = network.fault({ path: DELETE, hang: 'request' })
  // Its process ends before it is done.
  void revokePasswordSession(sessionId, { ...options, storage: endingAfter(options.storage) }).catch(() => {})
  await stopped.hit
  expect((await tombstone(sessionId)).owes).toMatchObject({ refreshToken: expect.any(String) })
  await clock.advance(MINUTE)
  await otherProcess()
  await clock.settle()
  expect(answers(DELETE).filter((status) => status === 200)).toHaveLength(1)
  expect((await tombstone(sessionId)).owes).toBeNull()
})

const isPaid = (value: unknown): boolean => JSON.stringify(value).includes('"owes":null')

/** A storage whose process dies once it has signed out. */
function endingAfter(inner: WatchedStorage | RevokePasswordOptions['storage']): WatchedStorage {
  const storage = new WatchedStorage(inner)
  storage.onPut({ when: isPaid, times: Infinity, before: () => new Promise(() => {}) })
  return storage
}

test('[R26] says why the server did not take it, and is signed out all the same', async () => {
  const { client, sessionId, options, network, tombstone } = await signedInWithPassword()
  network.fault({ path: DELETE, status: 500, body: '{"error":"InternalServerError","message":"Oh."}' })
  expect(await revokePasswordSession(sessionId, options)).toMatchObject({
    accepted: false,
    reason: expect.stringContaining('500'),
  })
  expect((await tombstone(sessionId)).owes).toBeNull()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('[R26] does not wait for ever', async () => {
  const { sessionId, options, network, clock } = await signedInWithPassword()
  network.fault({ path: DELETE, hang: 'request' })
  const revoking = revokePasswordSession(sessionId, options)
  await clock.advance(10 * SECOND)
  expect(await revoking).toMatchObject({ accepted: false })
})

test('[R26] the tombstone stays a day', async () => {
  const { sessionId, options, shared, clock } = await signedInWithPassword()
  await revokePasswordSession(sessionId, options)
  await clock.advance(DAY - SECOND)
  expect(await shared.get(`password/${sessionId}`)).toBeDefined()
  await clock.advance(SECOND)
  expect(await shared.get(`password/${sessionId}`)).toBeUndefined()
})

test('[R24] [R26] tokens that were on their way while it was signed out are given back', async () => {
  const { client, sessionId, options, network, clock, answers, record } = await signedInWithPassword()
  await clock.advance(2 * HOUR)
  const slow = network.fault({ path: REFRESH, hang: 'answer' })
  const failure = failureOf(client.get(GET_SESSION))
  await slow.hit
  expect((await record(sessionId)).attempt).not.toBeNull()
  await revokePasswordSession(sessionId, options)
  slow.release()
  expect(await failure).toMatchObject({ code: 'signed_out' })
  // The old tokens, and the new ones.
  expect(answers(DELETE)).toEqual([200, 200])
})

test('[R24] [R26] a sign-in that was signed out elsewhere while it was being stored gives its tokens back', async () => {
  const { signIn, options, clock, shared, network, answers, sessionId: other } = await signedInWithPassword()
  await revokePasswordSession(other, options)
  network.log.clear()
  const storage = new WatchedStorage(shared)
  storage.onPut({ fails: 'lose-answer' })
  const client = await signIn({ storage })
  // The other process cannot reach the server.
  network.fault({ path: DELETE, status: 503 })
  const { sessionId } = client.session
  expect(
    await revokePasswordSession(sessionId, { ...options, storage: new WatchedStorage(shared) }),
  ).toMatchObject({
    accepted: false,
  })
  await clock.advance(5 * SECOND)
  expect(answers(DELETE)).toEqual([503, 200])
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('signs out what the storage could not keep, and never stored', async () => {
  const { signIn, options, clock, shared } = await signedInWithPassword()
  const storage = new WatchedStorage(memoryStorage({ clock }))
  storage.onPut({ fails: 'refuse' })
  const client = await signIn({ storage })
  expect(client.session.stored).toBe(false)
  expect(await revokePasswordSession(client.session.sessionId, { ...options, storage })).toEqual({
    accepted: true,
  })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(await shared.get(`password/${client.session.sessionId}`)).toBeUndefined()
})

test('says that there is no such session, and asks nobody', async () => {
  const { options, alice, network } = await signedInWithPassword()
  expect(await revokePasswordSession(`${alice.did}/another`, options)).toEqual({
    accepted: false,
    reason: 'there is no such session',
  })
  expect(network.log.entries).toEqual([])
})

test('wants the storage, without which there is nothing to sign out', async () => {
  const { sessionId, options } = await signedInWithPassword()
  const { storage: _, ...rest } = options
  const error = await failureOf(revokePasswordSession(sessionId, rest as RevokePasswordOptions))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toMatch(/^storage: expected the storage/)
  expect(await failureOf(revokePasswordSession(1 as unknown as string, options))).toBeInstanceOf(TypeError)
})
