import { expect, test } from 'vitest'
import type { SessionRecord } from '../../../src/session/record.ts'
import { sessionKey } from '../../../src/session/record.ts'
import { failureOf, signIn } from '../scene.ts'
import { DAY, GET_SESSION, MINUTE } from '../refresh/scene.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import {
  consentedAgain,
  elsewhere,
  hasTokens,
  isReturn,
  revoked,
  signInAgain,
  unreadableAtTimes,
  watchedAlice,
  signedInUnread,
} from './scene.ts'

const hasAttempt = (value: unknown) => (value as SessionRecord).attempt !== null
const isSecondSet = (value: unknown) => (value as SessionRecord).gen === 2

test('[R25] gives back the newest tokens before, which only memory has', async () => {
  const scene = await watchedAlice()
  const { storage, client, alice, record } = scene
  storage.onPut({ when: isSecondSet, fails: 'refuse', times: Infinity })
  await client.refresh()
  const held = alice.session.refreshToken
  await signInAgain(scene)
  // What tries to store the second set ends with the third.
  await scene.clock.advance(MINUTE)
  expect(revoked(scene)).toEqual([held])
  expect((await record()).gen).toBe(4)
})

test('[R6] gives back the newest tokens before, which only the storage has', async () => {
  const scene = await watchedAlice()
  const { alice } = scene
  await (await elsewhere(scene)).client.refresh()
  const newest = alice.session.refreshToken
  await signInAgain(scene)
  await scene.settled()
  expect(revoked(scene)).toEqual([newest])
})

test('[R25] gives back what only memory had, also where the storage could not even be read', async () => {
  const scene = await watchedAlice()
  const { alice, clock } = scene
  const { storage, goAway, comeBack } = unreadableAtTimes(scene.storage)
  const here = await elsewhere(scene, storage)
  const heal = scene.storage.onPut({ when: isSecondSet, fails: 'refuse', times: Infinity })
  await here.client.refresh()
  const held = alice.session.refreshToken
  goAway()
  await signInAgain({ alice, ...here })
  heal()
  comeBack()
  await clock.advance(MINUTE)
  expect(revoked(scene)).toEqual([held])
})

test('[R25] gives back what only memory had also after two sign-ins that could not be stored', async () => {
  const scene = await watchedAlice()
  const { storage, client, alice, clock } = scene
  const heal = storage.onPut({
    when: (value) => hasTokens(value) && !hasAttempt(value),
    fails: 'refuse',
    times: Infinity,
  })
  await client.refresh()
  const held = alice.session.refreshToken
  await signInAgain(scene)
  await signInAgain(scene)
  const [, first] = alice.sessions
  heal()
  await clock.advance(MINUTE)
  expect(new Set(revoked(scene))).toEqual(new Set([held, first?.refreshToken]))
})

test('[R25] gives back a sign-in that memory forgot for the storage, once the person signs in again', async () => {
  const scene = await watchedAlice()
  const { alice, rewrite, sessionId } = scene
  await rewrite({ gen: 5 })
  const { oauth, client } = await signedInUnread(scene)
  await oauth.restore(sessionId)
  await signInAgain({ alice, oauth, client })
  await scene.clock.advance(MINUTE)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R25] is not forgotten for what the storage had before, by a process that never had the session', async () => {
  const scene = await watchedAlice()
  const { alice, sessionId } = scene
  const { oauth } = await signedInUnread(scene)
  await (await oauth.restore(sessionId))?.refresh()
  expect(alice.sessions.map(({ refreshCount }) => refreshCount)).toEqual([0, 1])
})

test('[R7] [R25] refreshes with its own tokens in a process that never had the session and could not read', async () => {
  const scene = await watchedAlice()
  const { alice } = scene
  const { client } = await signedInUnread(scene)
  await client.refresh()
  expect(alice.sessions.map(({ refreshCount }) => refreshCount)).toEqual([0, 1])
  await scene.clock.advance(2000)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R7] [R25] refreshes its own tokens, not the later ones of the sign-in before, where it could not read', async () => {
  const scene = await watchedAlice()
  const { alice, rewrite, record } = scene
  await rewrite({ gen: 5 })
  const { client } = await signedInUnread(scene)
  await client.refresh()
  expect(alice.sessions.map(({ refreshCount }) => refreshCount)).toEqual([0, 1])
  expect((await record()).gen).toBe(8)
})

test('[R25] asks the server at once after a sign-in that only memory has, however long it was to wait', async () => {
  const scene = await watchedAlice()
  const { client, network, storage } = scene
  network.fault({ path: '/oauth/token', status: 429, headers: { 'retry-after': '600' } })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  storage.onPut({ when: isReturn, fails: 'refuse' })
  expect((await signInAgain(scene)).session.stored).toBe(false)
  expect((await client.refresh()).session.status).toBe('active')
})

test('[R25] goes on with the nonce that the sign-in has learned, also where only memory has its tokens', async () => {
  const scene = await watchedAlice()
  const { network } = scene
  const { client } = await signedInUnread(scene)
  network.log.clear()
  await client.refresh()
  expect(network.log.to('/oauth/token').map(({ status }) => status)).toEqual([200])
})

test('[R24] [R25] lives in memory where the storage says again and again that somebody was first', async () => {
  const scene = await watchedAlice()
  const { storage, events, clock, sessionId, record } = scene
  storage.onPut({ when: isReturn, loses: true, times: 25 })
  const client = await signInAgain(scene)
  expect(client.session).toMatchObject({ sessionId, status: 'active', stored: false })
  expect(storage.puts.filter(isReturn)).toHaveLength(20)
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'store_failed', error: expect.objectContaining({ found: 'only refusals' }) }),
  )
  await clock.advance(1000)
  expect((await record()).gen).toBe(3)
})

