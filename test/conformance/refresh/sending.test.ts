import { expect, test, vi } from 'vitest'
import type { Attempt, SessionRecord } from '../../../src/session/record.ts'
import { verifyProof } from '../../../src/testing/verify-proof.ts'
import { failureOf, privateKey } from '../scene.ts'
import { GET_SESSION, HOUR, isSecondSet, MINUTE, signedInAlice, signedInWithKey, spoilTokens } from './scene.ts'
import { WatchedStorage } from './watched-storage.ts'

const answer =
  (status: number, error?: string, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(error === undefined ? {} : { error, error_description: 'as it was told' }), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    })
const refuseOtherwise = async (response: Response) =>
  response.status === 200 ? answer(400, 'invalid_request')() : response
const hasAttempt = (value: unknown) => (value as SessionRecord).attempt !== null

test('[R14] [H3] signs the request before it writes the attempt', async () => {
  const { client, storage, clock, network } = await signedInAlice()
  storage.onPut({ when: hasAttempt, before: async () => clock.jumpWall(5000) })
  const signedAt = Math.floor(clock.now() / 1000)
  await client.refresh()
  const [request] = network.log.to('/oauth/token')
  expect(request?.dpop?.payload['iat']).toBe(signedAt)
  const { payload } = await verifyProof(request?.headers.get('dpop') ?? '', {
    method: 'POST',
    url: 'https://pds.example.com/oauth/token',
  })
  expect(payload).not.toHaveProperty('ath')
  expect(Object.fromEntries(request?.form ?? [])).toEqual({
    client_id: expect.stringMatching(/^http:\/\/localhost\?/),
    grant_type: 'refresh_token',
    refresh_token: expect.any(String),
  })
})

test('[R15] [H1] has its attempt in the record before it sends', async () => {
  const { client, network, record } = await signedInAlice()
  let seen: Attempt | null | undefined
  network.fault({
    path: '/oauth/token',
    respond: async () => {
      seen = (await record()).attempt
      return answer(400, 'invalid_request')()
    },
  })
  await failureOf(client.refresh())
  expect(seen).toEqual({ id: expect.any(String), before: null, dead: false })
})

test('[R15] [H1] does not send where another process was first, and takes its tokens', async () => {
  const { client, storage, otherProcess, alice, tokenRequests } = await signedInAlice()
  const other = await otherProcess()
  storage.onPut({ when: hasAttempt, before: () => other.refresh() })
  await client.refresh()
  expect(tokenRequests()).toHaveLength(1)
  expect(alice.session).toMatchObject({ deleted: false, refreshCount: 1 })
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R15] signs anew when nobody told it that its attempt was written', async () => {
  const { client, storage, network, tokenRequests, record } = await signedInAlice()
  storage.onPut({ when: hasAttempt, fails: 'lose-answer' })
  await client.refresh()
  expect(tokenRequests()).toHaveLength(1)
  const attempts = storage.puts.map((value) => (value as SessionRecord).attempt)
  expect(attempts).toHaveLength(3)
  expect(attempts[0]?.id).not.toBe(attempts[1]?.id)
  expect(attempts[1]?.before).toBeNull()
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  expect(network.log.entries.every(({ status }) => status === 200)).toBe(true)
})

test('[R15] sends nothing when its attempt cannot be written, and harms nothing', async () => {
  const { client, storage, tokenRequests, record } = await signedInAlice()
  storage.onPut({ when: hasAttempt, fails: 'refuse' })
  expect(await failureOf(client.refresh())).toMatchObject({
    name: 'StorageError',
    code: 'write_failed',
    retryable: true,
  })
  expect(tokenRequests()).toHaveLength(0)
  expect(await record()).toMatchObject({ gen: 1, attempt: null })
  await client.refresh()
  expect(tokenRequests()).toHaveLength(1)
})

