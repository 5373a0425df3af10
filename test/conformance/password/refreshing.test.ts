import { NetworkError, SessionError } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import {
  CREATE,
  DAY,
  DELETE,
  endAtServer,
  GET_SESSION,
  HOUR,
  isSecondSet,
  MINUTE,
  REFRESH,
  saying,
  SECOND,
  signedInWithPassword,
} from './scene.ts'

/** How long an access token of the reference server lives. */
const LIFETIME = 2 * HOUR

test('[R1] uses its token until it is near its end, with one request a call', async () => {
  const { client, clock, network, storage } = await signedInWithPassword()
  await clock.advance(LIFETIME - 7 * MINUTE)
  await client.get(GET_SESSION)
  expect(network.log.entries.map(({ path }) => path)).toEqual([`/xrpc/${GET_SESSION}`])
  expect(storage.accesses).toBe(0)
})

test('[R3] refreshes a token near its end first, and each client goes on with the new one', async () => {
  const { client, clock, answers, record, sessionId, events } = await signedInWithPassword()
  const before = await record(sessionId)
  await clock.advance(LIFETIME - 6 * MINUTE)
  events.length = 0
  const result = await client.get(GET_SESSION)
  expect(answers(REFRESH)).toEqual([200])
  expect(events.map(({ type }) => type)).toEqual(['refresh_begun', 'stored', 'refreshed'])
  const after = await record(sessionId)
  expect(after).toMatchObject({ gen: 2, attempt: null, status: 'active', signIn: before.signIn })
  expect(after.tokens.accessToken).not.toBe(before.tokens.accessToken)
  expect(after.tokens.refreshToken).not.toBe(before.tokens.refreshToken)
  expect(after.tokens.expiresAt).toBe(clock.now() + LIFETIME)
  expect(result.client).not.toBe(client)
  await client.get(GET_SESSION)
  expect(answers(REFRESH)).toEqual([200])
  expect(answers(CREATE)).toEqual([])
})

test('[R3] an early refresh that fails fails no call', async () => {
  const { client, clock, network } = await signedInWithPassword()
  await clock.advance(LIFETIME - 3 * MINUTE)
  network.fault({ path: REFRESH, status: 503 })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(network.log.to(REFRESH)).toHaveLength(1)
})

test('[R2] [R4] refreshes where the server says `ExpiredToken` of a token that should be good', async () => {
  const { client, clock, network, answers } = await signedInWithPassword()
  // As a server does whose clock runs ahead of ours.
  const refusals = network.fault({ path: `/xrpc/${GET_SESSION}`, respond: saying('ExpiredToken'), times: 2 })
  const calling = client.get(GET_SESSION)
  await clock.advance(SECOND)
  expect((await calling).status).toBe(200)
  expect(refusals.count).toBe(2)
  expect(answers(REFRESH)).toEqual([200])
  // Asked again after a second, and once more with the new token.
  expect(network.log.to(`/xrpc/${GET_SESSION}`)).toHaveLength(3)
})

test('[R2] believes no single refusal', async () => {
  const { client, clock, network, answers } = await signedInWithPassword()
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: saying('ExpiredToken') })
  const calling = client.get(GET_SESSION)
  await clock.advance(SECOND)
  expect((await calling).status).toBe(200)
  expect(answers(REFRESH)).toEqual([])
})

test('[R4] hands a refusal on that comes after a refresh too', async () => {
  const { client, clock, network, answers } = await signedInWithPassword()
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: saying('ExpiredToken'), times: Infinity })
  const failure = failureOf(client.get(GET_SESSION))
  await clock.advance(SECOND)
  expect(await failure).toMatchObject({ name: 'XrpcError', status: 400, error: 'ExpiredToken' })
  expect(answers(REFRESH)).toEqual([200])
})

test('[R4] refreshes ahead of a stream where the one before was refused', async () => {
  const { client, clock, network, answers } = await signedInWithPassword()
  // As a server does whose clock runs ahead of ours.
  const path = /uploadBlob|getSession/
  const refusals = network.fault({ path, respond: saying('ExpiredToken'), times: 3 })
  const upload = () => client.uploadBlob(new Blob(['hello']).stream())
  expect(await failureOf(upload())).toMatchObject({ error: 'ExpiredToken' })
  const second = upload()
  await clock.advance(SECOND)
  expect((await second).status).toBe(200)
  expect([refusals.count, answers(REFRESH)]).toEqual([3, [200]])
})

