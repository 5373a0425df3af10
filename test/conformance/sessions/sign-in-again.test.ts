import { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { alicesScene, failureOf, keysIn, privateKey, signIn } from '../scene.ts'
import { GET_SESSION, HOUR, isSecondSet, MINUTE, signedInAlice, signedInWithKey } from '../refresh/scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import { fieldsOf, pushes } from '../sign-in/scene.ts'
import { consentedAgain, elsewhere, endedAlice, revoked, signInAgain, watchedAlice } from './scene.ts'

const SEAL_KEY = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

test('leads an ended session back into its id, with new tokens and a new key', async () => {
  const scene = await endedAlice()
  const { sessionId, record, alice, clock } = scene
  const before = await record()
  expect(before).toMatchObject({ status: 'needs_reauth', reason: 'revoked', gen: 1 })
  await clock.advance(HOUR)
  const client = await signInAgain(scene)
  expect(client.session).toMatchObject({ sessionId, status: 'active', reason: undefined, stored: true })
  expect(client.session.createdAt).toBe((before.createdAt ?? 0) + HOUR)
  expect(client.session.endsAt).toBe((before.endsAt ?? 0) + HOUR)
  const after = await record()
  expect(after).toMatchObject({ gen: 3, attempt: null, status: 'active' })
  expect(after.tokens.accessToken).toBe(alice.session.accessToken)
  expect(after.dpopKey).not.toEqual(before.dpopKey)
  expect((await client.get(GET_SESSION)).data.did).toBe(alice.did)
})

test('makes a session of its own where it began with a handle, and leaves the older one', async () => {
  const scene = await signedInAlice()
  const other = await signIn(scene)
  expect(other.session.sessionId).not.toBe(scene.sessionId)
  expect((await scene.client.get(GET_SESSION)).status).toBe(200)
  expect(await keysIn(scene.storage, 'session/')).toHaveLength(2)
})

test('goes on with every client that there is of the session, without a look at the storage', async () => {
  const scene = await endedAlice()
  await signInAgain(scene)
  scene.network.log.clear()
  scene.storage.reset()
  const { data, client } = await scene.client.get(GET_SESSION)
  expect(data.did).toBe(scene.alice.did)
  expect(client.session.status).toBe('active')
  const calls = scene.network.log.entries.filter(({ path }) => path.startsWith('/xrpc/'))
  expect(calls.map(({ status }) => status)).toEqual([200])
  expect(scene.storage.accesses).toBe(0)
})

test('[R2] [R6] goes on with the clients of other processes, once their token is refused', async () => {
  const scene = await signedInAlice()
  const other = await scene.otherProcess()
  await other.get(GET_SESSION)
  await signInAgain(scene)
  scene.network.log.clear()
  expect((await other.get(GET_SESSION)).data.did).toBe(scene.alice.did)
  expect(scene.tokenRequests()).toEqual([])
  expect(scene.alice.sessions).toHaveLength(2)
})

test('[R6] is newer than a refresh that another process could not store yet, and revokes what that one holds', async () => {
  const scene = await watchedAlice()
  const { storage, client, record, alice, clock, network } = scene
  const heal = storage.onPut({ when: isSecondSet, fails: 'refuse', times: Infinity })
  await client.refresh()
  const held = alice.session.refreshToken
  await signInAgain({ alice, ...(await elsewhere(scene)) })
  heal()
  await clock.advance(MINUTE)
  expect((await record()).gen).toBe(3)
  expect(revoked({ network })).toContain(held)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('shows the page the handle that the account has now, or its DID where it has none', async () => {
  const scene = await endedAlice()
  scene.alice.rename('liddell.example.com')
  await scene.oauth.authorize(scene.client)
  expect(fieldsOf(pushes(scene).at(-1))).toMatchObject({ login_hint: 'liddell.example.com' })
  scene.network.wellKnownDids.delete('liddell.example.com')
  await scene.oauth.authorize(scene.client)
  expect(fieldsOf(pushes(scene).at(-1))).toMatchObject({ login_hint: scene.alice.did })
})

test('[F7] refuses another account, and leaves the session as it was', async () => {
  const scene = await endedAlice()
  const { oauth, client, network, record } = scene
  const before = await record()
  const bob = network.createAccount('bob.example.com')
  const { url, context } = await oauth.authorize(client)
  const failure = await failureOf(oauth.callback(bob.approve(url), { context }))
  expect(failure).toMatchObject({ code: 'wrong_account', expected: scene.alice.did })
  expect(await record()).toEqual(before)
  expect(bob.session.deleted).toBe(true)
})

test('carries the session in a sealed context to a process that never had it', async () => {
  const scene = await endedAlice({ client: { sealKeys: [SEAL_KEY] } })
  const { callback, context } = await consentedAgain(scene)
  expect(await keysIn(scene.storage, 'signin/')).toEqual([])
  const { client } = await scene
    .deploy(sharedStorage(scene.storage), { sealKeys: [SEAL_KEY] })
    .callback(callback, { context })
  expect(client.session).toMatchObject({ sessionId: scene.sessionId, status: 'active' })
  expect((await scene.record()).gen).toBe(3)
  // What the sign-in has learned of the server comes along.
  scene.network.log.clear()
  await client.refresh()
  expect(scene.network.log.to('/oauth/token').map(({ status }) => status)).toEqual([200])
})

test('takes a session that has not ended, and revokes its old tokens once, with their key', async () => {
  const scene = await watchedAlice()
  const { alice, record } = scene
  const before = await record()
  await signInAgain(scene)
  await scene.settled()
  expect(revoked(scene)).toEqual([before.tokens.refreshToken])
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
})

test('keeps the new tokens where the revocation of the old ones fails', async () => {
  const scene = await watchedAlice()
  scene.network.fault({ path: '/oauth/revoke', times: Infinity, status: 503 })
  const client = await signInAgain(scene)
  await scene.settled()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(scene.alice.sessions.map(({ deleted }) => deleted)).toEqual([false, false])
})

test('asks nobody to revoke where the old tokens are bound to a client key that is missing here', async () => {
  const scene = await signedInWithKey(await privateKey('k1'))
  const oauth = scene.deploy(scene.storage, { keys: [await privateKey('k2')] })
  const { network, alice } = scene
  network.documents.set(oauth.clientMetadata.client_id, oauth.clientMetadata)
  await network.clock.advance(10 * MINUTE)
  const client = await signInAgain({ alice, client: scene.client, oauth })
  await client.get(GET_SESSION)
  expect(client.session.sessionId).toBe(scene.sessionId)
  expect((await scene.record()).clientAuth).toMatchObject({ kid: 'k2' })
  expect(network.log.to('/oauth/revoke')).toEqual([])
})

test('[R11] [H8] is the way back for an account that has moved to another issuer', async () => {
  const scene = await watchedAlice()
  const { network, alice, clock, client, record, sessionId } = scene
  const home = 'https://new-home.example.com'
  network.addPds(home, { issuer: home })
  alice.moveTo(home)
  await clock.advance(11 * MINUTE)
  expect(await failureOf(client.refresh())).toMatchObject({ reason: 'account_moved' })
  const back = await signInAgain(scene)
  await scene.settled()
  expect(back.session).toMatchObject({ sessionId, status: 'active', issuer: home, pds: home })
  expect(await record()).toMatchObject({ issuer: home, pds: home, tokenEndpoint: `${home}/oauth/token` })
  await back.get(GET_SESSION)
  expect(network.log.last?.url).toContain(home)
  expect((await back.refresh()).session.status).toBe('active')
})

test.each([
  ['text that is no client', 42],
  ['what only looks like a client', { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', session: { sessionId: 'x' } }],
  ['nothing', undefined],
])('refuses %s as a TypeError', async (_, given) => {
  const { oauth, network } = alicesScene()
  await expect(oauth.authorize(given as never)).rejects.toThrow(
    /^identifier: expected a handle, a DID, or .*client/,
  )
  expect(network.log.entries).toEqual([])
})

test('refuses a client without an account, and one over a session of another storage', async () => {
  const { oauth, network, client } = await signedInAlice()
  const nobody = new XrpcClient({ service: 'https://pds.example.com', fetch: network.fetch })
  // @ts-expect-error: a client without an account cannot sign in again
  await expect(oauth.authorize(nobody)).rejects.toThrow(TypeError)
  const stranger = alicesScene()
  await expect(stranger.oauth.authorize(client)).rejects.toThrow(/session of this storage/)
})

test('[D5] refuses a stored sign-in whose session is no text', async () => {
  const scene = await endedAlice()
  const { callback, context } = await consentedAgain(scene)
  const [key = ''] = await keysIn(scene.storage, 'signin/')
  const { value, version = '' } = (await scene.storage.get(key)) ?? {}
  await scene.storage.put(key, { ...Object(value), sessionId: 7 }, { ifVersion: version })
  expect(await failureOf(scene.oauth.callback(callback, { context }))).toMatchObject({ code: 'corrupt' })
})

test('asks nobody to revoke where the old tokens are those of a confidential client, and this one is public', async () => {
  const { network, alice, client, storage, deploy } = await signedInWithKey(await privateKey('k1'))
  const clientId = 'https://app.example.com/public.json'
  const oauth = deploy(storage, { clientId, keys: undefined })
  network.documents.set(clientId, oauth.clientMetadata)
  const renewed = await signInAgain({ alice, client, oauth })
  await renewed.get(GET_SESSION)
  expect(renewed.session.endsAt).toBeDefined()
  expect(network.log.to('/oauth/revoke')).toEqual([])
})

test('asks the server at once after a sign-in, however long the one before was to wait', async () => {
  const scene = await signedInAlice()
  const { client, network } = scene
  network.fault({ path: '/oauth/token', status: 429, headers: { 'retry-after': '600' } })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  await signInAgain(scene)
  expect((await client.refresh()).session.status).toBe('active')
})
