import { StorageError } from 'atproof'
import { expect, test } from 'vitest'
import { sessionKey, type Tombstone } from '../../../src/session/record.ts'
import { failureOf, privateKey, signIn } from '../scene.ts'
import { signInAgain } from '../sessions/scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import {
  DAY,
  GET_SESSION,
  HOUR,
  isFirstSet,
  isSecondSet,
  signedInAlice,
  signedInWithKey,
  unstoredAlice,
} from './scene.ts'
import { WatchedStorage } from './watched-storage.ts'

const NOTHING_THERE = { accepted: false, reason: 'there is no such session' }

test('[R26] [I1] [I2] signs out: a tombstone, one revocation, and no secret left', async () => {
  const { oauth, client, sessionId, network, alice, storage, tombstone, record } = await signedInAlice()
  const { tokens } = await record()
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(alice.session.deleted).toBe(true)
  const [request] = network.log.to('/oauth/revoke')
  expect(request?.form?.get('token')).toBe(tokens.refreshToken)
  expect(request?.dpop?.payload).not.toHaveProperty('ath')
  expect(network.log.to('/oauth/revoke')).toHaveLength(1)

  const [first, second] = storage.puts as Tombstone[]
  expect(first?.owes?.refreshToken).toBe(tokens.refreshToken)
  expect(second?.owes).toBeNull()
  const left = JSON.stringify(await tombstone())
  expect(left).not.toContain(tokens.refreshToken)
  expect(left).not.toContain(tokens.accessToken)
  expect(left).not.toContain('dpopKey')

  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out', action: 'sign in again' })
})

test('[R26] keeps the tombstone for a day', async () => {
  const { oauth, sessionId, clock, tombstone } = await signedInAlice()
  await oauth.revoke(sessionId)
  await clock.advance(DAY - 1)
  expect(await tombstone()).toMatchObject({ signedOut: true, handle: 'alice.example.com' })
  await clock.advance(1)
  await expect(tombstone()).rejects.toThrow('nothing is stored')
})

test('[R26] [I2] signs out here also when the server cannot be told', async () => {
  const { oauth, sessionId, network, alice, tombstone, events } = await signedInAlice()
  network.fault({ path: '/oauth/revoke', times: 9, refuse: true })
  const revocation = await oauth.revoke(sessionId)
  expect(revocation).toMatchObject({ accepted: false, reason: expect.stringContaining('no connection') })
  expect(alice.session.deleted).toBe(false)
  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect((await tombstone()).owes).toBeNull()
  expect(events.map(({ type }) => type)).toContain('signed_out')
})

test('[R26] [I1] waits ten seconds for the server, and not for ever', async () => {
  for (const [ms, accepted] of [
    [9999, true],
    [10_001, false],
  ] as const) {
    const { oauth, network, sessionId, clock } = await signedInAlice()
    network.fault({ path: '/oauth/revoke', delay: 'answer', ms })
    const revocation = oauth.revoke(sessionId)
    await clock.advance(10_000)
    expect(await revocation).toMatchObject({ accepted })
  }
})

test('[R26] says that a session is not signed out where the storage fails', async () => {
  const { oauth, client, sessionId, storage, network, alice } = await signedInAlice()
  storage.onPut({ fails: 'refuse' })
  expect(await failureOf(oauth.revoke(sessionId))).toMatchObject({ name: 'StorageError', code: 'write_failed' })
  expect(network.log).toHaveLength(0)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await oauth.revoke(sessionId)
  expect(alice.session.deleted).toBe(true)
})

test('[R26] leaves a session as it is that it could not read, and does not take it for nothing', async () => {
  const { deploy, storage, sessionId, network, alice, record } = await signedInAlice()
  let failures = 1
  const get = async (key: string) => {
    if (failures-- > 0) throw new Error('nobody answers')
    return storage.get(key)
  }
  const oauth = deploy(sharedStorage(storage, { get }))
  expect(await failureOf(oauth.revoke(sessionId))).toMatchObject({ name: 'StorageError', code: 'read_failed' })
  expect(storage.puts).toEqual([])
  expect(network.log.entries).toEqual([])
  expect((await record()).status).toBe('active')
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(alice.session.deleted).toBe(true)
})

test('[R26] signs out what an engine cannot read, at the version that it names', async () => {
  const { deploy, storage, sessionId, tombstone } = await signedInAlice()
  const get = async (key: string) => {
    const entry = await storage.get(key)
    if (entry && 'tokens' in Object(entry.value)) throw new StorageError('corrupt', { version: entry.version })
    return entry
  }
  const oauth = deploy(sharedStorage(storage, { get }))
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: false, reason: 'there is nothing to revoke' })
  expect(await tombstone()).toMatchObject({ signedOut: true, owes: null })
  expect(await oauth.restore(sessionId)).toBeUndefined()
})