test('[R16] does not send a request that was signed more than ten seconds ago', async () => {
  const { client, storage, clock, tokenRequests, alice } = await signedInAlice()
  storage.onPut({ when: hasAttempt, before: () => clock.sleep(10_001) })
  const refreshing = client.refresh()
  await clock.advance(10_001)
  await refreshing
  expect(tokenRequests()).toHaveLength(1)
  // Signed before, and again after the storage had taken its time.
  const attempts = storage.puts.filter(hasAttempt) as SessionRecord[]
  expect(attempts.map((record) => record.attempt?.before)).toEqual([null, null])
  expect(tokenRequests()[0]?.dpop?.payload['iat']).toBe(Math.floor(clock.now() / 1000))
  expect(alice.session.refreshCount).toBe(1)
})

test('[R16] keeps what came before an attempt of its own that was never sent', async () => {
  const { client, storage, clock, rewrite, alice } = await signedInAlice()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  alice.expireAccessTokens()
  await clock.advance(6 * MINUTE)
  storage.onPut({ when: hasAttempt, before: () => clock.sleep(10_001) })
  const call = client.get(GET_SESSION)
  await clock.advance(12_000)
  expect((await call).status).toBe(200)
  const attempts = storage.puts.filter(hasAttempt) as SessionRecord[]
  expect(attempts.map((record) => record.attempt?.before)).toEqual(['of-another', 'of-another'])
})

test('[R16] sends one that was signed ten seconds ago', async () => {
  const { client, storage, clock, tokenRequests } = await signedInAlice()
  storage.onPut({ when: hasAttempt, before: () => clock.sleep(10_000) })
  const refreshing = client.refresh()
  await clock.advance(10_000)
  await refreshing
  expect(storage.puts.filter(hasAttempt)).toHaveLength(1)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R15] gives up on a storage that refuses every put, and sends nothing', async () => {
  const { client, storage, clock, tokenRequests } = await signedInAlice()
  storage.onPut({ times: Infinity, loses: true })
  const failure = failureOf(client.refresh())
  await clock.advance(32_000)
  expect(await failure).toMatchObject({ code: 'refresh_pending', retryable: true })
  expect(storage.puts.length).toBeLessThan(40)
  expect(tokenRequests()).toHaveLength(0)
})

test('[R16] gives up on a storage that is slower than a signature lives, and sends nothing', async () => {
  const { client, storage, clock, tokenRequests } = await signedInAlice()
  storage.onPut({ times: Infinity, before: () => clock.sleep(11_000) })
  const failure = failureOf(client.refresh())
  await clock.advance(60_000)
  expect(await failure).toMatchObject({ code: 'refresh_pending', retryable: true })
  expect(tokenRequests()).toHaveLength(0)
})

test('[R16] sees by the monotonic clock, too, that the storage took its time', async () => {
  const { client, storage, clock, tokenRequests } = await signedInAlice()
  const slowly = async () => {
    await clock.sleep(10_001)
    clock.jumpWall(-10_001)
  }
  storage.onPut({ when: hasAttempt, before: slowly })
  const refreshing = client.refresh()
  await clock.advance(10_001)
  await refreshing
  expect(storage.puts.filter(hasAttempt)).toHaveLength(2)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R16] sees by the wall clock, too, that a process was asleep', async () => {
  const { client, storage, clock, tokenRequests, network } = await signedInAlice()
  const asleep = async () => {
    clock.jumpWall(HOUR / 2)
    network.serverClockOffsetMs += HOUR / 2
  }
  storage.onPut({ when: hasAttempt, before: asleep })
  await client.refresh()
  expect(storage.puts.filter(hasAttempt)).toHaveLength(2)
  expect(tokenRequests().map(({ status }) => status)).toEqual([200])
})

test('[R16] sees by the wall clock, too, that the clock was set back', async () => {
  const { client, storage, clock, tokenRequests } = await signedInAlice()
  storage.onPut({ when: hasAttempt, before: async () => clock.jumpWall(-11_000) })
  await client.refresh()
  expect(storage.puts.filter(hasAttempt)).toHaveLength(2)
  expect(tokenRequests()[0]?.dpop?.payload['iat']).toBe(Math.floor(clock.now() / 1000))
})

