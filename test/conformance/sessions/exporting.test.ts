import { type ExportedSession, memoryStorage, type Storage } from 'atproof'
import { expect, test } from 'vitest'
import { sessionKey, type SessionRecord } from '../../../src/session/record.ts'
import { failureOf, keysIn, privateKey, signIn } from '../scene.ts'
import { GET_SESSION, HOUR, MINUTE, signedInAlice, signedInWithKey } from '../refresh/scene.ts'
import { recordIn, rewriteIn } from '../refresh/stored-record.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import { jsonStorage, sharedStorage } from '../sign-in/processes.ts'

/** Alice's session in a storage that keeps JSON, so that its key can leave; and another, empty one. */
async function portableAlice() {
  const scene = await signedInAlice()
  const from = jsonStorage(memoryStorage({ clock: scene.clock }))
  const home = scene.deploy(from)
  const client = await signIn({ ...scene, oauth: home })
  const { sessionId } = client.session
  const store = (change: Partial<SessionRecord>) => rewriteIn(from, sessionId, change)
  scene.network.log.clear()
  return { ...scene, home, from, client, sessionId, store, elsewhere: memoryStorage({ clock: scene.clock }) }
}

/** As it is after a file, a wire, or a person's clipboard. */
const posted = (data: ExportedSession): ExportedSession => JSON.parse(JSON.stringify(data))

/** The same storage, which has no room for some records. */
function fullFor(inner: Storage, isRefused: (record: SessionRecord) => boolean): Storage {
  return sharedStorage(inner, {
    put: async (key, value, options) => {
      if (isRefused(value as SessionRecord)) throw new Error('the disk is full')
      return inner.put(key, value, options)
    },
  })
}

test('goes on elsewhere under the same id, with the same tokens and key, and no request', async () => {
  const { home, sessionId, client, deploy, elsewhere, from, network } = await portableAlice()
  const data = posted(await home.exportSession(sessionId))
  const there = deploy(elsewhere)
  const imported = await there.importSession(data)
  expect(network.log.entries).toEqual([])
  expect(imported.session).toEqual(client.session)
  const [before, after] = [await recordIn(from, sessionId), await recordIn(elsewhere, sessionId)]
  expect({ ...after, dpopKey: undefined }).toEqual({ ...before, dpopKey: undefined })
  expect((await imported.get(GET_SESSION)).data.did).toBe(client.did)
  const renewed = await imported.refresh()
  expect((await renewed.get(GET_SESSION)).status).toBe(200)
  expect((await deploy(elsewhere).restore(sessionId))?.session.status).toBe('active')
  expect(await there.revoke(sessionId)).toEqual({ accepted: true })
})

test('keeps the key where nobody can read it, in a storage that can; and refuses to give such a one away', async () => {
  const { home, sessionId, deploy, elsewhere } = await portableAlice()
  await deploy(elsewhere).importSession(await home.exportSession(sessionId))
  const { dpopKey } = await recordIn(elsewhere, sessionId)
  expect(dpopKey).toMatchObject({ key: { extractable: false } })
  const failure = await failureOf(deploy(elsewhere).exportSession(sessionId))
  expect(failure).toMatchObject({ name: 'SessionError', code: 'key_cannot_leave', sessionId })
})

test('gives a key away that is a CryptoKey and lets itself be read', async () => {
  const { home, sessionId, from, deploy, elsewhere, clock } = await portableAlice()
  const { d, ...jwk } = (await home.exportSession(sessionId)).dpopKey
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', { ...jwk, d }, algorithm, true, ['sign'])
  const keeping = memoryStorage({ clock })
  const record = await recordIn(from, sessionId)
  await keeping.put(sessionKey(sessionId), { ...record, dpopKey: { key, jwk } }, { ifVersion: null })
  const data = await deploy(keeping).exportSession(sessionId)
  expect(data.dpopKey).toEqual({ ...jwk, d })
  expect((await deploy(elsewhere).importSession(data)).session.status).toBe('active')
})

test('[R25] exports the newest tokens, though the storage could not take them yet', async () => {
  const scene = await portableAlice()
  const { alice, from, sessionId } = scene
  let isFull = true
  const home = scene.deploy(fullFor(from, ({ gen }) => isFull && gen === 2))
  await (await home.restore(sessionId))?.refresh()
  const data = await home.exportSession(sessionId)
  expect(data).toMatchObject({ gen: 2, attempt: null, tokens: { refreshToken: alice.session.refreshToken } })
  isFull = false
})