test('[R26] revokes the newest token, which a failing storage may lack', async () => {
  const { oauth, client, sessionId, storage, network, alice } = await signedInAlice()
  const mend = storage.onPut({
    when: isSecondSet,
    times: Infinity,
    fails: 'refuse',
  })
  await client.refresh()
  const { refreshToken } = alice.session
  mend()
  await oauth.revoke(sessionId)
  expect(network.log.to('/oauth/revoke')[0]?.form?.get('token')).toBe(refreshToken)
})

test('[R26] revokes the newest token, which only another process may know', async () => {
  const { oauth, sessionId, otherProcess, network, alice } = await signedInAlice()
  await (await otherProcess()).refresh()
  network.log.clear()
  await oauth.revoke(sessionId)
  expect(network.log.to('/oauth/revoke')[0]?.form?.get('token')).toBe(alice.session.refreshToken)
})

test('[R26] revokes the access token where there is no other', async () => {
  const { oauth, sessionId, rewrite, record, network } = await signedInAlice()
  const { tokens } = await record()
  await rewrite({ tokens: { ...tokens, refreshToken: undefined } })
  await oauth.revoke(sessionId)
  expect(network.log.to('/oauth/revoke')[0]?.form?.get('token')).toBe(tokens.accessToken)
})

test('[R26] is done also where the tombstone cannot be stripped, which stays a day all the same', async () => {
  const { oauth, sessionId, storage, tombstone, clock, alice } = await signedInAlice()
  storage.onPut({ when: (value) => (value as Tombstone).owes === null, fails: 'refuse' })
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(alice.session.deleted).toBe(true)
  // What is needed to pay, and no more.
  expect(Object.keys((await tombstone()).owes ?? {})).not.toContain('accessToken')
  await clock.advance(DAY)
  await expect(tombstone()).rejects.toThrow('nothing is stored')
})

test('[R26] sends nothing more while the server is still being told', async () => {
  const { oauth, client, sessionId, network } = await signedInAlice()
  const slow = network.fault({ path: '/oauth/revoke', hang: 'request' })
  const revoking = oauth.revoke(sessionId)
  await slow.hit
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(network.log).toHaveLength(1)
  slow.release()
  expect(await revoking).toEqual({ accepted: true })
})

test('[R26] asks nobody where the session is signed out already, and forgets it', async () => {
  const { oauth, client, deploy, sessionId, storage, network, clock } = await signedInAlice()
  await deploy(new WatchedStorage(storage)).revoke(sessionId)
  network.log.clear()
  expect(await oauth.revoke(sessionId)).toEqual(NOTHING_THERE)
  await clock.advance(HOUR)
  storage.reset()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'signed_out' })
  expect(storage.accesses).toBe(0)
  expect(network.log).toHaveLength(0)
})

test('[R26] asks nobody where the record is gone, and puts none there', async () => {
  const { oauth, client, sessionId, storage, network } = await signedInAlice()
  const key = sessionKey(sessionId)
  const { version = '' } = (await storage.get(key)) ?? {}
  await storage.delete(key, { ifVersion: version })
  expect(await oauth.revoke(sessionId)).toEqual(NOTHING_THERE)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(storage.puts).toHaveLength(0)
  expect(network.log).toHaveLength(0)
})

test('[R26] signs out over a record that changes under its hands', async () => {
  const { oauth, sessionId, storage, rewrite, alice, tombstone } = await signedInAlice()
  storage.onPut({ before: () => rewrite({ handle: 'renamed.example.com' }) })
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(await tombstone()).toMatchObject({ signedOut: true, owes: null, handle: 'renamed.example.com' })
  expect(alice.session.deleted).toBe(true)
})