test.each(['InvalidToken', 'AuthMissing'])('refreshes for no %s: it would not help', async (error) => {
  const { client, network, answers } = await signedInWithPassword()
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: saying(error) })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ status: 400, error })
  expect(answers(REFRESH)).toEqual([])
})

test('spends one refresh token for twenty parallel calls', async () => {
  const { client, clock, answers } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  const results = await Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
  expect(results.every(({ status }) => status === 200)).toBe(true)
  expect(answers(REFRESH)).toEqual([200])
})

test('[R13] [R15] spends one refresh token in two processes', async () => {
  const { client, otherProcess, clock, answers, network } = await signedInWithPassword()
  const other = await otherProcess()
  await clock.advance(LIFETIME)
  const slow = network.fault({ path: REFRESH, hang: 'answer' })
  const first = client.get(GET_SESSION)
  await slow.hit
  const second = other.get(GET_SESSION)
  await clock.advance(3 * SECOND)
  slow.release()
  await clock.advance(3 * SECOND)
  expect([(await first).status, (await second).status]).toEqual([200, 200])
  expect(answers(REFRESH)).toEqual([200])
})

test('[R14] [R15] writes the attempt before it sends the token', async () => {
  const { client, clock, record, sessionId, network } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  const slow = network.fault({ path: REFRESH, hang: 'request' })
  const calling = client.get(GET_SESSION)
  await slow.hit
  expect((await record(sessionId)).attempt).toMatchObject({ before: null, dead: false })
  slow.release()
  expect((await calling).status).toBe(200)
  expect((await record(sessionId)).attempt).toBeNull()
})

test('[R15] sends nothing where the attempt cannot be written', async () => {
  const { client, clock, storage, network } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  storage.onPut({ fails: 'refuse' })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'write_failed' })
  expect(network.log.to(REFRESH)).toEqual([])
})

test('[R17] sends the same bytes once more where the connection died, and goes on', async () => {
  const { client, clock, network, answers } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, lose: 'answer' })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(network.log.to(REFRESH)).toHaveLength(2)
  // The reference server answers a used token for two hours more.
  expect(answers(REFRESH).at(-1)).toBe(200)
})

test('[R22] is uncertain where no answer came, and says so', async () => {
  const { client, clock, network, record, sessionId, otherProcess } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, lose: 'answer', times: 2 })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  expect((await record(sessionId)).attempt).toMatchObject({ dead: false })
  expect((await otherProcess()).session.status).toBe('uncertain')
})

test('[R13] goes on six minutes after an answer that was lost, since the server takes the token once more', async () => {
  const { client, clock, network, sessionId, record } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, lose: 'answer', times: 2 })
  await failureOf(client.get(GET_SESSION))
  await clock.advance(6 * MINUTE)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(await record(sessionId)).toMatchObject({ gen: 2, attempt: null, status: 'active' })
})

test('[R20] says that the answer was lost where the server does not take the token any more', async () => {
  const { client, clock, network, sessionId, record } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, lose: 'answer', times: 2 })
  await failureOf(client.get(GET_SESSION))
  await clock.advance(3 * HOUR)
  const error = await failureOf(client.get(GET_SESSION))
  expect(error).toMatchObject({
    code: 'needs_reauth',
    reason: 'refresh_response_lost',
    handle: 'alice.example.com',
  })
  expect(await record(sessionId)).toMatchObject({ status: 'needs_reauth', reason: 'refresh_response_lost' })
})

test('another process goes on where one died between sending and storing', async () => {
  const { client, clock, storage, otherProcess, record, sessionId } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  // The answer came, and nothing of it was ever stored.
  storage.onPut({ when: isSecondSet, before: () => new Promise(() => {}) })
  void client.get(GET_SESSION).catch(() => {})
  await clock.settle()
  const other = await otherProcess()
  expect(other.session.status).toBe('uncertain')
  await clock.advance(6 * MINUTE)
  expect((await other.get(GET_SESSION)).status).toBe(200)
  expect(await record(sessionId)).toMatchObject({ gen: 2, status: 'active' })
})

test('[R20] says that the session was ended at the server, and asks no further', async () => {
  const { client, clock, network, record, sessionId, answers, events } = await signedInWithPassword()
  await endAtServer(network, await record(sessionId))
  await clock.advance(LIFETIME)
  const error = await failureOf(client.get(GET_SESSION))
  expect(error).toBeInstanceOf(SessionError)
  expect(error).toMatchObject({ code: 'needs_reauth', reason: 'revoked', retryable: false, sessionId })
  expect(events.at(-1)).toMatchObject({ type: 'ended', reason: 'revoked' })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth' })
  expect(answers(REFRESH)).toEqual([400])
})

