import { expect, test } from 'vitest'
import { type Attempt, sessionKey } from '../../../src/session/record.ts'
import { CLIENT_ID, failureOf, privateKey } from '../scene.ts'
import {
  DAY,
  GET_SESSION,
  HOUR,
  MINUTE,
  signedInAlice,
  type SignedInScene,
  signedInWithKey,
  unstoredAlice,
} from './scene.ts'

const attempt = (change: Partial<Attempt> = {}): Attempt => ({
  id: 'of-another',
  before: null,
  dead: false,
  ...change,
})

test('[R5] says that a session was signed out, and sends nothing, when its record is gone', async () => {
  const { client, oauth, otherProcess, network, sessionId } = await signedInAlice()
  const other = await otherProcess()
  await oauth.revoke(sessionId)
  network.log.clear()
  expect(await failureOf(other.refresh())).toMatchObject({
    code: 'signed_out',
    sessionId,
    handle: 'alice.example.com',
  })
  expect(await failureOf(other.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(network.log).toHaveLength(0)
})

test('[R5] takes a record that is gone for signed out, and does not put it back', async () => {
  const { client, storage, network, sessionId } = await signedInAlice()
  const key = sessionKey(sessionId)
  const { version = '' } = (await storage.get(key)) ?? {}
  await storage.delete(key, { ifVersion: version })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'signed_out', sessionId })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(storage.puts).toHaveLength(0)
  expect(network.log).toHaveLength(0)
})

test('[R5] [R26] pays what a tombstone owes, whoever meets it', async () => {
  const { client, storage, network, alice, oauth, sessionId, tombstone, otherProcess } = await signedInAlice()
  const other = await otherProcess()
  // The process that signs out dies between its tombstone and the revocation.
  network.fault({ path: '/oauth/revoke', hang: 'request' })
  void oauth.revoke(sessionId)
  await expect.poll(() => storage.puts.length).toBe(1)
  expect((await tombstone()).owes).not.toBeNull()
  expect(alice.session.deleted).toBe(false)

  expect(await failureOf(other.refresh())).toMatchObject({ code: 'signed_out' })
  expect(alice.session.deleted).toBe(true)
  expect((await tombstone()).owes).toBeNull()
  expect(client.did).toBe(alice.did)
})

test('[R5] [R7] stores a session that never could be stored, instead of taking it for signed out', async () => {
  const { alice, events, client, heal } = await unstoredAlice()
  expect(client.session.stored).toBe(false)
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'write_failed' })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  heal()
  events.length = 0
  const renewed = await client.refresh()
  expect(renewed.session).toMatchObject({ stored: true, status: 'active' })
  expect(alice.session).toMatchObject({ deleted: false, refreshCount: 1 })
  // The tokens of the sign-in, then those of the refresh.
  expect(events.filter(({ type }) => type === 'stored')).toHaveLength(2)
})