test('[R17] sends the same bytes once more on a dead connection, and lives on', async () => {
  const { client, network, tokenRequests } = await signedInAlice()
  network.fault({ path: '/oauth/token', lose: 'request' })
  await client.refresh()
  const [first, copy] = tokenRequests()
  expect(tokenRequests()).toHaveLength(2)
  expect(copy?.headers.get('dpop')).toBe(first?.headers.get('dpop'))
  expect(String(copy?.form)).toBe(String(first?.form))
})

test('[R17] leaves no request behind once the copy has won', async () => {
  const { client, network, clock } = await signedInAlice()
  network.fault({ path: '/oauth/token', hang: 'request' })
  const refreshing = client.refresh()
  await clock.advance(20_000)
  await refreshing
  expect(network.log.entries.map(({ outcome }) => outcome)).toEqual(['aborted', 'answered'])
  expect(clock.sleeping).toBe(0)
})

test('[R17] sends the same bytes once more after twenty seconds', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  network.fault({ path: '/oauth/token', hang: 'request' })
  const refreshing = client.refresh()
  await clock.advance(19_999)
  expect(tokenRequests()).toHaveLength(1)
  await clock.advance(1)
  await refreshing
  expect(tokenRequests()).toHaveLength(2)
})

test('[R17] waits twenty seconds for the copy, and leaves nothing behind', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  network.fault({ path: '/oauth/token', lose: 'request' })
  network.fault({ path: '/oauth/token', hang: 'request' })
  let failure: unknown
  void client.refresh().catch((error: unknown) => (failure = error))
  await clock.advance(19_999)
  expect(failure).toBeUndefined()
  await clock.advance(1)
  expect(failure).toMatchObject({ code: 'refresh_unanswered' })
  expect(tokenRequests()).toHaveLength(2)
  expect(clock.sleeping).toBe(0)
})

test('[R17] leaves no timer behind where the answer comes at once', async () => {
  const { client, clock } = await signedInAlice()
  await client.refresh()
  expect(clock.sleeping).toBe(0)
})

test('[R17] still takes the first answer when it comes late', async () => {
  const { client, network, clock, alice, tokenRequests } = await signedInAlice()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const refreshing = client.refresh()
  await clock.advance(21_000)
  expect(tokenRequests().map(({ error }) => error)).toEqual([undefined, 'invalid_dpop_proof'])
  slow.release()
  const renewed = await refreshing
  expect(renewed.session.status).toBe('active')
  expect((await renewed.get(GET_SESSION)).status).toBe(200)
  expect(alice.session).toMatchObject({ deleted: false, refreshCount: 1 })
})

test('[R17] [H6] believes nothing but a 200 of the copy', async () => {
  const { client, network, record } = await signedInAlice()
  network.fault({ path: '/oauth/token', lose: 'request' })
  network.fault({ path: '/oauth/token', respond: answer(400, 'invalid_grant') })
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  expect(failure.cause).toMatchObject({ name: 'NetworkError', code: 'connection_failed' })
  expect(await record()).toMatchObject({ status: 'active', attempt: { before: null, dead: false } })
})

