import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { SessionRecord } from '../../../src/session/record.ts'
import { failureOf } from '../scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import { countingRuntime, GET_SESSION, HOUR, isSecondSet, signedInAlice, spoilTokens } from './scene.ts'

test.each([
  ['another account', { sub: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' }, 'wrong_account'],
  ['no account', { sub: undefined }, 'bad_token_response'],
  ['bearer tokens', { token_type: 'Bearer' }, 'bad_token_response'],
  ['a token that no header can carry', { access_token: 'one two' }, 'bad_token_response'],
  ['a scope without atproto', { scope: 'transition:generic' }, 'scope_reduced'],
  ['a scope that only looks like atproto', { scope: 'atproto2 xatproto' }, 'scope_reduced'],
])('[R23] [H4] ends a session whose refresh brought %s, and gives the tokens back', async (_, change, reason) => {
  const { client, network, alice, record, rewrite } = await signedInAlice()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: true } })
  spoilTokens(network, change)
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason })
  expect(network.log.to('/oauth/revoke').at(-1)?.status).toBe(200)
  expect(alice.session.deleted).toBe(true)
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason, attempt: null })
})

test.each([
  ['wrong_account', { sub: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' }],
  ['bad_token_response', { token_type: 'Bearer' }],
  ['scope_reduced', { scope: 'transition:generic' }],
])('[R20] [R23] still says %s when the app tries once more', async (reason, change) => {
  const { client, network, record } = await signedInAlice()
  spoilTokens(network, change)
  await failureOf(client.refresh())
  network.clearFaults()
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({ code: 'needs_reauth', reason, cause: { found: 'invalid_grant' } })
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason, attempt: null })
})

test('[R23] [R25] ends such a session also where the storage fails at first, and says so', async () => {
  const { client, network, storage, record, clock, events } = await signedInAlice()
  spoilTokens(network, { scope: 'transition:generic' })
  storage.onPut({ when: (value) => (value as SessionRecord).status === 'needs_reauth', fails: 'refuse' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'scope_reduced' })
  expect(events).toContainEqual(expect.objectContaining({ type: 'ended', reason: 'scope_reduced' }))
  await clock.advance(1000)
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'scope_reduced' })
})

test('[R6] [R23] tells other processes that such a session has ended', async () => {
  const { client, network, otherProcess, events } = await signedInAlice()
  const other = await otherProcess()
  spoilTokens(network, { scope: 'transition:generic' })
  await failureOf(client.refresh())
  expect(await failureOf(other.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'scope_reduced' })
  expect(events.map(({ type }) => type)).not.toContain('refresh_adopted')
})

test('[R23] [R24] ends such a session over a record that somebody has changed', async () => {
  const { client, network, rewrite, record } = await signedInAlice()
  network.fault({
    path: '/oauth/token',
    alter: async (response) => {
      await rewrite({ handle: 'renamed.example.com' })
      return Response.json({ ...(await response.json()), token_type: 'Bearer' })
    },
  })
  expect(await failureOf(client.refresh())).toMatchObject({ reason: 'bad_token_response' })
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'bad_token_response' })
})

test('[R23] [H4] keeps the refresh token and the scope where the answer leaves them out', async () => {
  const { client, network, record } = await signedInAlice()
  const before = await record()
  network.fault({
    path: '/oauth/token',
    times: Infinity,
    json: (json) => ({ ...json, refresh_token: undefined, scope: undefined }),
  })
  await client.refresh()
  const after = await record()
  expect(after.tokens.refreshToken).toBe(before.tokens.refreshToken)
  expect(after.tokens.accessToken).not.toBe(before.tokens.accessToken)
  expect(after.scope).toBe(before.scope)
})

test('[R23] [L7] shows the scope that the server grants now', async () => {
  const { client, network } = await signedInAlice()
  network.fault({ path: '/oauth/token', times: Infinity, json: (json) => ({ ...json, scope: 'atproto' }) })
  const renewed = await client.refresh()
  expect(client.session.scope).toBe('atproto transition:generic')
  expect(renewed.session.scope).toBe('atproto')
})