test('[R6] takes over what another process refreshed, without a token request', async () => {
  const { client, otherProcess, tokenRequests, events, network, alice } = await signedInAlice()
  const other = await otherProcess()
  await other.refresh()
  await client.refresh()
  expect(tokenRequests()).toHaveLength(1)
  expect(events.map(({ type }) => type)).toContain('refresh_adopted')
  await client.get(GET_SESSION)
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${alice.session.accessToken}`)
})

test('[R7] puts its newer tokens over a storage that fell back, before it refreshes', async () => {
  const { client, record, rewrite, storage, alice } = await signedInAlice()
  const old = await record()
  await client.refresh()
  await rewrite(old)
  storage.reset()
  await client.refresh()
  expect(storage.puts.map((value) => (value as { gen?: number }).gen)).toEqual([2, 2, 3])
  expect((await record()).gen).toBe(3)
  expect(alice.session.deleted).toBe(false)
})

test('[R7] puts them over it also where somebody changes the record in the same moment', async () => {
  const { client, record, rewrite, storage, events, clock } = await signedInAlice()
  const old = await record()
  await client.refresh()
  await rewrite(old)
  storage.reset()
  events.length = 0
  storage.onPut({ before: () => rewrite({ handle: 'renamed.example.com' }) })
  const refreshing = client.refresh()
  await clock.advance(2000)
  await refreshing
  expect(storage.puts.map((value) => (value as { gen?: number }).gen)).toEqual([2, 2, 2, 3])
  expect((await record()).gen).toBe(3)
  // Told of what was written only.
  expect(events.filter(({ type }) => type === 'stored')).toHaveLength(2)
})

test('[R8] does not try a session that has ended, unless the app asks for it', async () => {
  const { client, rewrite, tokenRequests, clock, record } = await signedInAlice()
  await rewrite({ status: 'needs_reauth', reason: 'revoked' })
  await clock.advance(HOUR)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({
    code: 'needs_reauth',
    reason: 'revoked',
    handle: 'alice.example.com',
    action: 'sign in again',
    retryable: false,
  })
  expect(tokenRequests()).toHaveLength(0)
  const renewed = await client.refresh()
  expect(renewed.session.status).toBe('active')
  expect(await record()).toMatchObject({ status: 'active', gen: 2 })
  expect((await record()).reason).toBeUndefined()
})

test('[R8] uses an access token to its end, whatever the status', async () => {
  const { client, rewrite, oauth, sessionId, tokenRequests, clock, storage } = await signedInAlice()
  await rewrite({ status: 'needs_reauth', reason: 'revoked' })
  expect((await oauth.restore(sessionId))?.session).toMatchObject({ status: 'needs_reauth', reason: 'revoked' })
  await clock.advance(55 * MINUTE)
  storage.reset()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(0)
  expect(storage.accesses).toBe(0)
})

test('[R9] [H9] ends a session without a refresh token, and sends nothing', async () => {
  const scene = await signedInAlice()
  const { tokens } = await scene.record()
  await scene.rewrite({ tokens: { ...tokens, refreshToken: undefined } })
  expect(await failureOf(scene.client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'expired' })
  expect(scene.network.log).toHaveLength(0)
  expect(await scene.record()).toMatchObject({ status: 'needs_reauth', reason: 'expired' })
})

test('[R9] ends no session that somebody has signed in to again in the same moment', async () => {
  const { client, record, rewrite, storage } = await signedInAlice()
  const { tokens } = await record()
  await rewrite({ tokens: { ...tokens, refreshToken: undefined } })
  storage.onPut({ before: () => rewrite({ tokens }) })
  expect((await client.refresh()).session.status).toBe('active')
  expect(await record()).toMatchObject({ gen: 2, status: 'active' })
})

test("[R9] [H7] ends a public client's session after fourteen days, and sends nothing", async () => {
  const { client, clock, network, record } = await signedInAlice()
  const { createdAt = 0, endsAt } = client.session
  expect(endsAt).toBe(createdAt + 14 * DAY)
  await clock.advance(14 * DAY)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth', reason: 'expired' })
  expect(network.log).toHaveLength(0)
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'expired' })
})

test("[R9] knows no end of a confidential client's session", async () => {
  const { client } = await signedInWithKey(await privateKey('k1'))
  expect(client.session.endsAt).toBeUndefined()
})

test('[R9] says once that a session has ended', async () => {
  const { client, clock, events, storage } = await signedInAlice()
  await clock.advance(15 * DAY)
  for (let i = 0; i < 3; i++) await failureOf(client.refresh())
  expect(events.filter(({ type }) => type === 'ended')).toHaveLength(1)
  expect(storage.puts).toHaveLength(1)
})

test('[R10] [H3] names the key that a deployment lacks, and harms nothing', async () => {
  const key = await privateKey('k1')
  const scene = await signedInWithKey(key)
  const { record, network, storage, otherProcess } = scene
  const before = await record()
  const rotated = await otherProcess({ keys: [await privateKey('k2')] })
  const failure = await failureOf(rotated.refresh())
  expect(failure).toMatchObject({
    code: 'client_key_missing',
    action: 'add the key k1 back to `keys`',
    field: 'keys',
  })
  expect(String(failure)).toContain('the ES256 key k1 with the thumbprint')
  expect(await record()).toEqual(before)
  expect(storage.puts).toHaveLength(0)
  expect(network.log).toHaveLength(0)

  const both = await otherProcess({ keys: [await privateKey('k2'), key] })
  await both.refresh()
  expect(network.log.to('/oauth/token').at(-1)?.assertion?.header).toMatchObject({ kid: 'k1', alg: 'ES256' })
})

test('[R10] tells another key of the same name from the right one', async () => {
  const { otherProcess, network } = await signedInWithKey(await privateKey('k1'))
  const other = await otherProcess({ keys: [await privateKey('k1')] })
  expect(await failureOf(other.refresh())).toMatchObject({ code: 'client_key_missing' })
  expect(network.log).toHaveLength(0)
})

test('[R10] refuses to act for a session of another kind of client', async () => {
  const { deploy, storage, sessionId, network } = await signedInAlice()
  const confidential = deploy(storage, {
    clientId: CLIENT_ID,
    redirectUri: 'https://app.example.com/callback',
    keys: [await privateKey('k1')],
  })
  const client = await confidential.restore(sessionId)
  const failure = client && (await failureOf(client.refresh()))
  expect(failure).toMatchObject({
    code: 'client_key_missing',
    action: 'restore this session with a client that has no `keys`',
  })
  expect(network.log).toHaveLength(0)
})

test('[R11] [H8] asks for the issuer at most every ten minutes', async () => {
  const { client, clock, network, record } = await signedInAlice()
  await client.refresh()
  await clock.advance(10 * MINUTE - 1)
  await client.refresh()
  expect(network.log.to(/plc\.directory/)).toHaveLength(0)
  await clock.advance(1)
  await client.refresh()
  await client.refresh()
  expect(network.log.to(/plc\.directory/)).toHaveLength(1)
  expect(network.log.to('/.well-known/oauth-authorization-server')).toHaveLength(1)
  // Other processes need not ask either.
  expect((await record()).checkedAt).toBe(clock.now())
})

test('[R11] asks once where the refresh that asked came to nothing', async () => {
  const { client, clock, network } = await signedInAlice()
  await clock.advance(10 * MINUTE)
  const status = 400
  network.fault({ path: '/oauth/token', respond: () => Response.json({ error: 'invalid_request' }, { status }) })
  await failureOf(client.refresh())
  await client.refresh()
  expect(network.log.to(/plc\.directory/)).toHaveLength(1)
})

test('[R11] takes along where the same issuer has its endpoints now', async () => {
  const { client, clock, network, record } = await signedInAlice()
  const moved = { token_endpoint: '/oauth/token?moved', revocation_endpoint: '/oauth/revoke?moved' }
  const urls = Object.entries(moved).map(([name, path]) => [name, `https://pds.example.com${path}`])
  const change = (json: object) => ({ ...json, ...Object.fromEntries(urls) })
  network.fault({ path: '/.well-known/oauth-authorization-server', json: change })
  await clock.advance(10 * MINUTE)
  await client.refresh()
  expect(network.log.last?.url).toBe('https://pds.example.com/oauth/token?moved')
  expect(await record()).toMatchObject({
    tokenEndpoint: 'https://pds.example.com/oauth/token?moved',
    revocationEndpoint: 'https://pds.example.com/oauth/revoke?moved',
  })
})

