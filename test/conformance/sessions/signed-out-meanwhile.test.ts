import type { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf, keysIn } from '../scene.ts'
import { GET_SESSION, MINUTE } from '../refresh/scene.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import {
  consentedAgain,
  elsewhere,
  isReturn,
  revoked,
  signedInUnread,
  signInAgain,
  unreadableAtTimes,
  watchedAlice,
} from './scene.ts'

test('[R26] gives back a sign-in that only memory had, where the next one finds the session signed out', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, sessionId, oauth } = scene
  const other = await elsewhere(scene)
  const heal = storage.onPut({ when: isReturn, fails: 'refuse', times: Infinity })
  await signInAgain(scene)
  const { callback, context } = await consentedAgain(scene)
  await other.oauth.revoke(sessionId)
  heal()
  const { client } = await oauth.callback(callback, { context })
  expect(client.session.sessionId).not.toBe(sessionId)
  await clock.advance(MINUTE)
  await scene.settled()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R26] gives back what a sign-in led away from that had never been read', async () => {
  const scene = await watchedAlice()
  const { alice, sessionId, clock } = scene
  const { oauth } = await signedInUnread(scene)
  await oauth.revoke(sessionId)
  await clock.settle()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
  expect(new Set(revoked(scene)).size).toBe(2)
})

test('[R26] makes a new session where this process signed out while the storage could not be read', async () => {
  const scene = await watchedAlice()
  const { alice, clock, sessionId } = scene
  let before: (() => Promise<unknown>) | undefined
  const storage = sharedStorage(scene.storage, {
    async get(key) {
      const act = key.startsWith('session/') ? before : undefined
      if (!act) return scene.storage.get(key)
      before = undefined
      await act()
      throw new Error('nobody answers')
    },
  })
  const here = await elsewhere(scene, storage)
  const { callback, context } = await consentedAgain({ alice, ...here })
  before = () => here.oauth.revoke(sessionId)
  const { client } = await here.oauth.callback(callback, { context })
  expect(client.session.sessionId).not.toBe(sessionId)
  await clock.advance(MINUTE)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R26] makes no new session of tokens that the tombstone owes, where only the answer to their writing was lost', async () => {
  const scene = await watchedAlice()
  const { storage, oauth, clock, sessionId, alice } = scene
  storage.onPut({ when: isReturn, fails: 'lose-answer', after: () => oauth.revoke(sessionId) })
  const client = await signInAgain(scene)
  await clock.advance(MINUTE)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out', sessionId })
  expect(await keysIn(storage, 'session/')).toHaveLength(1)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})

test('[R26] pays what a tombstone still owes that signing in again meets', async () => {
  const scene = await watchedAlice()
  const { oauth, sessionId, network, clock, alice } = scene
  const other = await elsewhere(scene)
  const { callback, context } = await consentedAgain({ alice, ...other })
  // The process that signs out stops between its tombstone and the revocation.
  const stopped = network.fault({ path: '/oauth/revoke', hang: 'request' })
  const signingOut = oauth.revoke(sessionId)
  await stopped.hit
  const { client } = await other.oauth.callback(callback, { context })
  expect(client.session.sessionId).not.toBe(sessionId)
  await clock.settle()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
  stopped.release()
  await signingOut
})

test('[R26] tells that a session was signed out, where signing out finds that another process did', async () => {
  const scene = await watchedAlice()
  const { oauth, sessionId, events, client } = scene
  const other = await elsewhere(scene)
  await other.oauth.revoke(sessionId)
  events.length = 0
  await oauth.revoke(sessionId)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(events.map(({ type }) => type)).toEqual(['signed_out'])
})

test('[R26] gives back a sign-in that came to memory while a process that had no session was signing it out', async () => {
  const scene = await watchedAlice()
  const { alice, clock, deploy, sessionId } = scene
  const { callback, context } = await consentedAgain(scene)
  const inner = new WatchedStorage(scene.storage)
  const { storage, goAway, comeBack } = unreadableAtTimes(inner)
  const oauth = deploy(storage, { waitUntil: undefined })
  let client: XrpcClient | undefined
  inner.onPut({
    after: async () => {
      goAway()
      client = (await oauth.callback(callback, { context })).client
      comeBack()
    },
    when: (value) => 'owes' in Object(value),
  })
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  await clock.advance(2000)
  expect(client && (await failureOf(client.get(GET_SESSION)))).toMatchObject({
    code: 'signed_out',
    sessionId,
  })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})

test('[R26] revokes each token once, where a sign-in that only memory has is signed out', async () => {
  const scene = await watchedAlice()
  const { storage, oauth, sessionId, clock, alice } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  await oauth.revoke(sessionId)
  await clock.advance(MINUTE)
  await scene.settled()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
  expect(revoked(scene)).toHaveLength(2)
})

test('[R26] revokes each token once, where a sign-in that only memory has finds the session signed out', async () => {
  const scene = await watchedAlice()
  const { storage, sessionId, clock, alice } = scene
  const { oauth } = await elsewhere(scene)
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  await oauth.revoke(sessionId)
  const [, fresh] = alice.sessions
  await clock.advance(MINUTE)
  await scene.settled()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
  expect(revoked(scene).filter((token) => token === fresh?.refreshToken)).toHaveLength(1)
})