test('exports what is left of a session that has ended, and says so for one that is not there', async () => {
  const { home, sessionId, deploy, elsewhere, alice, client } = await portableAlice()
  alice.revokeSessions()
  await failureOf(client.refresh())
  const imported = await deploy(elsewhere).importSession(posted(await home.exportSession(sessionId)))
  expect(imported.session).toMatchObject({ status: 'needs_reauth', reason: 'revoked', handle: alice.handle })
  await home.revoke(sessionId)
  const expected = { name: 'SessionError', code: 'signed_out', sessionId }
  expect(await failureOf(home.exportSession(sessionId))).toMatchObject(expected)
  expect(await failureOf(home.exportSession(`${alice.did}/unknown`))).toMatchObject({ code: 'signed_out' })
  await expect(home.exportSession('nonsense')).rejects.toThrow(TypeError)
  await expect(home.exportSession(7 as never)).rejects.toThrow(/^sessionId: expected the id of a session/)
})

test('[R13] exports nothing while a refresh may be on its way, of this process or another', async () => {
  const { home, sessionId, client, network, deploy, from } = await portableAlice()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  const pending = { name: 'SessionError', code: 'refresh_pending', retryable: true, sessionId }
  expect(await failureOf(home.exportSession(sessionId))).toMatchObject(pending)
  const other = deploy({ ...from })
  expect(await failureOf(other.exportSession(sessionId))).toMatchObject(pending)
  slow.release()
  await refreshing
  expect((await other.exportSession(sessionId)).gen).toBe(2)
})

test('[R20] carries along that the answer to a refresh was lost, once it cannot arrive any more', async () => {
  const { home, sessionId, client, network, clock, deploy, elsewhere } = await portableAlice()
  network.fault({ path: '/oauth/token', lose: 'answer', skipChallenges: true })
  await failureOf(client.refresh())
  await clock.advance(5 * MINUTE)
  expect(await failureOf(home.exportSession(sessionId))).toMatchObject({ code: 'refresh_pending' })
  await clock.advance(MINUTE)
  const data = posted(await home.exportSession(sessionId))
  expect(data.attempt).toMatchObject({ before: null, dead: true })
  const imported = await deploy(elsewhere).importSession(data)
  expect(await failureOf(imported.refresh())).toMatchObject({ reason: 'refresh_response_lost' })
})

test('[R21] exports at once where an attempt certainly was not sent', async () => {
  const { home, sessionId, client, network, store } = await portableAlice()
  network.fault({ path: '/oauth/token', refuse: true })
  await failureOf(client.refresh())
  expect((await home.exportSession(sessionId)).attempt).toBeNull()
  await store({ attempt: { id: 'old', before: null, dead: true } })
  expect((await home.exportSession(sessionId)).attempt).toEqual({ id: 'old', before: null, dead: true })
})

test('imports twice without harm, also when it has gone on here meanwhile', async () => {
  const { home, sessionId, deploy, elsewhere } = await portableAlice()
  const data = await home.exportSession(sessionId)
  const there = deploy(elsewhere)
  const first = await there.importSession(data)
  await first.refresh()
  const again = await there.importSession(data)
  expect((await again.get(GET_SESSION)).status).toBe(200)
  expect((await recordIn(elsewhere, sessionId)).gen).toBe(2)
})

test('refuses what is newer than what stands there, and what was signed out there', async () => {
  const { home, sessionId, client, deploy, elsewhere } = await portableAlice()
  const there = deploy(elsewhere)
  await there.importSession(await home.exportSession(sessionId))
  await client.refresh()
  const newer = await home.exportSession(sessionId)
  const failure = await failureOf(there.importSession(newer))
  expect(failure).toMatchObject({ name: 'SessionError', code: 'session_exists', expected: 'at most 1', found: 2 })
  expect((await recordIn(elsewhere, sessionId)).gen).toBe(1)
  await there.revoke(sessionId)
  expect(await failureOf(there.importSession(newer))).toMatchObject({ code: 'signed_out', sessionId })
  expect(await there.restore(sessionId)).toBeUndefined()
})

test('[H3] [R10] refuses a session whose client key is missing here, and stores nothing', async () => {
  const scene = await signedInWithKey(await privateKey('k1'))
  const { clock, deploy } = scene
  const home = deploy(jsonStorage(memoryStorage({ clock })))
  const portable = await signIn({ ...scene, oauth: home })
  const data = await home.exportSession(portable.session.sessionId)
  const there = memoryStorage({ clock })
  const lacking = deploy(there, { keys: [await privateKey('k1')] })
  expect(await failureOf(lacking.importSession(data))).toMatchObject({ code: 'client_key_missing', field: 'keys' })
  expect(await keysIn(there)).toEqual([])
  const imported = await deploy(there).importSession(data)
  expect((await (await imported.refresh()).get(GET_SESSION)).status).toBe(200)
})