test('[R11] [H8] follows an account to another PDS of the same issuer', async () => {
  const { client, clock, network, alice, record } = await signedInAlice({ network: { entryway: true } })
  network.addPds('https://new-home.example.com')
  alice.moveTo('https://new-home.example.com')
  await clock.advance(10 * MINUTE)
  const renewed = await client.refresh()
  expect(renewed.session.pds).toBe('https://new-home.example.com')
  expect((await record()).pds).toBe('https://new-home.example.com')
  await renewed.get(GET_SESSION)
  expect(network.log.last?.url).toContain('https://new-home.example.com/')
})

/** Alice's DID document names a PDS of another issuer, and the check of the issuer is due. */
async function movedAlice(): Promise<SignedInScene> {
  const scene = await signedInAlice()
  const elsewhere = 'https://elsewhere.example.com'
  scene.network.addPds(elsewhere, { issuer: elsewhere })
  scene.alice.moveTo(elsewhere)
  await scene.clock.advance(10 * MINUTE)
  return scene
}

test('[R11] [H8] sends nothing to an issuer that no longer guards the account', async () => {
  const { client, network, record, tokenRequests } = await movedAlice()
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
  expect(network.log.to(/plc\.directory/)).toHaveLength(1)
  expect(tokenRequests()).toHaveLength(0)
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'account_moved' })
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R11] [H8] leaves the attempt of another in the record of a session that it ends', async () => {
  const { client, clock, alice, rewrite, record } = await movedAlice()
  await rewrite({ attempt: attempt() })
  expect(await failureOf(client.refresh())).toMatchObject({ reason: 'account_moved' })
  expect(await record()).toMatchObject({ status: 'needs_reauth', attempt: attempt() })
  // The directory was wrong for a while: the other's refresh is still not overtaken.
  alice.moveTo('https://pds.example.com')
  await clock.advance(10 * MINUTE)
  await rewrite({ attempt: attempt() })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_pending' })
})