test('[R24] [H2] stores the new tokens and ends the attempt in one writing', async () => {
  const { client, storage, record, alice } = await signedInAlice()
  await client.refresh()
  expect(storage.puts).toHaveLength(2)
  expect(storage.puts[1]).toMatchObject({ gen: 2, attempt: null, status: 'active' })
  expect((await record()).tokens.accessToken).toBe(alice.session.accessToken)
})

test('[R24] revokes the new tokens where the session was signed out meanwhile', async () => {
  const { client, network, alice, oauth, sessionId, tombstone, otherProcess } = await signedInAlice()
  const other = await otherProcess()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const refreshing = failureOf(other.refresh())
  await slow.hit
  const brought = alice.session.refreshToken
  await oauth.revoke(sessionId)
  slow.release()
  expect(await refreshing).toMatchObject({ code: 'signed_out' })
  const asked = network.log.length
  expect(await failureOf(other.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
  expect(network.log).toHaveLength(asked)
  expect(alice.session.deleted).toBe(true)
  const revoked = network.log.to('/oauth/revoke').filter(({ status }) => status === 200)
  expect(revoked.map(({ form }) => form?.get('token') === brought)).toEqual([false, true])
  expect((await tombstone()).owes).toBeNull()
  expect(client.did).toBe(alice.did)
})

test('[R24] takes a newer record that it meets, and puts over an older one', async () => {
  const { client, network, rewrite, record, storage } = await signedInAlice()
  network.fault({
    path: '/oauth/token',
    alter: async (response) => {
      // Somebody writes into the record while the answer is on its way: same token set, another version.
      await rewrite({ handle: 'renamed.example.com' })
      return response
    },
  })
  await client.refresh()
  expect(storage.puts.filter(isSecondSet)).toHaveLength(2)
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
})

test('[R24] takes its own lost answer for what it is', async () => {
  const { client, storage, record, clock, events } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'lose-answer' })
  const renewed = await client.refresh()
  expect(renewed.session.stored).toBe(false)
  await clock.advance(1000)
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  expect((await client.get(GET_SESSION)).client.session.stored).toBe(true)
  expect(events.map(({ type }) => type)).toContain('stored')
})

test('[R24] leaves the attempt of a later refresh in the record', async () => {
  const { client, storage, otherProcess, record, clock, network } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'lose-answer' })
  await client.refresh()
  const other = await otherProcess()
  const slow = network.fault({ path: '/oauth/token', hang: 'request' })
  const refreshing = other.refresh()
  await slow.hit
  const { attempt } = await record()
  expect(attempt).not.toBeNull()
  await clock.advance(1000)
  expect((await record()).attempt).toEqual(attempt)
  slow.release()
  await refreshing
  expect(await record()).toMatchObject({ gen: 3, attempt: null })
})

test('[R24] [R25] takes a storage that refuses every put for one that fails', async () => {
  const { client, storage, events, clock, record } = await signedInAlice()
  storage.onPut({ when: isSecondSet, times: 30, loses: true })
  const renewed = await client.refresh()
  expect(renewed.session).toMatchObject({ stored: false, status: 'active' })
  expect(storage.puts.filter(isSecondSet)).toHaveLength(20)
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'store_failed', error: expect.objectContaining({ code: 'write_failed' }) }),
  )
  await clock.advance(1000)
  expect((await record()).gen).toBe(2)
})