test('[R20] tells a session that has outlived its time from one that was ended', async () => {
  const { client, clock } = await signedInWithPassword()
  await clock.advance(91 * DAY)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth', reason: 'expired' })
})

test('[R20] reads `InvalidToken` as a token that is not taken', async () => {
  const { client, clock, network } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  // As of a server whose secret was changed.
  network.fault({ path: REFRESH, respond: saying('InvalidToken') })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
})

test('[R20] takes the tokens of whoever was first instead', async () => {
  const { client, clock, network, otherProcess, rewrite, record, sessionId, answers } =
    await signedInWithPassword()
  await clock.advance(LIFETIME)
  const other = await otherProcess()
  const gate = Promise.withResolvers<void>()
  const slow = network.fault({ path: REFRESH, respond: () => gate.promise.then(saying('ExpiredToken')) })
  const first = client.get(GET_SESSION)
  await slow.hit
  // Somebody who takes nobody's attempt into account.
  await rewrite(sessionId, { attempt: null })
  expect((await other.get(GET_SESSION)).status).toBe(200)
  gate.resolve()
  expect((await first).status).toBe(200)
  expect(answers(REFRESH)).toEqual([400, 200])
  expect(await record(sessionId)).toMatchObject({ gen: 2, status: 'active' })
})

test('[R21] [J6] lives on where refreshing is limited, and waits as long as the server says', async () => {
  const { client, clock, network, record, sessionId, answers } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, status: 429, headers: { 'retry-after': '60' } })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_refused', retryable: true })
  expect(await record(sessionId)).toMatchObject({ status: 'active', attempt: null })
  await clock.advance(59 * SECOND)
  await failureOf(client.get(GET_SESSION))
  expect(answers(REFRESH)).toEqual([429])
  await clock.advance(SECOND)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('shows no refresh token that a server repeats', async () => {
  const { client, network, record, sessionId, events } = await signedInWithPassword()
  const { refreshToken = '' } = (await record(sessionId)).tokens
  network.fault({
    path: REFRESH,
    respond: ({ headers }) =>
      Response.json({ error: 'No', message: `not ${headers.get('authorization')}` }, { status: 400 }),
  })
  const error = await failureOf(client.refresh())
  expect(error).toMatchObject({ code: 'refresh_refused', message: expect.stringContaining('[secret]') })
  expect(`${error.message} ${JSON.stringify([error, events])}`).not.toContain(refreshToken)
})

test('holds the runtime by `waitUntil` until a refresh is stored', async () => {
  const { otherProcess, alice, clock, network, record, sessionId } = await signedInWithPassword()
  const held: Promise<unknown>[] = []
  const client = await otherProcess({ as: alice.did, waitUntil: (promise) => void held.push(promise) })
  expect(held).toEqual([])
  await clock.advance(LIFETIME)
  const slow = network.fault({ path: REFRESH, hang: 'answer' })
  const calling = client.get(GET_SESSION)
  await slow.hit
  expect(held).toHaveLength(1)
  slow.release()
  await Promise.all(held)
  expect((await record(sessionId)).gen).toBe(2)
  await calling
})

test('[R21] lives on where the account was taken down, and says what to do', async () => {
  const { client, clock, alice, record, sessionId } = await signedInWithPassword()
  alice.takeDown()
  await clock.advance(LIFETIME)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({
    code: 'refresh_refused',
    retryable: false,
    action: expect.stringContaining('taken down'),
  })
  expect((await record(sessionId)).status).toBe('active')
})

test('goes on while the account is deactivated', async () => {
  const { client, clock, alice } = await signedInWithPassword()
  alice.deactivate()
  await clock.advance(LIFETIME)
  expect((await client.get(GET_SESSION)).data).toMatchObject({ active: false, status: 'deactivated' })
})

test('[R21] sends nothing where the server cannot be reached, and lives on', async () => {
  const { client, clock, network, record, sessionId } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, refuse: true })
  const error = await failureOf(client.get(GET_SESSION))
  expect(error).toBeInstanceOf(NetworkError)
  expect(error.code).toBe('unreachable')
  expect(await record(sessionId)).toMatchObject({ status: 'active', attempt: null })
})

test.each(['accessJwt', 'refreshJwt', 'did'])(
  '[R18] [R22] takes a success without %s for no answer',
  async (omit) => {
    const { client, clock, network, record, sessionId } = await signedInWithPassword()
    await clock.advance(LIFETIME)
    network.fault({ path: REFRESH, omit })
    expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_unanswered' })
    expect(await record(sessionId)).toMatchObject({ gen: 1, status: 'active' })
  },
)