test('[R11] [H8] ends a session also where somebody changes its record in the same moment', async () => {
  const { client, record, rewrite, storage } = await movedAlice()
  storage.onPut({ before: () => rewrite({ handle: 'renamed.example.com' }) })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
  expect(await record()).toMatchObject({ status: 'needs_reauth', handle: 'renamed.example.com' })
})

test('[R11] gives the lookup of the issuer ten seconds in all', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  await clock.advance(20 * MINUTE)
  for (const path of [/plc\.directory/, /oauth-protected-resource/, /oauth-authorization-server/]) {
    network.fault({ path, delay: 'answer', ms: 9000 })
  }
  const refreshing = client.refresh()
  await clock.advance(10_000)
  expect(tokenRequests()).toHaveLength(1)
  await refreshing
})

test('[R11] waits for a lookup of the issuer that is slow', async () => {
  const { client, clock, network, record } = await signedInAlice()
  await clock.advance(20 * MINUTE)
  network.fault({ path: /plc\.directory/, delay: 'answer', ms: 9000 })
  const refreshing = client.refresh()
  await clock.advance(9000)
  await refreshing
  expect((await record()).checkedAt).toBe(clock.now())
})

test('[R11] does not take a check that is dated in the future for one that stands', async () => {
  const { client, clock, network, rewrite, tokenRequests } = await signedInAlice()
  await rewrite({ checkedAt: clock.now() + 365 * DAY })
  network.fault({ path: /plc\.directory/, times: 99, refuse: true })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'issuer_unverified' })
  expect(tokenRequests()).toHaveLength(0)
})

test('[R11] takes no metadata of before for an answer, where the server has none to give', async () => {
  const { client, clock, network, record, tokenRequests } = await signedInAlice()
  const { checkedAt } = await record()
  network.fault({ path: '/.well-known/oauth-authorization-server', times: 99, refuse: true })
  await clock.advance(20 * MINUTE)
  await client.refresh()
  expect(tokenRequests()).toHaveLength(1)
  expect((await record()).checkedAt).toBe(checkedAt)
})

test('[R11] asks no more often where the directory is down', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  network.fault({ path: /plc\.directory/, times: 99, refuse: true })
  await clock.advance(20 * MINUTE)
  await client.refresh()
  const lookups = network.log.to(/plc\.directory/).length
  expect(lookups).toBeGreaterThan(0)
  await client.refresh()
  expect(network.log.to(/plc\.directory/)).toHaveLength(lookups)
  expect(tokenRequests()).toHaveLength(2)
})

test('[R11] [H8] does not go by what a sign-in found a minute ago', async () => {
  const { client, clock, network, alice, oauth } = await signedInAlice({ network: { entryway: true } })
  await clock.advance(9 * MINUTE)
  await oauth.authorize(alice.handle)
  network.addPds('https://new-home.example.com')
  alice.moveTo('https://new-home.example.com')
  await clock.advance(MINUTE)
  expect((await client.refresh()).session.pds).toBe('https://new-home.example.com')
})

test('[R11] [H8] lets the last good answer stand for a day while the directory is down', async () => {
  const { client, clock, network, tokenRequests, record } = await signedInAlice()
  network.fault({ path: /plc\.directory/, times: 99, refuse: true })
  await clock.advance(23 * HOUR)
  await client.refresh()
  expect(tokenRequests()).toHaveLength(1)
  const { checkedAt } = await record()
  await clock.advance(HOUR + 1)
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({
    code: 'issuer_unverified',
    retryable: true,
    expected: 'https://pds.example.com',
  })
  expect(tokenRequests()).toHaveLength(1)
  expect(await record()).toMatchObject({ status: 'active', checkedAt })
  // A second failure says no more than the first.
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'issuer_unverified' })
  expect(tokenRequests()).toHaveLength(1)
  network.clearFaults()
  await client.refresh()
  expect(tokenRequests()).toHaveLength(2)
})