test('[R18] [H2] uses new tokens from memory at once, before they are stored', async () => {
  const { client, storage, clock, network, alice, record } = await signedInAlice()
  storage.onPut({ when: isSecondSet, before: () => clock.sleep(5000) })
  const refreshing = client.refresh()
  await clock.settle()
  await client.get(GET_SESSION)
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${alice.session.accessToken}`)
  expect((await record()).gen).toBe(1)
  await clock.advance(5000)
  await refreshing
  expect((await record()).gen).toBe(2)
})

test.each([
  ['that broke off for none', 'cut-off'],
  ['without end for none, and sends no copy', 'huge'],
] as const)('[R18] [R22] takes an answer %s', async (_, body) => {
  const { client, network, record, tokenRequests } = await signedInAlice()
  network.fault({ path: '/oauth/token', body })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_unanswered' })
  expect(tokenRequests()).toHaveLength(1)
  expect(await record()).toMatchObject({ gen: 1, attempt: { dead: false } })
})

test('[R18] [R22] takes a 200 without an access token for none', async () => {
  const { client, network, record, events } = await signedInAlice()
  spoilTokens(network, { access_token: undefined })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_unanswered' })
  expect(await record()).toMatchObject({ gen: 1, attempt: { dead: false } })
  expect(events.map(({ type }) => type)).toContain('refresh_unanswered')
})

test.each([
  [202, 'refresh_unanswered'],
  [400, 'refresh_refused'],
  [502, 'refresh_unanswered'],
])('[R18] [R22] takes no tokens from an answer of status %s', async (status, code) => {
  const { client, network, record } = await signedInAlice({ network: { noNonces: true } })
  network.fault({
    path: '/oauth/token',
    alter: async (response) => Response.json(await response.json(), { status }),
  })
  expect(await failureOf(client.refresh())).toMatchObject({ code, found: `status ${status}` })
  expect((await record()).gen).toBe(1)
})

test('[R18] [R3] counts the life of new tokens from when the request was signed', async () => {
  const { client, network, record, clock } = await signedInAlice()
  const signedAt = clock.now()
  const slow = network.fault({ path: '/oauth/token', hang: 'answer' })
  const refreshing = client.refresh()
  await slow.hit
  await clock.advance(15_000)
  slow.release()
  await refreshing
  expect((await record()).tokens.expiresAt).toBe(signedAt + HOUR)
})

test('[R19] [D10] answers the wish for a nonce with a new signature and a new attempt', async () => {
  const { client, network, storage } = await signedInAlice()
  network.rotateNonces()
  await client.refresh()
  const [refused, taken] = network.log.to('/oauth/token')
  expect([refused?.error, taken?.status]).toEqual(['use_dpop_nonce', 200])
  expect(taken?.dpop?.payload['jti']).not.toBe(refused?.dpop?.payload['jti'])
  expect(taken?.dpop?.payload['nonce']).not.toBe(refused?.dpop?.payload['nonce'])
  const attempts = storage.puts.map((value) => (value as SessionRecord).attempt)
  expect(attempts).toHaveLength(3)
  expect(attempts[1]?.id).not.toBe(attempts[0]?.id)
  expect(attempts[1]?.before).toBeNull()
})

test('[R19] keeps what came before through the wish for a nonce', async () => {
  const { client, network, storage, clock, rewrite, alice } = await signedInAlice()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  alice.expireAccessTokens()
  await clock.advance(6 * MINUTE)
  storage.onPut({ when: hasAttempt, before: async () => network.rotateNonces() })
  const call = client.get(GET_SESSION)
  await clock.advance(1000)
  await call
  const attempts = storage.puts.map((value) => (value as SessionRecord).attempt)
  expect(attempts.map((attempt) => attempt?.before)).toEqual(['of-another', 'of-another', undefined])
})

test('[R19] does not wait for an attempt that was turned away unread', async () => {
  const { client, network, storage, record } = await signedInAlice()
  network.rotateNonces()
  let attempts = 0
  storage.onPut({ when: (value) => hasAttempt(value) && ++attempts === 2, fails: 'refuse' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'write_failed' })
  expect((await record()).attempt).not.toBeNull()
  await client.refresh()
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  const written = storage.puts.filter(hasAttempt) as SessionRecord[]
  expect(written.map(({ attempt }) => attempt?.before)).toEqual([null, null, null])
})

test('[R19] [R21] gives up after a second wish for a nonce', async () => {
  const { client, network, record } = await signedInAlice()
  const nonces = ['one', 'two']
  network.fault({
    path: '/oauth/token',
    times: 2,
    respond: () => answer(400, 'use_dpop_nonce', { 'dpop-nonce': nonces.shift() ?? '' })(),
  })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused', found: 'use_dpop_nonce' })
  expect(network.log.to('/oauth/token')).toHaveLength(2)
  expect(await record()).toMatchObject({ status: 'active', attempt: null })
})

test("[R19] [G8] learns the server's clock from its refusal, and signs anew", async () => {
  const { client, clock, events, tokenRequests } = await signedInAlice()
  clock.jumpWall(-5 * MINUTE)
  await client.refresh()
  expect(tokenRequests().map(({ status }) => status)).toEqual([401, 200])
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'clock_offset_learned',
      origin: 'https://pds.example.com',
      offsetMs: 5 * MINUTE,
    }),
  )
  await client.refresh()
  expect(tokenRequests().map(({ status }) => status)).toEqual([401, 200, 200])
})

test('[R19] [G8] gets past a stale nonce and a clock that is off in one refresh', async () => {
  const { client, clock, network, storage } = await signedInWithKey(await privateKey('k1'))
  network.rotateNonces()
  // Within the tolerance for proofs, so that the server looks at the nonce first; assertions have none.
  clock.jumpWall(MINUTE)
  await client.refresh()
  expect(network.log.to('/oauth/token').map(({ error }) => error)).toEqual([
    'use_dpop_nonce',
    'invalid_client',
    undefined,
  ])
  expect(storage.puts.filter(hasAttempt)).toHaveLength(3)
})

test('[R19] [R22] learns nothing from a refusal whose clock is right', async () => {
  const { client, network, tokenRequests } = await signedInAlice()
  network.fault({
    path: '/oauth/token',
    respond: () => answer(401, 'invalid_dpop_proof', { date: new Date(network.serverTime).toUTCString() })(),
  })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_unanswered' })
  expect(tokenRequests()).toHaveLength(1)
})

test('[R20] [H5] ends a revoked session, keeps its tokens and the name of its account', async () => {
  const { client, alice, record, events, oauth, sessionId } = await signedInAlice()
  alice.revokeSessions()
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({
    code: 'needs_reauth',
    reason: 'revoked',
    handle: 'alice.example.com',
    did: alice.did,
    retryable: false,
    cause: { code: 'refresh_refused', found: 'invalid_grant' },
  })
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'revoked', attempt: null })
  expect((await record()).tokens.refreshToken).toEqual(expect.any(String))
  expect(events).toContainEqual(expect.objectContaining({ type: 'ended', reason: 'revoked' }))
  expect((await oauth.restore(sessionId))?.session).toMatchObject({ status: 'needs_reauth', reason: 'revoked' })
})

test('[R20] keeps the reason of a lost answer when the app tries once more', async () => {
  const { client, alice, rewrite, clock, record } = await signedInAlice()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: true } })
  alice.revokeSessions()
  expect(await failureOf(client.refresh())).toMatchObject({ reason: 'refresh_response_lost' })
  expect((await record()).attempt).toEqual({ id: 'of-another', before: null, dead: true })
  await clock.advance(2000)
  expect(await failureOf(client.refresh())).toMatchObject({ reason: 'refresh_response_lost' })
})

test('[H3] refreshes under the client id of its sign-in, whatever the app is called by now', async () => {
  const { otherProcess, network, alice } = await signedInAlice()
  const renamed = await otherProcess({ scope: 'atproto' })
  await renamed.refresh()
  const [request] = network.log.to('/oauth/token')
  expect(new URL(request?.form?.get('client_id') ?? '').searchParams.get('scope')).toBe(
    'atproto transition:generic',
  )
  expect(alice.session).toMatchObject({ deleted: false, refreshCount: 1 })
})

test('[R19] [G8] forgets an offset that did not help', async () => {
  const { client, network, clock } = await signedInAlice()
  const wrong = () => answer(400, 'invalid_client', { date: new Date(clock.now() + HOUR).toUTCString() })()
  network.fault({ path: '/oauth/token', times: 2, respond: wrong })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused', found: 'invalid_client' })
  await client.get(GET_SESSION)
  expect(network.log.to(`/xrpc/${GET_SESSION}`).map(({ status }) => status)).toEqual([200])
})

test('[R19] [R21] learns the clock of a server once in a refresh', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  let ahead = 0
  const jumping = () => {
    ahead += HOUR
    return answer(400, 'invalid_client', { date: new Date(clock.now() + ahead).toUTCString() })()
  }
  network.fault({ path: '/oauth/token', times: 5, respond: jumping })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused', found: 'invalid_client' })
  expect(tokenRequests()).toHaveLength(2)
})

test('[R19] [G8] keeps an offset that got past the clock, though the server refused for something else', async () => {
  const { client, network, clock } = await signedInAlice()
  clock.jumpWall(-5 * MINUTE)
  network.fault({ path: '/oauth/token', times: 2, alter: refuseOtherwise })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused', found: 'invalid_request' })
  network.log.clear()
  await failureOf(client.refresh())
  expect(network.log.to('/oauth/token').map(({ error }) => error)).not.toContain('invalid_dpop_proof')
})

test('[R19] [G8] keeps an older offset where a refusal shows that the clock is right', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  clock.jumpWall(-5 * MINUTE)
  await client.refresh()
  const right = () => answer(400, 'invalid_client', { date: new Date(clock.now() + 5 * MINUTE).toUTCString() })()
  network.fault({ path: '/oauth/token', respond: right })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  await client.refresh()
  expect(tokenRequests().map(({ status }) => status)).toEqual([401, 200, 400, 200])
})

test('[R21] waits out what the server asks for also when the app wants to refresh', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '600' }) })
  await failureOf(client.refresh())
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  expect(tokenRequests()).toHaveLength(1)
  await clock.advance(600_000)
  await client.refresh()
  expect(tokenRequests()).toHaveLength(2)
})

test('[R20] takes newer tokens over where somebody had won before the server said invalid_grant', async () => {
  const { client, network, rewrite, record } = await signedInAlice()
  const { tokens } = await record()
  network.fault({
    path: '/oauth/token',
    respond: async () => {
      await rewrite({ gen: 2, tokens, attempt: null })
      return answer(400, 'invalid_grant')()
    },
  })
  await client.refresh()
  expect(await record()).toMatchObject({ gen: 2, status: 'active' })
})

test('[R20] judges nothing where the record is no longer its own', async () => {
  const { client, network, rewrite, record, clock, tokenRequests } = await signedInAlice()
  network.fault({
    path: '/oauth/token',
    respond: async () => {
      await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
      return answer(400, 'invalid_grant')()
    },
  })
  const failure = failureOf(client.refresh())
  await clock.settle()
  expect(await failure).toMatchObject({ code: 'refresh_pending' })
  expect(tokenRequests()).toHaveLength(1)
  expect((await record()).status).toBe('active')
})

test('[R20] takes newer tokens over also where somebody wins before the end can be written', async () => {
  const { client, network, rewrite, record, storage } = await signedInAlice()
  const { tokens } = await record()
  network.fault({ path: '/oauth/token', respond: answer(400, 'invalid_grant') })
  storage.onPut({
    when: (value) => (value as SessionRecord).status === 'needs_reauth',
    before: () => rewrite({ gen: 2, tokens, attempt: null }),
  })
  await client.refresh()
  expect(await record()).toMatchObject({ gen: 2, status: 'active' })
})

test('[R20] [R5] calls a session signed out whose refresh met its end at the server', async () => {
  const { otherProcess, oauth, sessionId, network, tombstone } = await signedInAlice()
  const other = await otherProcess()
  network.fault({
    path: '/oauth/token',
    respond: async () => {
      await oauth.revoke(sessionId)
      return answer(400, 'invalid_grant')()
    },
  })
  expect(await failureOf(other.refresh())).toMatchObject({ code: 'signed_out' })
  expect(await tombstone()).toMatchObject({ signedOut: true, owes: null })
})

test('[R20] [H6] says that an answer was lost where an older attempt may have acted', async () => {
  const { client, network, clock, record, alice } = await signedInAlice({ network: { noNonces: true } })
  network.fault({ path: '/oauth/token', times: 2, lose: 'answer' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  expect(alice.session.refreshCount).toBe(1)
  await clock.advance(6 * MINUTE)
  const failure = failureOf(client.get(GET_SESSION))
  await clock.advance(2000)
  expect(await failure).toMatchObject({ code: 'needs_reauth', reason: 'refresh_response_lost' })
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'refresh_response_lost' })
})

test('[R21] leaves a session as it was when the server cannot be connected to', async () => {
  const { client, network, record, tokenRequests, clock } = await signedInAlice()
  network.fault({ path: '/oauth/token', refuse: true })
  expect(await failureOf(client.refresh())).toMatchObject({
    name: 'NetworkError',
    code: 'unreachable',
    retryable: true,
  })
  expect(tokenRequests()).toHaveLength(1)
  expect(await record()).toMatchObject({ gen: 1, status: 'active', attempt: null })
  expect(client.session.status).toBe('active')
  await clock.advance(HOUR)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test.each([
  ['http://pds.example.com/oauth/token', 'insecure_url'],
  ['https://127.0.0.1/oauth/token', 'address_forbidden'],
])('[R21] [M1] takes its attempt back where %s may not be asked', async (tokenEndpoint, code) => {
  const { client, network, record, rewrite } = await signedInAlice()
  await rewrite({ tokenEndpoint })
  expect(await failureOf(client.refresh())).toMatchObject({ name: 'NetworkError', code })
  expect(await record()).toMatchObject({ gen: 1, status: 'active', attempt: null })
  expect(network.log).toHaveLength(0)
})

test.each([
  [400, 'invalid_request'],
  [400, 'invalid_client'],
  [403, undefined],
  [404, undefined],
  [429, undefined],
])('[R21] [H5] keeps the session when the token endpoint answers %s %s', async (status, error) => {
  const { client, network, record, clock } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond: answer(status, error) })
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({ code: 'refresh_refused', retryable: true, found: error ?? `status ${status}` })
  expect(await record()).toMatchObject({ gen: 1, status: 'active', attempt: null })
  await clock.advance(HOUR)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R21] follows no redirect with a refresh token', async () => {
  const { client, network, record } = await signedInAlice()
  network.host('https://evil.example.com', () => new Response('thanks'))
  network.fault({
    path: '/oauth/token',
    respond: () => new Response(null, { status: 307, headers: { location: 'https://evil.example.com/' } }),
  })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'redirected' })
  expect(network.log.to(/evil/)).toHaveLength(0)
  expect(await record()).toMatchObject({ status: 'active', attempt: null })
})

test('[R22] knows nothing of a refresh that a careless fetch carried on to where a redirect led', async () => {
  const { otherProcess, network, record } = await signedInAlice()
  const careless = async (url: string, init: RequestInit) => {
    const response = await network.fetch(url, init)
    const copy = new Response(response.body, response)
    return Object.defineProperty(copy, 'redirected', { value: url.endsWith('/oauth/token') })
  }
  const client = await otherProcess({ fetch: careless })
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({ code: 'refresh_unanswered', cause: { code: 'redirected' } })
  expect(hasAttempt(await record())).toBe(true)
})

test('[R21] leaves a token endpoint that redirects alone for a while', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  const elsewhere = { status: 302, headers: { location: 'https://login.example.com/' } }
  network.fault({ path: '/oauth/token', times: 9, respond: () => new Response(null, elsewhere) })
  for (let i = 0; i < 5; i++) await failureOf(client.get(GET_SESSION))
  expect(tokenRequests()).toHaveLength(1)
})

test('[R21] forgets that the server failed once a refresh went well', async () => {
  const { client, network, clock, alice, tokenRequests } = await signedInAlice()
  network.fault({ path: '/oauth/token', times: 3, respond: answer(400, 'invalid_request') })
  for (let i = 0; i < 3; i++) await failureOf(client.refresh())
  await client.refresh()
  alice.expireAccessTokens()
  const call = client.get(GET_SESSION)
  await clock.advance(1000)
  expect((await call).status).toBe(200)
  expect(tokenRequests()).toHaveLength(5)
})

test('[R21] waits as long as the server asks, and then goes on', async () => {
  const { client, network, clock, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '120' }) })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_refused' })
  await clock.advance(119_000)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_refused' })
  expect(tokenRequests()).toHaveLength(1)
  await clock.advance(1000)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R21] while it waits, takes over what another process was given', async () => {
  const { client, network, clock, otherProcess, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '120' }) })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_refused' })
  await (await otherProcess()).refresh()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(2)
  // The server works: nothing is waited out any more.
  await client.refresh()
  expect(tokenRequests()).toHaveLength(3)
})

test('[R21] while it waits, hears what has become of the session, and of nothing else', async () => {
  const { client, network, clock, rewrite, storage, sessionId, deploy } = await signedInAlice()
  await clock.advance(HOUR)
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '600' }) })
  const call = () => failureOf(client.get(GET_SESSION))
  expect(await call()).toMatchObject({ code: 'refresh_refused' })
  vi.spyOn(storage, 'get').mockRejectedValueOnce(new Error('down'))
  expect(await call()).toMatchObject({ code: 'refresh_refused' })
  await rewrite({ status: 'needs_reauth', reason: 'revoked' })
  expect(await call()).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
  await rewrite({ status: 'active', reason: undefined })
  await deploy(new WatchedStorage(storage)).revoke(sessionId)
  expect(await call()).toMatchObject({ code: 'signed_out' })
})

test('[R5] [R21] while it waits, finds that the session was signed out where its record is gone', async () => {
  const { client, network, storage, sessionId } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '120' }) })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  const { version = '' } = (await storage.get(`session/${sessionId}`)) ?? {}
  await storage.delete(`session/${sessionId}`, { ifVersion: version })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'signed_out' })
})

test('[R21] while it waits, a signal ends the look into the storage', async () => {
  const { client, network, storage } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '120' }) })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  vi.spyOn(storage, 'get').mockReturnValueOnce(new Promise(() => {}))
  const over = new AbortController()
  const failure = failureOf(client.refresh({ signal: over.signal }))
  over.abort(new RangeError('enough'))
  expect(await failure).toEqual(new RangeError('enough'))
})

test('[R8] [R21] while it waits, does not call a session ended that the app tries once more', async () => {
  const { client, network, rewrite } = await signedInAlice()
  await rewrite({ status: 'needs_reauth', reason: 'revoked' })
  network.fault({ path: '/oauth/token', respond: answer(429, undefined, { 'retry-after': '120' }) })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
})

test('[R21] takes its attempt back, but not what an older one may have done', async () => {
  const { client, network, clock, record, rewrite, alice } = await signedInAlice({ network: { noNonces: true } })
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  alice.expireAccessTokens()
  await clock.advance(6 * MINUTE)
  network.fault({ path: '/oauth/token', respond: answer(400, 'invalid_request') })
  const failure = failureOf(client.get(GET_SESSION))
  await clock.advance(1000)
  expect(await failure).toMatchObject({ code: 'refresh_refused' })
  expect((await record()).attempt).toEqual({ id: 'of-another', before: null, dead: true })
})

test('[R21] does not wait for its own attempt where it could not be taken back', async () => {
  const { client, network, storage, tokenRequests, record, clock } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond: answer(400, 'invalid_request') })
  storage.onPut({ when: (value) => !hasAttempt(value), fails: 'refuse' })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_refused' })
  expect((await record()).attempt).not.toBeNull()
  await clock.advance(2000)
  await client.refresh()
  expect(tokenRequests()).toHaveLength(2)
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
})

test.each([
  ['answers 500', answer(500, 'server_error')],
  ['answers 503', answer(503)],
  ['answers 408', answer(408)],
  ['says invalid_dpop_proof', answer(401, 'invalid_dpop_proof')],
])('[R22] [H5] writes nothing when the token endpoint %s, and the session is uncertain', async (_, respond) => {
  const { client, network, storage, record, oauth, sessionId } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  expect(storage.puts).toHaveLength(1)
  expect((await record()).attempt).toMatchObject({ before: null, dead: false })
  expect((await oauth.restore(sessionId))?.session).toMatchObject({ status: 'uncertain', reason: undefined })
  const { client: after } = await client.get(GET_SESSION)
  expect(after.session.status).toBe('uncertain')
})

test('[R22] comes out of uncertainty where the server had not acted', async () => {
  const { client, network, clock, record, alice } = await signedInAlice()
  network.fault({ path: '/oauth/token', respond: answer(503) })
  await failureOf(client.refresh())
  alice.expireAccessTokens()
  await clock.advance(6 * MINUTE)
  const call = client.get(GET_SESSION)
  await clock.advance(2000)
  const { client: after } = await call
  expect(after.session.status).toBe('active')
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
})