test('[R24] does not put its tokens over those of a later refresh', async () => {
  const { client, storage, otherProcess, record, clock, network, alice } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'lose-answer' })
  await client.refresh()
  const other = await otherProcess()
  await other.refresh()
  expect((await record()).gen).toBe(3)
  await clock.advance(1000)
  expect((await record()).gen).toBe(3)
  await client.get(GET_SESSION)
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${alice.session.accessToken}`)
})

test('[R24] [R25] gives tokens back that could not be stored, when the session is signed out meanwhile', async () => {
  const { client, network, oauth, storage, sessionId, clock, record } = await signedInAlice()
  const { refreshToken: old } = (await record()).tokens
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const refreshing = failureOf(client.refresh())
  await slow.hit
  await oauth.revoke(sessionId)
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  slow.release()
  expect(await refreshing).toMatchObject({ code: 'signed_out' })
  await clock.advance(5000)
  const revoked = network.log.to('/oauth/revoke').filter(({ status }) => status === 200)
  expect(revoked.map(({ form }) => form?.get('token') === old)).toEqual([true, false])
})

test('[R24] [R25] gives them back also when another process signs out', async () => {
  const { client, network, storage, otherProcess, deploy, sessionId, clock, oauth, alice } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  await otherProcess()
  await deploy(sharedStorage(storage)).revoke(sessionId)
  expect(await oauth.restore(sessionId)).toBeUndefined()
  await clock.advance(2000)
  const tokens = network.log.to('/oauth/revoke').map(({ form }) => form?.get('token'))
  expect(tokens).toContain(alice.session.refreshToken)
})

test('[R24] [R25] gives them back once where it finds the sign-out itself', async () => {
  const { client, network, storage, deploy, sessionId, clock, alice } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  const brought = alice.session.refreshToken
  await deploy(sharedStorage(storage)).revoke(sessionId)
  await clock.advance(10 * 60_000)
  const tokens = network.log.to('/oauth/revoke').map(({ form }) => form?.get('token'))
  expect(tokens.filter((token) => token === brought)).toHaveLength(1)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
})

test('[R25] [F10] lives in memory while the storage fails, says so, and tries again with growing pauses', async () => {
  const { client, storage, record, clock, events, tokenRequests, network, alice } = await signedInAlice()
  const mend = storage.onPut({ when: isSecondSet, times: Infinity, fails: 'refuse' })
  const renewed = await client.refresh()
  expect(renewed.session).toMatchObject({ status: 'active', stored: false })
  expect(events.map(({ type }) => type)).toContain('store_failed')
  expect((await renewed.get(GET_SESSION)).status).toBe(200)
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${alice.session.accessToken}`)

  const triesAfter = async (ms: number) => {
    await clock.advance(ms)
    return storage.puts.filter(isSecondSet).length
  }
  expect(await triesAfter(0)).toBe(1)
  expect(await triesAfter(1000)).toBe(2)
  expect(await triesAfter(1999)).toBe(2)
  expect(await triesAfter(1)).toBe(3)
  expect(await triesAfter(4000)).toBe(4)
  // After 8, 16 and 32 seconds, and from then on every minute.
  expect(await triesAfter(10 * 60_000)).toBe(16)
  expect((await record()).gen).toBe(1)
  expect(network.log.to('/oauth/revoke')).toHaveLength(0)

  mend()
  await clock.advance(60_000)
  expect(await record()).toMatchObject({ gen: 2, attempt: null, status: 'active' })
  expect((await renewed.get(GET_SESSION)).client.session.stored).toBe(true)
  expect(tokenRequests()).toHaveLength(1)
})

test("[M5] [R25] shows no secret of the record that a driver's error may carry", async () => {
  const { client, storage, events, record, alice } = await signedInAlice()
  const { tokens } = await record()
  storage.onPut({
    when: isSecondSet,
    before: async () => {
      const { refreshToken, accessToken } = alice.session
      throw Object.assign(new Error('deadlock'), { code: '40P01', parameters: [refreshToken, accessToken] })
    },
  })
  await client.refresh()
  const event = events.find(({ type }) => type === 'store_failed')
  const shown = inspect(event, { depth: 10, showHidden: true })
  expect(shown).toContain('40P01')
  const { refreshToken = '', accessToken = '' } = alice.session
  for (const secret of [refreshToken, accessToken, tokens.refreshToken ?? '']) expect(shown).not.toContain(secret)
})