test('[R12] uses a token that is not refused while the refresh of another is open', async () => {
  const { client, rewrite, clock, tokenRequests, oauth, sessionId } = await signedInAlice()
  await rewrite({ attempt: attempt() })
  await clock.advance(55 * MINUTE)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await clock.advance(2 * MINUTE)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(0)
  expect((await oauth.restore(sessionId))?.session.status).toBe('uncertain')
})

test('[R12] does not look at an open attempt again at every call', async () => {
  const { client, rewrite, clock, storage } = await signedInAlice()
  await rewrite({ attempt: attempt() })
  await clock.advance(55 * MINUTE)
  await client.get(GET_SESSION)
  await client.get(GET_SESSION)
  expect(storage.gets).toBe(1)
})

test('[R12] says to client.refresh() that a refresh is pending', async () => {
  const { client, rewrite, tokenRequests } = await signedInAlice()
  await rewrite({ attempt: attempt() })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_pending', retryable: true })
  expect(tokenRequests()).toHaveLength(0)
})

test('[R13] waits for the refresh of another process and takes its tokens', async () => {
  const { client, clock, network, alice, otherProcess, tokenRequests } = await signedInAlice()
  const other = await otherProcess()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const refreshing = other.refresh()
  await slow.hit
  const call = client.get(GET_SESSION)
  await clock.advance(5000)
  slow.release()
  await refreshing
  await clock.advance(1000)
  expect((await call).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
  expect(alice.session.deleted).toBe(false)
})

test('[R13] waits thirty seconds for another process, then says that its refresh is pending', async () => {
  const { client, clock, alice, rewrite, tokenRequests } = await signedInAlice()
  alice.expireAccessTokens()
  await rewrite({ attempt: attempt() })
  let failure: unknown
  void client.get(GET_SESSION).catch((error: unknown) => (failure = error))
  await clock.advance(30_000)
  expect(failure).toBeUndefined()
  await clock.advance(2000)
  expect(failure).toMatchObject({ code: 'refresh_pending', retryable: true })
  expect(tokenRequests()).toHaveLength(0)
})

test('[R13] spends the refresh token once the attempt of another is six minutes old', async () => {
  const { client, clock, alice, rewrite, tokenRequests, storage } = await signedInAlice()
  alice.expireAccessTokens()
  await rewrite({ attempt: attempt() })
  await clock.advance(6 * MINUTE - 1500)
  const call = client.get(GET_SESSION)
  await clock.advance(1000)
  expect(tokenRequests()).toHaveLength(0)
  await clock.advance(3000)
  expect((await call).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
  // What came before may have acted: should the server now refuse, the answer was lost.
  expect(storage.puts[0]).toMatchObject({ attempt: { before: 'of-another', dead: false } })
})

test('[R12] [R13] client.refresh() does not call a refresh pending for ever once the token was refused', async () => {
  const { client, clock, alice, rewrite, tokenRequests } = await signedInAlice()
  alice.expireAccessTokens()
  await rewrite({ attempt: attempt() })
  const call = failureOf(client.get(GET_SESSION))
  await clock.advance(32_000)
  expect(await call).toMatchObject({ code: 'refresh_pending' })
  await clock.advance(6 * MINUTE)
  expect((await client.refresh()).session.status).toBe('active')
  expect(tokenRequests()).toHaveLength(1)
})

test('[R13] does not wait for a dead attempt, and remembers what it came after', async () => {
  const { client, clock, alice, rewrite, storage } = await signedInAlice()
  alice.expireAccessTokens()
  await rewrite({ attempt: attempt({ dead: true }) })
  const call = client.get(GET_SESSION)
  await clock.advance(1000)
  expect((await call).status).toBe(200)
  expect(storage.puts[0]).toMatchObject({ attempt: { before: 'of-another' } })
})
