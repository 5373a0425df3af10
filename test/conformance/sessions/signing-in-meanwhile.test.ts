import type { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import type { SessionRecord } from '../../../src/session/record.ts'
import { sessionKey } from '../../../src/session/record.ts'
import { failureOf, signIn } from '../scene.ts'
import { GET_SESSION, MINUTE, type SignedInScene } from '../refresh/scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import {
  consentedAgain,
  elsewhere,
  endedAlice,
  isReturn,
  revoked,
  signInAgain,
  unreadableAtTimes,
  watchedAlice,
} from './scene.ts'

test('[R24] puts over a record that somebody was first to change, as often as it takes', async () => {
  const scene = await endedAlice()
  const { storage, rewrite, record, alice } = scene
  storage.onPut({ when: isReturn, before: () => rewrite({ gen: 7 }) })
  const client = await signInAgain(scene)
  expect(client.session.status).toBe('active')
  expect(await record()).toMatchObject({ gen: 9, tokens: { accessToken: alice.session.accessToken } })
})

test.each([
  ['before the person came back', { isInBetween: false }],
  ['while it was written', { isInBetween: true }],
])('[R26] makes a new session of one that was signed out %s', async (_, { isInBetween }) => {
  const scene = await watchedAlice()
  const { oauth, storage, sessionId, client, tombstone } = scene
  const { callback, context } = await consentedAgain(scene)
  if (isInBetween) storage.onPut({ when: isReturn, before: () => oauth.revoke(sessionId) })
  else await oauth.revoke(sessionId)
  const { client: renewed } = await oauth.callback(callback, { context })
  expect(renewed.session).toMatchObject({ did: client.did, status: 'active', stored: true })
  expect(renewed.session.sessionId).not.toBe(sessionId)
  expect((await renewed.get(GET_SESSION)).status).toBe(200)
  expect(await tombstone()).toMatchObject({ signedOut: true })
  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('[R5] makes a new session of one that the storage has lost, and drops the old one', async () => {
  const scene = await watchedAlice()
  const { oauth, storage, sessionId, client } = scene
  const { callback, context } = await consentedAgain(scene)
  const { version } = (await storage.get(sessionKey(sessionId))) ?? { version: '' }
  await storage.delete(sessionKey(sessionId), { ifVersion: version })
  const { client: renewed } = await oauth.callback(callback, { context })
  expect(renewed.session.sessionId).not.toBe(sessionId)
  expect(await storage.get(sessionKey(sessionId))).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('makes a new session where the record cannot be read, and leaves that as it is', async () => {
  const scene = await watchedAlice()
  const { oauth, storage, sessionId } = scene
  const { callback, context } = await consentedAgain(scene)
  const { version } = (await storage.get(sessionKey(sessionId))) ?? { version: '' }
  await storage.put(sessionKey(sessionId), { schema: 9 }, { ifVersion: version })
  const { client } = await oauth.callback(callback, { context })
  expect(client.session.sessionId).not.toBe(sessionId)
  expect((await storage.get(sessionKey(sessionId)))?.value).toEqual({ schema: 9 })
})

test('leads back into a session that only lives in memory, since its own sign-in could not be stored', async () => {
  const scene = await watchedAlice()
  const { storage, oauth, clock } = scene
  const heal = storage.onPut({ when: (value) => 'tokens' in Object(value), fails: 'refuse', times: Infinity })
  const unstored = await signIn(scene)
  expect(unstored.session.stored).toBe(false)
  heal()
  const { client } = await oauth.callback(...(await returning(scene, unstored)))
  expect(client.session).toMatchObject({ sessionId: unstored.session.sessionId, stored: true })
  await clock.advance(MINUTE)
  expect((await oauth.restore(client.session.sessionId))?.session.status).toBe('active')
})

test('[R25] lives in memory while the storage fails, and gives the old tokens back once it is stored', async () => {
  const scene = await watchedAlice()
  const { storage, record, clock, events, sessionId } = scene
  const old = (await record()).tokens.refreshToken
  const heal = storage.onPut({ when: isReturn, fails: 'refuse', times: Infinity })
  const client = await signInAgain(scene)
  expect(client.session).toMatchObject({ sessionId, status: 'active', stored: false })
  expect(events).toContainEqual(expect.objectContaining({ type: 'store_failed', sessionId }))
  expect((await scene.client.get(GET_SESSION)).status).toBe(200)
  expect(revoked(scene)).toEqual([])
  expect((await record()).gen).toBe(1)
  heal()
  events.length = 0
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 3, status: 'active' })
  expect(revoked(scene)).toEqual([old])
  expect(events.map(({ type }) => type)).toContain('stored')
  expect((await client.get(GET_SESSION)).client.session.stored).toBe(true)
})

test('[R7] [R25] is stored by a refresh as well, and the old tokens are given back all the same', async () => {
  const scene = await watchedAlice()
  const { storage, record, clock, events } = scene
  const old = (await record()).tokens.refreshToken
  storage.onPut({ when: isReturn, fails: 'refuse' })
  const client = await signInAgain(scene)
  events.length = 0
  await client.refresh()
  expect((await record()).gen).toBe(4)
  await clock.advance(2000)
  expect(revoked(scene)).toEqual([old])
  // The sign-in, and the refresh.
  expect(events.filter(({ type }) => type === 'stored')).toHaveLength(2)
  storage.reset()
  await client.refresh()
  expect(storage.gets).toBe(1)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R25] takes what stands there for its own, where only the answer of the storage was lost', async () => {
  const scene = await watchedAlice()
  const { storage, record, clock, alice } = scene
  storage.onPut({ when: isReturn, fails: 'lose-answer' })
  const client = await signInAgain(scene)
  expect(client.session.stored).toBe(false)
  await clock.advance(2000)
  expect(storage.puts.filter(isReturn)).toHaveLength(1)
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R25] lives in memory where the storage cannot even be read, also in a process that never had the session', async () => {
  const scene = await watchedAlice()
  const { record, rewrite, clock, sessionId, deploy } = scene
  await rewrite({ gen: 5, status: 'needs_reauth', reason: 'revoked' })
  const { callback, context } = await consentedAgain(scene)
  const { storage, goAway, comeBack } = unreadableAtTimes(scene.storage)
  goAway()
  const { client } = await deploy(storage).callback(callback, { context })
  expect(client.session).toMatchObject({ sessionId, status: 'active', stored: false })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  comeBack()
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 7, status: 'active' })
})