test('[R25] [R7] spends no refresh token while the last one is not stored', async () => {
  const { client, storage, tokenRequests, clock, alice } = await signedInAlice()
  const mend = storage.onPut({ when: isSecondSet, times: Infinity, fails: 'refuse' })
  await client.refresh()
  expect(await failureOf(client.refresh())).toMatchObject({
    name: 'StorageError',
    code: 'write_failed',
    retryable: true,
  })
  await clock.advance(HOUR)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'write_failed' })
  expect(tokenRequests()).toHaveLength(1)
  mend()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(2)
  expect(alice.session.deleted).toBe(false)
})

test('[R25] stops trying once a refresh has stored it', async () => {
  const { client, storage, clock } = await signedInAlice()
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  await client.refresh()
  storage.reset()
  await clock.advance(60_000)
  expect(storage.accesses).toBe(0)
})

test('[R25] holds a process that is about to end for half a minute, and not for ever', async () => {
  const { client, storage, clock } = await signedInAlice()
  const sleeps: unknown[] = []
  const { sleep } = clock
  clock.sleep = (ms, signal, options) => {
    sleeps.push(options)
    return sleep(ms, signal, options)
  }
  storage.onPut({ when: isSecondSet, times: Infinity, fails: 'refuse' })
  await client.refresh()
  await clock.settle()
  expect(sleeps.at(-1)).toEqual({ background: false })
  await clock.advance(30_000)
  expect(sleeps.at(-1)).toEqual({ background: false })
  await clock.advance(60_000)
  expect(sleeps.at(-1)).toEqual({ background: true })
})

test('[R25] holds the runtime for as long as it tries again', async () => {
  const { waitUntil, held } = countingRuntime()
  const { client, storage, clock } = await signedInAlice({ client: { waitUntil } })
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  await client.refresh()
  await clock.settle()
  expect(held()).toBe(1)
  await clock.advance(1000)
  expect(held()).toBe(0)
})

test("ends a caller's waiting when it aborts, and never the refresh", async () => {
  const { client, network, record, clock } = await signedInAlice()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const caller = new AbortController()
  const waiting = failureOf(client.refresh({ signal: caller.signal }))
  await slow.hit
  const reason = new Error('the page was left')
  caller.abort(reason)
  expect(await waiting).toBe(reason)
  slow.release()
  await clock.settle()
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
})

test('[H6] ends the waiting of one who joined a refresh when that one aborts, and nothing else', async () => {
  const { client, network, tokenRequests } = await signedInAlice()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const refreshing = client.refresh()
  await slow.hit
  const caller = new AbortController()
  const joined = failureOf(client.refresh({ signal: caller.signal }))
  const reason = new Error('the page was left')
  caller.abort(reason)
  expect(await joined).toBe(reason)
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect(tokenRequests()).toHaveLength(1)
})

test('[H1] refreshes once for many who ask at once, over several clients of one storage', async () => {
  const scene = await signedInAlice()
  const sibling = await scene.deploy(scene.storage).restore(scene.sessionId)
  await Promise.all([scene.client, sibling, scene.client].map((client) => client?.refresh()))
  expect(scene.tokenRequests()).toHaveLength(1)
})

test('holds the runtime until a refresh is stored, and survives hooks that throw', async () => {
  const held: Promise<unknown>[] = []
  const { client, record } = await signedInAlice({
    client: {
      waitUntil: (promise) => {
        held.push(promise)
        throw new Error('no such runtime')
      },
      onEvent: async () => {
        throw new Error('a bug of the app')
      },
    },
  })
  held.length = 0 // the sign-in held it too
  const refreshing = client.refresh()
  expect(held).toHaveLength(1)
  await Promise.all(held)
  expect((await record()).gen).toBe(2)
  await refreshing
})