test.each([500, 503, 408])('[R22] takes a %d for no answer: the server may have acted', async (status) => {
  const { client, clock, network, record, sessionId } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, status })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  expect((await record(sessionId)).attempt).toMatchObject({ dead: false })
})

test('[R23] ends with the tokens of another account, and gives them back', async () => {
  const { client, clock, network, alice, answers } = await signedInWithPassword()
  const bob = network.createAccount('bob.example.com')
  expect(bob.did).not.toBe(alice.did)
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, set: { did: bob.did } })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth', reason: 'wrong_account' })
  expect(answers(DELETE)).toEqual([200])
})

test('[R23] ends with a token that cannot stand in a header', async () => {
  const { client, clock, network } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  network.fault({ path: REFRESH, set: { accessJwt: 'a b' } })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ reason: 'bad_token_response' })
})

test('[R25] uses new tokens at once although the storage fails, and stores them later', async () => {
  const { client, clock, storage, record, sessionId, answers } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  const heal = storage.onPut({ when: isSecondSet, times: Infinity, fails: 'refuse' })
  const result = await client.get(GET_SESSION)
  expect(result.client.session.stored).toBe(false)
  expect((await record(sessionId)).gen).toBe(1)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  heal()
  await clock.advance(30 * SECOND)
  expect(await record(sessionId)).toMatchObject({ gen: 2, attempt: null })
  expect(answers(REFRESH)).toEqual([200])
})

test('[R24] takes a put whose answer was lost for done', async () => {
  const { client, clock, storage, record, sessionId } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  storage.onPut({ when: isSecondSet, fails: 'lose-answer' })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await clock.advance(5 * SECOND)
  expect(await record(sessionId)).toMatchObject({ gen: 2 })
})

test('[R11] names an account that moved, and sends its token nowhere', async () => {
  const { client, clock, network, alice, answers, signIn, sessionId } = await signedInWithPassword()
  network.addPds('https://pds2.example.net')
  alice.moveTo('https://pds2.example.net')
  await clock.advance(LIFETIME)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
  expect(answers(REFRESH)).toEqual([])
  // Signing in again leads to where it lives now, into the same session.
  const again = await signIn()
  expect(again.session).toMatchObject({ sessionId, pds: 'https://pds2.example.net', status: 'active' })
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R11] asks where the account lives now, whatever a lookup said before', async () => {
  const { client, clock, network, alice, answers } = await signedInWithPassword()
  await clock.advance(11 * MINUTE)
  network.addPds('https://pds2.example.net')
  alice.moveTo('https://pds2.example.net')
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
  expect(answers(REFRESH)).toEqual([])
})

test('[R11] does not take an account that moved for one that was confirmed, where the clock is set back', async () => {
  const { client, clock, network, alice, answers } = await signedInWithPassword()
  await clock.advance(11 * MINUTE)
  network.addPds('https://pds2.example.net')
  alice.moveTo('https://pds2.example.net')
  await failureOf(client.refresh())
  clock.jumpWall(-6 * MINUTE)
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
  expect(answers(REFRESH)).toEqual([])
})

test('[R11] what a lookup said of the sign-in before does not count for this one', async () => {
  const { client, clock, network, alice, answers, signIn } = await signedInWithPassword()
  network.addPds('https://pds2.example.net')
  alice.moveTo('https://pds2.example.net')
  await clock.advance(LIFETIME)
  await failureOf(client.get(GET_SESSION))
  await signIn()
  // Then the last answer is too old to stand, by the wall clock, and by the other one too young to be asked for again.
  clock.jumpWall(-HOUR)
  expect((await client.refresh()).session).toMatchObject({ pds: 'https://pds2.example.net', status: 'active' })
  expect(answers(REFRESH)).toEqual([200])
})

test('[R23] keeps its scope where a new token does not say it', async () => {
  const { client, network, sessionId, record } = await signedInWithPassword()
  network.fault({ path: REFRESH, set: { accessJwt: 'opaque-access-token' } })
  await client.refresh()
  const { scope, tokens } = await record(sessionId)
  expect(scope).toBe('com.atproto.access')
  expect(tokens).toMatchObject({ accessToken: 'opaque-access-token' })
  expect(tokens.expiresAt).toBeUndefined()
})