test('[R24] [R26] gives its tokens back where the session was signed out before they could be stored', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, sessionId, tombstone } = scene
  const { oauth } = await elsewhere(scene)
  const heal = storage.onPut({ when: isReturn, fails: 'refuse', times: Infinity })
  const client = await signInAgain(scene)
  await oauth.revoke(sessionId)
  heal()
  await clock.advance(2000)
  expect(await tombstone()).toMatchObject({ signedOut: true })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('[R24] takes the tokens of a later sign-in where one of its own writings may have stood before', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, record } = scene
  const other = await elsewhere(scene)
  storage.onPut({ when: isReturn, fails: 'lose-answer' })
  const client = await signInAgain(scene)
  await signInAgain({ alice, ...other })
  const later = alice.session.accessToken
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 5, tokens: { accessToken: later } })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R7] [R24] shares its try with a refresh, and both yield to a later sign-in that was faster', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, record } = scene
  const other = await elsewhere(scene)
  storage.onPut({ when: isReturn, fails: 'refuse' })
  const client = await signInAgain(scene)
  let refreshing: Promise<XrpcClient> | undefined
  storage.onPut({
    when: isReturn,
    before: async () => {
      refreshing = client.refresh()
      await signInAgain({ alice, ...other })
    },
  })
  await clock.advance(2000)
  expect((await refreshing)?.session.status).toBe('active')
  // Both of its own tries, and the later one's.
  expect(storage.puts.filter(isReturn)).toHaveLength(3)
  expect(scene.tokenRequests().filter(({ form }) => form?.get('grant_type') === 'refresh_token')).toEqual([])
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] takes its tokens in a process whose own refresh was on its way, which gives back what it got', async () => {
  const scene = await watchedAlice()
  const { network, alice, record } = scene
  const other = await elsewhere(scene)
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = other.client.refresh()
  await slow.hit
  await signInAgain(scene)
  const got = alice.sessions[0]?.refreshToken
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect(revoked(scene)).toContain(got)
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
  expect((await other.client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R24] gives back what a refresh of the same process brings for the sign-in before', async () => {
  const scene = await watchedAlice()
  const { network, alice, client, record } = scene
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  await signInAgain(scene)
  const got = alice.sessions[0]?.refreshToken
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect(revoked(scene)).toContain(got)
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R20] takes its tokens in a process whose refresh came too late for the old ones', async () => {
  const scene = await watchedAlice()
  const { network, alice, record } = scene
  const other = await elsewhere(scene)
  await other.client.refresh() // it knows a nonce from here on
  const slow = network.fault({ path: '/oauth/token', hang: 'request' })
  const refreshing = other.client.refresh()
  await slow.hit
  await signInAgain(scene)
  await scene.settled()
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect((await record()).status).toBe('active')
  expect((await other.client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('[R24] [R25] keeps the new tokens from a refresh of the same process, also while the storage fails', async () => {
  const scene = await watchedAlice()
  const { network, alice, storage, client, clock, record } = scene
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  const heal = storage.onPut({ fails: 'refuse', times: Infinity, when: (value) => 'tokens' in Object(value) })
  await signInAgain(scene)
  slow.release()
  expect((await refreshing).session.stored).toBe(false)
  // What stands in the storage is still of the sign-in before.
  expect(revoked(scene)).toEqual([])
  expect((await client.get(GET_SESSION)).status).toBe(200)
  heal()
  await clock.advance(2000)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
})

/** Alice has consented to sign in again by another client of hers. */
async function returning({ oauth, alice }: SignedInScene, client: SignedInScene['client']) {
  const { callback, context } = await consentedAgain({ oauth, alice, client })
  return [callback, { context }] as const
}

/** The first writing of the sign-in fails, so that only memory has it for a second. */
function failsToStore({ storage }: SignedInScene): void {
  storage.onPut({ when: isReturn, fails: 'refuse' })
}

test('[R26] makes a new session of one that it knows to be signed out, also while the storage fails', async () => {
  const scene = await watchedAlice()
  const { storage, sessionId, clock, deploy, alice } = scene
  let isAway = false
  const reach = <T>(ask: (key: string) => Promise<T>) => {
    return async (key: string): Promise<T> => {
      if (isAway && key.startsWith('session/')) throw new Error('nobody answers')
      return ask(key)
    }
  }
  const flaky = sharedStorage(storage, {
    get: reach((key) => storage.get(key)),
    put: (key, value, options) => reach(() => storage.put(key, value, options))(key),
  })
  const oauth = deploy(flaky)
  const client = await oauth.restore(sessionId)
  if (!client) throw new Error('the session did not come back')
  const { callback, context } = await consentedAgain({ oauth, alice, client })
  await oauth.revoke(sessionId)
  isAway = true
  const { client: renewed } = await oauth.callback(callback, { context })
  expect(renewed.session).toMatchObject({ status: 'active', stored: false })
  expect(renewed.session.sessionId).not.toBe(sessionId)
  isAway = false
  await clock.advance(2000)
  expect((await renewed.get(GET_SESSION)).client.session.stored).toBe(true)
})

test('[R24] [R26] gives back what it led away from too, where this process signed out before it was stored', async () => {
  const scene = await watchedAlice()
  const { oauth, sessionId, clock, alice } = scene
  failsToStore(scene)
  await signInAgain(scene)
  await oauth.revoke(sessionId)
  await clock.advance(2000)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})

test('[R7] [R14] sends no older refresh token with its key, where the issuer was asked for meanwhile', async () => {
  const scene = await watchedAlice()
  const { storage, clock, network, events, alice, sessionId, deploy, record } = scene
  await clock.advance(11 * MINUTE)
  const { callback, context } = await consentedAgain(scene)
  // A deployment over the same storage object: the same session, and lookups of its own.
  const client = await deploy(storage, { onEvent: (event) => events.push(event) }).restore(sessionId)
  const slow = network.fault({ path: /plc\.directory/, hang: 'request' })
  const refreshing = client?.refresh()
  await slow.hit
  failsToStore(scene)
  const { client: renewed } = await scene.oauth.callback(callback, { context })
  expect(renewed.session).toMatchObject({ status: 'active', stored: false })
  network.log.clear()
  events.length = 0
  slow.release()
  expect((await refreshing)?.session.status).toBe('active')
  expect(network.log.to('/oauth/token')).toEqual([])
  expect(events.map(({ type }) => type)).not.toContain('ended')
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
  expect((await renewed.get(GET_SESSION)).status).toBe(200)
})

test('[R24] tells of no refresh whose tokens nobody uses', async () => {
  const scene = await watchedAlice()
  const { network, events, client } = scene
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  await signInAgain(scene)
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect(events.map(({ type }) => type)).toContain('refresh_begun')
  expect(events.map(({ type }) => type)).not.toContain('refreshed')
})

test('[R20] does not end with the tokens before, whose refusal was on its way', async () => {
  const scene = await watchedAlice()
  const { network, events, client, alice } = scene
  alice.revokeSessions()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  failsToStore(scene)
  const renewed = await signInAgain(scene)
  expect(renewed.session).toMatchObject({ status: 'active', stored: false })
  events.length = 0
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect(events.map(({ type }) => type)).not.toContain('ended')
  expect((await renewed.get(GET_SESSION)).status).toBe(200)
})

test('[R7] [R20] does not end with the tokens before, whose end was just being written', async () => {
  const scene = await watchedAlice()
  const { storage, events, client, alice, record } = scene
  alice.revokeSessions()
  failsToStore(scene)
  storage.onPut({
    when: (value) => (value as SessionRecord).status === 'needs_reauth',
    after: () => signInAgain(scene),
  })
  expect((await client.refresh()).session).toMatchObject({ status: 'active', stored: true })
  expect(events.map(({ type }) => type)).not.toContain('ended')
  expect(await record()).toMatchObject({ gen: 3, status: 'active' })
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R26] is signed out at once where this process signs out before the storage has answered', async () => {
  const scene = await watchedAlice()
  const { storage, oauth, sessionId, client, alice, tombstone } = scene
  storage.onPut({ when: isReturn, after: () => oauth.revoke(sessionId) })
  const renewed = await signInAgain(scene)
  await scene.settled()
  for (const each of [client, renewed]) {
    expect(await failureOf(each.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  }
  expect(await tombstone()).toMatchObject({ signedOut: true, owes: null })
  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})
