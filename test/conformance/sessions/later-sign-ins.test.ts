import type { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf, privateKey } from '../scene.ts'
import { GET_SESSION, isSecondSet, MINUTE, type SignedInScene, signedInWithKey } from '../refresh/scene.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import {
  consentedAgain,
  hasTokens,
  elsewhere,
  isReturn,
  revoked,
  signInAgain,
  unreadableAtTimes,
  watchedAlice,
  signedInUnread,
} from './scene.ts'

test('[R6] [R24] goes on at once with the tokens of the later sign-in that it yields to', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, network, events } = scene
  const other = await elsewhere(scene)
  storage.onPut({ when: isReturn, fails: 'lose-answer' })
  const client = await signInAgain(scene)
  await signInAgain({ alice, ...other })
  await clock.advance(2000)
  expect(events.map(({ type }) => type)).toContain('refresh_adopted')
  network.log.clear()
  await client.get(GET_SESSION)
  const tokens = network.log.entries.map(({ headers }) => headers.get('authorization'))
  expect(new Set(tokens)).toEqual(new Set([`DPoP ${alice.session.accessToken}`]))
})

test('[R24] yields to a later sign-in also in a process that never had the session', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, record, deploy } = scene
  const other = await elsewhere(scene)
  const { callback, context } = await consentedAgain(scene)
  storage.onPut({ when: isReturn, fails: 'lose-answer' })
  await deploy(sharedStorage(storage)).callback(callback, { context })
  await signInAgain({ alice, ...other })
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 5, tokens: { accessToken: alice.session.accessToken } })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] yields to a later sign-in of the same place, which its own writing cannot have stood before', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, record } = scene
  const other = await elsewhere(scene)
  storage.onPut({ when: isReturn, fails: 'refuse' })
  const client = await signInAgain(scene)
  await signInAgain({ alice, ...other })
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 3, tokens: { accessToken: alice.session.accessToken } })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R7] [R24] yields to a later sign-in where only a refresh of its process had written its tokens', async () => {
  const scene = await watchedAlice()
  const { clock, alice, record } = scene
  const { storage, goAway, comeBack } = unreadableAtTimes(scene.storage)
  const [here, there] = [await elsewhere(scene, storage), await elsewhere(scene)]
  goAway()
  const client = await signInAgain({ alice, ...here })
  comeBack()
  await client.refresh()
  expect((await record()).gen).toBe(4)
  await signInAgain({ alice, ...there })
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 6, tokens: { accessToken: alice.session.accessToken } })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.at(-1)?.deleted).toBe(false)
})

test('[R7] [R24] yields to a later sign-in in a process that never had the session, and refreshed it since', async () => {
  const scene = await watchedAlice()
  const { clock, alice, record } = scene
  const there = await elsewhere(scene)
  const { client } = await signedInUnread(scene)
  await client.refresh()
  await signInAgain({ alice, ...there })
  await clock.advance(2000)
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R25] yields to a later sign-in of its own process, which gives back what both came after', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, record, client, events } = scene
  const heal = storage.onPut({ when: hasTokens, fails: 'refuse', times: Infinity })
  await signInAgain(scene)
  const later = await signInAgain(scene)
  expect(later.session).toMatchObject({ status: 'active', stored: false })
  expect(revoked(scene)).toEqual([])
  heal()
  events.length = 0
  await clock.advance(MINUTE)
  expect(events.map(({ type }) => type)).toEqual(['stored'])
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] [R25] puts nothing over a later sign-in of its own process, however slow its own reading was', async () => {
  const scene = await watchedAlice()
  const { clock, alice, record } = scene
  const inner = new WatchedStorage(scene.storage)
  const { oauth, client } = await signedInUnread(scene, inner)
  const held = inner.holdGet()
  const trying = clock.advance(2000)
  await held.reached
  const heal = scene.storage.onPut({ when: hasTokens, fails: 'refuse', times: Infinity })
  await signInAgain({ alice, oauth, client })
  held.release()
  await trying
  expect(revoked(scene)).toEqual([])
  heal()
  await clock.advance(MINUTE)
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] yields to nobody whose writing came before any of its own', async () => {
  const scene = await watchedAlice()
  const { storage, record, rewrite, alice, sessionId } = scene
  // A record that is in use: of a refresh of the old tokens.
  storage.onPut({ when: isReturn, before: () => rewrite({ gen: 7 }) })
  const client = await signInAgain(scene)
  expect(client.session).toMatchObject({ sessionId, stored: true })
  expect(await record()).toMatchObject({ gen: 9, tokens: { accessToken: alice.session.accessToken } })
})

test('[R24] [R25] yields to nobody in a process that never had the session and could not write', async () => {
  const scene = await watchedAlice()
  const { rewrite, clock, alice, record } = scene
  await rewrite({ gen: 5 })
  const { client } = await signedInUnread(scene)
  await clock.advance(2000)
  expect(await record()).toMatchObject({ gen: 7, tokens: { accessToken: alice.session.accessToken } })
  expect((await client.get(GET_SESSION)).client.session.stored).toBe(true)
})

test('[R24] yields to no tokens that have ended, however late they are', async () => {
  const scene = await watchedAlice()
  const { storage, rewrite, clock, alice, record } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  await rewrite({ gen: 7, status: 'needs_reauth', reason: 'revoked' })
  await clock.advance(2000)
  const { accessToken } = alice.session
  expect(await record()).toMatchObject({ gen: 9, status: 'active', tokens: { accessToken } })
})