test('[R11] goes along with an account that an entryway moved to another PDS', async () => {
  const { client, clock, network, alice, rewrite, sessionId, otherProcess, record } = await signedInWithPassword()
  const entryway = 'https://pds2.example.net'
  network.addPds(entryway)
  // What gave the tokens is not where the account lives.
  await rewrite(sessionId, { pds: entryway })
  expect(alice.pds).not.toBe(entryway)
  const other = await otherProcess()
  await clock.advance(LIFETIME)
  expect((await other.get(GET_SESSION)).status).toBe(200)
  expect(await record(sessionId)).toMatchObject({ pds: alice.pds, issuer: alice.pds, gen: 2 })
  expect(client.session.pds).toBe(alice.pds)
})

test('[R11] asks no more than every ten minutes, and lives on where nobody answers', async () => {
  const { client, clock, network, alice } = await signedInWithPassword()
  await clock.advance(LIFETIME)
  const lookup = network.fault({ path: `/${alice.did}`, status: 503, times: Infinity })
  await client.get(GET_SESSION)
  await client.refresh()
  expect(lookup.count).toBe(1)
})

test('[R8] a session that has ended is tried once more where the app asks for it', async () => {
  const { client, rewrite, sessionId, otherProcess, record } = await signedInWithPassword()
  await rewrite(sessionId, { status: 'needs_reauth', reason: 'revoked' })
  expect(client.session.status).toBe('active')
  expect((await client.refresh()).session.status).toBe('active')
  expect((await record(sessionId)).gen).toBe(2)
  expect((await otherProcess()).session.status).toBe('active')
})

test('[J10] proxies calls with its own authority', async () => {
  const { client, network } = await signedInWithPassword()
  const api = network.addService('did:web:api.example.com#todo_api', {
    methods: { 'com.example.todo.list': (_, { did }) => ({ owner: did }) },
  })
  const response = await client.fetchHandler('/xrpc/com.example.todo.list', {
    headers: { 'atproto-proxy': api.reference },
  })
  expect(await response.json()).toEqual({ owner: client.did })
})

test.each(['https://elsewhere.example.net/xrpc/a.b.c', '//elsewhere.example.net/', '/\\elsewhere.example.net'])(
  '[R1] sends its token nowhere but to its PDS: not to %s',
  async (path) => {
    const { client, network } = await signedInWithPassword()
    expect(await failureOf(client.fetchHandler(path))).toBeInstanceOf(TypeError)
    expect(network.log.entries).toEqual([])
  },
)

test('[J5] sends a small request ahead of a stream where nobody knows how long the token lives, and refreshes it', async () => {
  const { rewrite, record, sessionId, otherProcess, network, answers } = await signedInWithPassword()
  const { tokens } = await record(sessionId)
  // As of a server whose tokens are no JWTs.
  await rewrite(sessionId, { tokens: { ...tokens, expiresAt: undefined, lifetimeMs: undefined } })
  const client = await otherProcess()
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: saying('ExpiredToken'), times: 2 })
  network.clock.auto()
  const { data } = await client.uploadBlob(new Blob(['hello']).stream())
  expect(data.blob.size).toBe(5)
  expect(answers(REFRESH)).toEqual([200])
  expect(answers('/xrpc/com.atproto.repo.uploadBlob')).toEqual([200])
})

test('sends nothing ahead of a stream where it is known that the token is good', async () => {
  const { client, network } = await signedInWithPassword()
  await client.uploadBlob(new Blob(['hello']).stream())
  expect(network.log.entries.map(({ path }) => path)).toEqual(['/xrpc/com.atproto.repo.uploadBlob'])
})

test('does not wait for a fetch that heeds no signal', async () => {
  const { otherProcess, alice } = await signedInWithPassword()
  const given = new AbortController()
  const client = await otherProcess({ as: alice.did, fetch: () => new Promise(() => {}) })
  const failure = failureOf(client.fetchHandler(`/xrpc/${GET_SESSION}`, { signal: given.signal }))
  given.abort(new Error('no more'))
  expect(await failure).toMatchObject({ message: 'no more' })
})

test('follows no redirect with its token', async () => {
  const { client, network } = await signedInWithPassword()
  network.fault({ path: `/xrpc/${GET_SESSION}`, redirect: 'https://elsewhere.example.net/' })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'redirected' })
  expect(network.log.to('https://elsewhere.example.net/')).toEqual([])
})

test('sends its token over nothing but https', async () => {
  const { rewrite, sessionId, otherProcess, network } = await signedInWithPassword()
  await rewrite(sessionId, { pds: 'http://pds.example.com' })
  const other = await otherProcess()
  network.log.clear()
  expect(await failureOf(other.get(GET_SESSION))).toMatchObject({ code: 'insecure_url' })
  expect(network.log.entries).toEqual([])
})