test('[R26] brings back no session that was signed out here, once its tombstone is gone', async () => {
  const scene = await watchedAlice()
  const { deploy, alice, clock } = scene
  const { storage, goAway, comeBack } = unreadableAtTimes(scene.storage)
  const here = deploy(storage)
  const heal = scene.storage.onPut({ when: hasTokens, fails: 'refuse', times: Infinity })
  const unstored = await signIn({ ...scene, oauth: here })
  const { sessionId } = unstored.session
  await signInAgain({ alice, oauth: here, client: unstored })
  await here.revoke(sessionId)
  goAway()
  await clock.advance(2 * DAY)
  comeBack()
  heal()
  await clock.advance(2 * MINUTE)
  expect(await scene.storage.get(sessionKey(sessionId))).toBeUndefined()
  expect(await failureOf(unstored.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false, true, true])
})

test('[R15] [R25] puts nothing over an attempt on its own tokens, also where memory counts them higher', async () => {
  const scene = await watchedAlice()
  const { storage, alice, clock, network, record, client } = scene
  const there = await elsewhere(scene)
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  let heal: (() => void) | undefined
  // It is stored; then a refresh of the tokens before comes in, while nobody has heard of that.
  storage.onPut({
    when: isReturn,
    fails: 'lose-answer',
    after: async () => {
      heal = storage.onPut({ when: hasTokens, fails: 'refuse', times: Infinity })
      slow.release()
      await refreshing
    },
  })
  await signInAgain(scene)
  heal?.()
  await there.client.refresh() // takes the new tokens (R6)
  const slower = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const theirs = there.client.refresh()
  await slower.hit
  await clock.advance(2000)
  expect((await record()).attempt).not.toBeNull()
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_pending' })
  slower.release()
  expect((await theirs).session.status).toBe('active')
  await clock.advance(MINUTE)
  expect(alice.session).toMatchObject({ deleted: false, refreshCount: 1 })
  expect((await record()).tokens.refreshToken).toBe(alice.session.refreshToken)
})

test('[R25] is stored also where the next sign-in found a record that it could not read', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, sessionId, oauth } = scene
  const key = sessionKey(sessionId)
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  const { callback, context } = await consentedAgain(scene)
  const entry = await storage.get(key)
  const version = await storage.put(key, { schema: 9 }, { ifVersion: entry?.version ?? '' })
  const { client } = await oauth.callback(callback, { context })
  expect(client.session.sessionId).not.toBe(sessionId)
  await storage.put(key, entry?.value ?? null, { ifVersion: version ?? '' })
  await clock.advance(5 * MINUTE)
  expect((await scene.client.get(GET_SESSION)).client.session.stored).toBe(true)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false, false])
})

test('[R25] tells of no end that the storage still has of the sign-in before', async () => {
  const scene = await watchedAlice()
  const { deploy, rewrite, sessionId, events } = scene
  await rewrite({ gen: 5, status: 'needs_reauth', reason: 'revoked' })
  const { callback, context } = await consentedAgain(scene)
  const { storage, goAway, comeBack } = unreadableAtTimes(scene.storage)
  const oauth = deploy(storage, { onEvent: (event) => events.push(event) })
  events.length = 0
  goAway()
  await oauth.callback(callback, { context })
  comeBack()
  const client = await oauth.restore(sessionId)
  expect(client?.session.status).toBe('active')
  expect(events.map(({ type }) => type)).toEqual(['store_failed', 'signed_in'])
})

test('[R25] leaves the later of two sign-ins in use, where both were under way before either had failed', async () => {
  const scene = await watchedAlice()
  const { alice, clock } = scene
  const readings: PromiseWithResolvers<void>[] = []
  let isHeld = false
  const storage = sharedStorage(scene.storage, {
    async get(key) {
      if (isHeld && key.startsWith('session/')) {
        const reading = Promise.withResolvers<void>()
        readings.push(reading)
        await reading.promise
      }
      return scene.storage.get(key)
    },
  })
  const here = await elsewhere(scene, storage)
  const [one, other] = [await consentedAgain({ alice, ...here }), await consentedAgain({ alice, ...here })]
  isHeld = true
  const first = here.oauth.callback(one.callback, { context: one.context })
  await clock.settle()
  const second = here.oauth.callback(other.callback, { context: other.context })
  await clock.settle()
  readings[0]?.reject(new Error('nobody answers'))
  await first
  // The first is tried again, and that reading is slow.
  await clock.advance(1000)
  readings[1]?.reject(new Error('nobody answers'))
  await second
  isHeld = false
  expect(readings).toHaveLength(3)
  readings[2]?.resolve()
  await clock.advance(MINUTE)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
  expect((await here.client.get(GET_SESSION)).client.session).toMatchObject({ status: 'active', stored: true })
})

test('[R25] is stored after all where the one before, whose answer came late, was stored first', async () => {
  const scene = await watchedAlice()
  const { alice, clock, record } = scene
  const inner = new WatchedStorage(scene.storage)
  const { storage, goAway, comeBack } = unreadableAtTimes(inner)
  const here = await elsewhere(scene, storage)
  inner.onPut({
    when: isReturn,
    after: async () => {
      goAway()
      await signInAgain({ alice, ...here })
      comeBack()
    },
  })
  await signInAgain({ alice, ...here })
  await clock.advance(MINUTE)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect((await here.client.get(GET_SESSION)).client.session).toMatchObject({ status: 'active', stored: true })
})