test('[R24] gives back its own tokens, and none of the sign-in that it yields to', async () => {
  const scene = await watchedAlice()
  const { storage, clock, alice, record } = scene
  const other = await elsewhere(scene)
  storage.onPut({ when: isReturn, fails: 'refuse' })
  const client = await signInAgain(scene)
  const own = alice.session.refreshToken
  // Two refreshes of the tokens before look like a sign-in after it.
  await other.client.refresh()
  await other.client.refresh()
  await clock.advance(2000)
  await scene.settled()
  expect((await record()).gen).toBe(3)
  expect(revoked(scene)).toEqual([own])
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false, true])
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R24] gives back what was there before where the process of the later sign-in lacks the client key', async () => {
  const [k1, k2] = [await privateKey('k1'), await privateKey('k2')]
  const scene = await signedInWithKey(k1)
  const { storage, network, alice, clock, deploy, sessionId } = scene
  const oauth = deploy(sharedStorage(storage), { keys: [k2] })
  const client = await oauth.restore(sessionId)
  if (!client) throw new Error('the other process found no session')
  const { clientMetadata } = deploy(storage, { keys: [k2, k1] })
  network.documents.set(clientMetadata.client_id, clientMetadata)
  await clock.advance(10 * MINUTE)
  storage.onPut({ when: isReturn, fails: 'lose-answer' })
  await signInAgain(scene)
  await signInAgain({ alice, oauth, client })
  expect(revoked(scene)).toEqual([])
  await clock.advance(2000)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] goes on with a later sign-in of another process that a reading brought while its own writing hung', async () => {
  const scene = await watchedAlice()
  const { storage, alice, clock, oauth, sessionId, record } = scene
  const other = await elsewhere(scene)
  storage.onPut({
    when: isReturn,
    fails: 'lose-answer',
    after: async () => {
      await signInAgain({ alice, ...other })
      await oauth.restore(sessionId)
    },
  })
  const client = await signInAgain(scene)
  await clock.advance(2000)
  clock.auto()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect((await client.refresh()).session.status).toBe('active')
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] goes on with a later sign-in of its own process that was stored while its own writing hung', async () => {
  const scene = await watchedAlice()
  const { storage, alice, clock, record } = scene
  storage.onPut({ when: isReturn, fails: 'lose-answer', after: () => signInAgain(scene) })
  const client = await signInAgain(scene)
  await clock.advance(2000)
  clock.auto()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect((await client.refresh()).session.status).toBe('active')
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R24] leaves a later sign-in of its own process in use, where the answer to its own writing comes after that', async () => {
  const scene = await watchedAlice()
  const { storage, alice, network, record } = scene
  storage.onPut({ when: isReturn, after: () => signInAgain(scene) })
  const client = await signInAgain(scene)
  await scene.settled()
  network.log.clear()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  const tokens = network.log.entries.map(({ headers }) => headers.get('authorization'))
  expect(new Set(tokens)).toEqual(new Set([`DPoP ${alice.session.accessToken}`]))
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true, false])
})

test('[R25] is over once a later sign-in of its process is stored: a refresh reads the storage once', async () => {
  const scene = await watchedAlice()
  const { storage, clock } = scene
  storage.onPut({ when: isReturn, fails: 'refuse' })
  await signInAgain(scene)
  const client = await signInAgain(scene)
  expect(client.session.stored).toBe(true)
  await clock.advance(MINUTE)
  await client.refresh()
  storage.reset()
  await client.refresh()
  expect(storage.gets).toBe(1)
})

test('[R24] [R25] is stored only by itself, not by what still tries to store a refresh of before', async () => {
  const scene = await watchedAlice()
  const { alice, clock } = scene
  const { storage, goAway, comeBack } = unreadableAtTimes(scene.storage)
  const [here, there] = [await elsewhere(scene, storage), await elsewhere(scene)]
  scene.storage.onPut({ when: isSecondSet, fails: 'refuse', times: Infinity })
  await here.client.refresh()
  await clock.advance(3500)
  goAway()
  const client = await signInAgain({ alice, ...here })
  // Until the refresh has tried for the third time, 7 seconds after it began.
  await clock.advance(3700)
  comeBack()
  await signInAgain({ alice, ...there })
  await expectOneLiving(scene, client)
})

test('[R7] [R25] is stored only by itself, not by a refresh that was reading as it could not be', async () => {
  const scene = await watchedAlice()
  const { alice } = scene
  const inner = new WatchedStorage(scene.storage)
  const { storage, goAway, comeBack } = unreadableAtTimes(inner)
  const [here, there] = [await elsewhere(scene, storage), await elsewhere(scene)]
  const held = inner.holdGet()
  const refreshing = failureOf(here.client.refresh())
  await held.reached
  goAway()
  const client = await signInAgain({ alice, ...here })
  held.release()
  expect(await refreshing).toMatchObject({ code: 'read_failed' })
  await signInAgain({ alice, ...there })
  comeBack()
  await expectOneLiving(scene, client)
})

/** In a minute one sign-in is left: it is what is stored, and what a client sends that was there before. */
async function expectOneLiving({ alice, clock, record }: SignedInScene, client: XrpcClient): Promise<void> {
  await clock.advance(MINUTE)
  clock.auto()
  const living = alice.sessions.filter(({ deleted }) => !deleted)
  expect(living.map(({ accessToken }) => accessToken)).toEqual([(await record()).tokens.accessToken])
  expect((await client.get(GET_SESSION)).status).toBe(200)
}