test('[R26] a refresh that comes too late stores nothing over the tombstone', async () => {
  const { oauth, sessionId, clock, otherProcess, tombstone, storage } = await signedInAlice()
  const other = await otherProcess()
  await oauth.revoke(sessionId)
  await clock.advance(HOUR)
  expect(await failureOf(other.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(await tombstone()).toMatchObject({ signedOut: true })
  expect(storage.puts).toHaveLength(2)
})

test('[R26] signs out a session that never could be stored, and it stays so', async () => {
  const { oauth, alice, client, heal } = await unstoredAlice()
  expect(client.session.stored).toBe(false)
  const ids: string[] = []
  for await (const info of oauth.sessions()) ids.push(info.sessionId)
  expect(ids).toContain(client.session.sessionId)

  expect(await oauth.revoke(client.session.sessionId)).toEqual({ accepted: true })
  expect(alice.session.deleted).toBe(true)
  heal()
  expect(await oauth.restore(client.session.sessionId)).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('[R26] a session that never could be stored stays signed out when its tombstone is gone', async () => {
  const { oauth, storage, clock, client, sessionId, heal } = await unstoredAlice()
  await oauth.revoke(sessionId)
  heal()
  await clock.advance(2 * DAY)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'signed_out' })
  expect(await storage.get(`session/${sessionId}`)).toBeUndefined()
})

test('[R26] signs out once what never could be stored, also when its tombstone is gone', async () => {
  const { oauth, network, alice, storage, clock, client, sessionId } = await unstoredAlice()
  await oauth.revoke(sessionId)
  await clock.advance(2 * DAY)
  network.log.clear()
  expect(await oauth.revoke(sessionId)).toEqual(NOTHING_THERE)
  expect(await storage.get(sessionKey(sessionId))).toBeUndefined()
  expect(network.log.entries).toEqual([])
  expect(alice.session.deleted).toBe(true)
  expect(client.session.sessionId).toBe(sessionId)
})

test('[R26] a first record that is still on its way brings no signed-out session back', async () => {
  const { oauth, alice, storage, clock, client } = await unstoredAlice({ times: 1 })
  // The second try is under way when the person signs out.
  storage.onPut({ when: isFirstSet, before: () => oauth.revoke(client.session.sessionId) })
  await clock.advance(1000)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(alice.session.deleted).toBe(true)
  expect(await oauth.restore(client.session.sessionId)).toBeUndefined()
})

test('[R26] a first record that landed brings no signed-out session back', async () => {
  const { oauth, storage, clock, client } = await unstoredAlice({ times: 1 })
  storage.onPut({ when: isFirstSet, after: () => oauth.revoke(client.session.sessionId) })
  await clock.advance(1000)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('[R26] a slow reading brings no signed-out session back', async () => {
  const { oauth, client, sessionId, storage, network } = await signedInAlice()
  const slow = storage.holdGet()
  const restoring = oauth.restore(sessionId)
  await slow.reached
  await oauth.revoke(sessionId)
  network.log.clear()
  slow.release()
  expect(await restoring).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(network.log.entries).toEqual([])
})

test('[R26] a reading that began before brings back no session that this process did not know', async () => {
  const { deploy, storage, sessionId, network } = await signedInAlice()
  const other = new WatchedStorage(storage)
  const oauth = deploy(other)
  const slow = other.holdGet()
  const restoring = oauth.restore(sessionId)
  await slow.reached
  network.fault({ path: '/oauth/revoke', times: 9, refuse: true })
  await oauth.revoke(sessionId)
  slow.release()
  expect(await restoring).toBeUndefined()
})

test('[R26] a restore that finds the tombstone of another process ends the clients that there are', async () => {
  const { oauth, client, deploy, storage, sessionId, network } = await signedInAlice()
  await deploy(new WatchedStorage(storage)).revoke(sessionId)
  network.log.clear()
  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(network.log).toHaveLength(0)
})

test('[R26] pays what a process left that died, when somebody restores', async () => {
  const { deploy, storage, sessionId, network, alice, clock, record, tombstone } = await signedInAlice()
  const { schema, did, handle, tokens, dpopKey, clientAuth, issuer, revocationEndpoint } = await record()
  const { refreshToken = '' } = tokens
  const owes = { refreshToken, dpopKey, clientAuth, issuer, revocationEndpoint }
  const entry = await storage.get(`session/${sessionId}`)
  const left = { schema, sessionId, did, handle, signedOut: true, owes }
  await storage.put(`session/${sessionId}`, left, { ifVersion: entry?.version ?? '' })

  const restore = () => deploy(new WatchedStorage(storage)).restore(sessionId)
  // Whoever wrote it may still be at it.
  for (const ms of [0, 20_000]) {
    await clock.advance(ms)
    expect(await restore()).toBeUndefined()
    await clock.settle()
    expect(network.log.entries).toEqual([])
  }
  await clock.advance(1)
  expect(await restore()).toBeUndefined()
  await clock.settle()
  expect(alice.session.deleted).toBe(true)
  expect((await tombstone()).owes).toBeNull()
})

test('[R26] signs out a session whose DPoP key cannot be read', async () => {
  const { rewrite, deploy, storage, sessionId, tombstone, network } = await signedInAlice()
  await rewrite({ dpopKey: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', d: 'AAAA' } })
  const oauth = deploy(new WatchedStorage(storage))
  expect(await oauth.revoke(sessionId)).toMatchObject({
    accepted: false,
    reason: expect.stringContaining('DPoP key'),
  })
  expect((await tombstone()).owes).toBeNull()
  expect(network.log.entries).toEqual([])
})

test('what is no session of ours hides none', async () => {
  const { oauth, storage, sessionId } = await signedInAlice()
  await storage.put('session/junk', 'anything', { ifVersion: null })
  const ids: string[] = []
  for await (const info of oauth.sessions()) ids.push(info.sessionId)
  expect(ids).toEqual([sessionId])
})

test('[R26] leaves the debt to a deployment that has the key', async () => {
  const key = await privateKey('k1')
  const { deploy, storage, sessionId, network, alice, tombstone } = await signedInWithKey(key)
  const rotated = deploy(storage, { keys: [await privateKey('k2')] })
  expect(await rotated.revoke(sessionId)).toMatchObject({
    accepted: false,
    reason: 'the client key that the session is bound to is missing here',
  })
  expect((await tombstone()).owes).not.toBeNull()
  expect(network.log.entries).toEqual([])
  expect(await deploy(storage, { keys: [key] }).revoke(sessionId)).toEqual({ accepted: true })
  expect(alice.session.deleted).toBe(true)
  expect((await tombstone()).owes).toBeNull()
})

test('one record that cannot be read hides no other, and can be signed out', async () => {
  const { oauth, client, storage, sessionId, alice, events } = await signedInAlice()
  const other = `${alice.did}/of-tomorrow`
  await storage.put(`session/${other}`, { schema: 2 }, { ifVersion: null })
  const ids: string[] = []
  for await (const info of oauth.sessions()) ids.push(info.sessionId)
  expect(ids).toEqual([sessionId])
  expect(events).toContainEqual(expect.objectContaining({ type: 'unreadable', sessionId: other }))
  expect((await oauth.latest(client.did))?.session.sessionId).toBe(sessionId)
  await expect(oauth.restore(other)).rejects.toMatchObject({ code: 'corrupt', field: `session/${other}` })
  const reason = 'there is nothing to revoke'
  expect(await oauth.revoke(other)).toEqual({ accepted: false, reason })
  expect(await oauth.restore(other)).toBeUndefined()
})

test('signs out all that it can, and names what it could not', async () => {
  const scene = await signedInAlice()
  const { oauth, client, alice, storage } = scene
  await signIn(scene)
  storage.onPut({ when: (value) => 'signedOut' in (value as object), fails: 'refuse' })
  const failure = await failureOf(oauth.revokeAll(client.did))
  expect(failure).toBeInstanceOf(AggregateError)
  expect(alice.sessions.filter(({ deleted }) => deleted)).toHaveLength(1)
  expect(await oauth.revokeAll(client.did)).toEqual([{ accepted: true }])
})

test('says that there is no such session', async () => {
  const { oauth, sessionId, network } = await signedInAlice()
  await oauth.revoke(sessionId)
  network.log.clear()
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: false, reason: 'there is no such session' })
  expect(await oauth.revoke('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/never')).toMatchObject({ accepted: false })
  expect(network.log).toHaveLength(0)
})

test('signs all sessions of an account out, and no other', async () => {
  const { oauth, client, network, sessionId, clock } = await signedInAlice()
  const bob = network.createAccount('bob.example.com')
  await clock.advance(1000)
  const signInAs = async (handle: string) => {
    const { url, context } = await oauth.authorize(handle)
    return (await oauth.callback(network.approve(url), { context })).client
  }
  const second = await signInAs('alice.example.com')
  const bobs = await signInAs('bob.example.com')
  expect((await oauth.latest(client.did))?.session.sessionId).toBe(second.session.sessionId)
  const ids = async () => {
    const found: string[] = []
    for await (const info of oauth.sessions()) found.push(info.sessionId)
    return found.toSorted()
  }
  expect(await ids()).toEqual([sessionId, second.session.sessionId, bobs.session.sessionId].toSorted())
  expect(await oauth.revokeAll(client.did)).toEqual([{ accepted: true }, { accepted: true }])
  expect(await ids()).toEqual([bobs.session.sessionId])
  expect((await bobs.get(GET_SESSION)).status).toBe(200)
  expect(bob.sessions.every(({ deleted }) => deleted)).toBe(false)
})

test('[R26] revokes with the key of the tokens that it owes, which a sign-in in another process brought', async () => {
  const { oauth, storage, sessionId, alice, deploy, clock } = await signedInAlice()
  const theirs = deploy(sharedStorage(storage))
  const client = await theirs.restore(sessionId)
  if (!client) throw new Error('the other process found no session')
  await signInAgain({ oauth: theirs, alice, client })
  await clock.settle()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, true])
})
