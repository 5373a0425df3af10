import { expect, test } from 'vitest'
import type { SessionRecord, Tombstone } from '../../../src/session/record.ts'
import { failureOf } from '../scene.ts'
import { DAY, GET_SESSION, HOUR, signedInAlice } from './scene.ts'

test('[R26] [I1] [I2] signs out: a tombstone, one revocation, and no secret left', async () => {
  const { oauth, client, sessionId, network, alice, storage, tombstone, record } = await signedInAlice()
  const { tokens } = await record()
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(network.session(alice.did).deleted).toBe(true)
  const [request] = network.requestsTo('/oauth/revoke')
  expect(request?.form?.get('token')).toBe(tokens.refreshToken)
  expect(request?.dpop?.payload).not.toHaveProperty('ath')
  expect(network.requestsTo('/oauth/revoke')).toHaveLength(1)

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
  expect(network.session(alice.did).deleted).toBe(false)
  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect((await tombstone()).owes).toBeNull()
  expect(events.map(({ type }) => type)).toContain('signed_out')
})

test('[R26] says that a session is not signed out where the storage fails', async () => {
  const { oauth, client, sessionId, storage, network, alice } = await signedInAlice()
  storage.onPut({ fails: 'refuse' })
  expect(await failureOf(oauth.revoke(sessionId))).toMatchObject({ name: 'StorageError', code: 'write_failed' })
  expect(network.log).toHaveLength(0)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await oauth.revoke(sessionId)
  expect(network.session(alice.did).deleted).toBe(true)
})

test('[R26] revokes the newest token, which a failing storage may lack', async () => {
  const { oauth, client, sessionId, storage, network, alice } = await signedInAlice()
  const mend = storage.onPut({
    when: (value) => (value as SessionRecord).gen === 2,
    times: Infinity,
    fails: 'refuse',
  })
  await client.refresh()
  const { refreshToken } = network.session(alice.did)
  mend()
  await oauth.revoke(sessionId)
  expect(network.requestsTo('/oauth/revoke')[0]?.form?.get('token')).toBe(refreshToken)
})

test('[R26] signs out over a record that changes under its hands', async () => {
  const { oauth, sessionId, storage, rewrite, network, alice } = await signedInAlice()
  storage.onPut({ before: () => rewrite({ handle: 'renamed.example.com' }) })
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(network.session(alice.did).deleted).toBe(true)
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

test('says that there is no such session', async () => {
  const { oauth, sessionId, network } = await signedInAlice()
  await oauth.revoke(sessionId)
  network.log.length = 0
  expect(await oauth.revoke(sessionId)).toEqual({ accepted: false, reason: 'there is no such session' })
  expect(await oauth.revoke('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/never')).toMatchObject({ accepted: false })
  expect(network.log).toHaveLength(0)
})

test('signs all sessions of an account out, and no other', async () => {
  const { oauth, client, network, sessionId, clock } = await signedInAlice()
  const bob = network.createAccount('bob.example.com')
  await clock.advance(1000)
  const signIn = async (handle: string) => {
    const { url, context } = await oauth.authorize(handle)
    return (await oauth.callback(network.approve(url), { context })).client
  }
  const second = await signIn('alice.example.com')
  const bobs = await signIn('bob.example.com')
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
  expect(network.sessions(bob.did).every(({ deleted }) => deleted)).toBe(false)
})