test('[H3] refuses a session of another client, and stores nothing', async () => {
  const { home, sessionId, deploy, elsewhere } = await portableAlice()
  const data = await home.exportSession(sessionId)
  const other = deploy(elsewhere, { scope: 'atproto' })
  await expect(other.importSession(data)).rejects.toThrow(
    /^data\.clientAuth\.clientId: expected the id of this client/,
  )
  expect(await keysIn(elsewhere)).toEqual([])
})

test('finds the newest session by when it began', async () => {
  const scene = await portableAlice()
  const { home, client, deploy, elsewhere, clock, sessionId } = scene
  await clock.advance(HOUR)
  const there = deploy(elsewhere)
  const newer = await signIn({ ...scene, oauth: there })
  await there.importSession(await home.exportSession(sessionId))
  expect((await there.latest(client.did))?.session.sessionId).toBe(newer.session.sessionId)
})

test('[R11] exports nothing while a refresh of this process is about to be sent', async () => {
  const { home, sessionId, client, network, clock } = await portableAlice()
  await clock.advance(11 * MINUTE)
  const slow = network.fault({ path: /plc\.directory/, hang: 'request' })
  const refreshing = client.refresh()
  await slow.hit
  expect(await failureOf(home.exportSession(sessionId))).toMatchObject({ code: 'refresh_pending' })
  slow.release()
  await refreshing
  expect((await home.exportSession(sessionId)).gen).toBe(2)
})

test('[R21] exports at once where it is only known here that an attempt was not sent', async () => {
  const { from, sessionId, network, deploy } = await portableAlice()
  const home = deploy(fullFor(from, ({ gen, attempt }) => gen === 1 && attempt === null))
  network.fault({ path: '/oauth/token', refuse: true })
  await failureOf((await home.restore(sessionId))?.refresh() ?? Promise.resolve())
  expect((await recordIn(from, sessionId)).attempt).toMatchObject({ dead: false })
  expect((await home.exportSession(sessionId)).attempt).toBeNull()
})

test('gives what it has just stored, whatever a reading that began before has seen', async () => {
  const { home, sessionId, elsewhere, deploy, clock } = await portableAlice()
  const data = posted(await home.exportSession(sessionId))
  const storage = new WatchedStorage(elsewhere)
  const there = deploy(storage)
  const slow = storage.holdGet()
  const restoring = there.restore(sessionId)
  await slow.reached
  const stored = Promise.withResolvers<void>()
  storage.onPut({ after: async () => stored.resolve() })
  const importing = there.importSession(data)
  await stored.promise
  await clock.settle()
  slow.release()
  expect((await importing).session).toMatchObject({ sessionId, status: 'active', stored: true })
  expect((await restoring)?.session.sessionId).toBe(sessionId)
})

test('[R20] exports the tokens that came while it looked at an older attempt', async () => {
  const { from, sessionId, store, deploy, clock } = await portableAlice()
  await store({ attempt: { id: 'old', before: null, dead: false } })
  await clock.advance(HOUR)
  let readings = Infinity
  const home = deploy({
    ...from,
    get: async (key) => {
      const entry = await from.get(key)
      if (--readings === 0) await client?.get(GET_SESSION)
      return entry
    },
  })
  const client = await home.restore(sessionId)
  // One to find the session, one for the age of the attempt.
  readings = 2
  const data = await home.exportSession(sessionId)
  expect(data).toMatchObject({ gen: 2, attempt: null })
  expect(data.tokens).toEqual((await recordIn(from, sessionId)).tokens)
})

test('[R13] exports nothing where another attempt stands there than the one that it read', async () => {
  const { from, sessionId, store, deploy, clock } = await portableAlice()
  const attempt = { id: 'read', before: null, dead: false }
  await store({ attempt })
  const late = await from.get(sessionKey(sessionId))
  await store({ attempt: { ...attempt, id: 'of-another' } })
  await clock.advance(6 * MINUTE)
  let readings = 0
  const home = deploy({ ...from, get: async (key) => (readings++ === 0 ? late : from.get(key)) })
  expect(await failureOf(home.exportSession(sessionId))).toMatchObject({ code: 'refresh_pending' })
  expect((await home.exportSession(sessionId)).attempt).toMatchObject({ id: 'of-another', dead: true })
})

test('[R20] [R21] carries along what an attempt came after that certainly was not sent', async () => {
  const { from, sessionId, network, store, deploy } = await portableAlice()
  const old = { id: 'old', before: null, dead: true }
  await store({ attempt: old })
  const home = deploy(fullFor(from, ({ attempt }) => attempt?.dead === true))
  network.fault({ path: '/oauth/token', refuse: true })
  await failureOf((await home.restore(sessionId))?.refresh() ?? Promise.resolve())
  expect((await recordIn(from, sessionId)).attempt).toMatchObject({ before: 'old', dead: false })
  expect((await home.exportSession(sessionId)).attempt).toEqual(old)
})
