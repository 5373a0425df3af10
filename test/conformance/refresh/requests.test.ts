import { expect, test } from 'vitest'
import { type Fetch, nsid, SessionError, XrpcError } from 'atproof'
import { failureOf, signIn } from '../scene.ts'
import { GET_SESSION, HOUR, MINUTE, type SignedInScene, signedInAlice } from './scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import { WatchedStorage } from './watched-storage.ts'

const refuseToken = () =>
  new Response(JSON.stringify({ error: 'InvalidToken' }), {
    status: 401,
    headers: {
      'content-type': 'application/json',
      'www-authenticate': 'DPoP error="invalid_token", error_description="the token is no good"',
    },
  })

const WENT_AWAY = new Error('the person went away')

/** Alice's client over a fetch that hears no abort: what is begun is sent. */
async function careless({ deploy, storage, sessionId, network }: SignedInScene) {
  const fetch: Fetch = (url, init) => network.fetch(url, { ...init, signal: null })
  const client = await deploy(storage, { fetch }).restore(sessionId)
  if (client) return client
  throw new Error('the session did not come back')
}

test('[R1] calls without a storage access, and with one request each', async () => {
  const { client, storage, network } = await signedInAlice()
  for (let i = 0; i < 3; i++) await client.get(GET_SESSION)
  expect(storage.accesses).toBe(0)
  expect(network.log).toHaveLength(3)
})

test('[R1] sends the newest token from a client of before the refresh', async () => {
  const { client, network, alice } = await signedInAlice()
  const renewed = await client.refresh()
  expect(renewed).not.toBe(client)
  await client.get(GET_SESSION)
  const { accessToken } = alice.session
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${accessToken}`)
})

test('[R1] hands back the same client while nothing changed, and an updated one after a refresh', async () => {
  const { client, clock } = await signedInAlice()
  expect((await client.get(GET_SESSION)).client).toBe(client)
  await clock.advance(55 * MINUTE)
  const { client: updated } = await client.get(GET_SESSION)
  expect(updated).not.toBe(client)
  expect((await updated.get(GET_SESSION)).client).toBe(updated)
})

test('[R1] hands back the same client where only what nobody sees has changed', async () => {
  const { client, network } = await signedInAlice()
  network.fault({
    path: '/oauth/token',
    respond: () => Response.json({ error: 'invalid_request' }, { status: 400 }),
  })
  await failureOf(client.refresh())
  expect((await client.get(GET_SESSION)).client).toBe(client)
})

test('[R2] reads the storage when a good token is refused, and takes over what another process refreshed', async () => {
  const { client, otherProcess, tokenRequests, network } = await signedInAlice()
  const other = await otherProcess()
  await other.refresh()
  expect(tokenRequests()).toHaveLength(1)
  network.log.clear()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(0)
  expect(network.log.entries.map(({ status }) => status)).toEqual([401, 200])
})

test('[R2] asks once more after a second, and does not refresh where the server was only confused', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: refuseToken })
  const call = client.get(GET_SESSION)
  await clock.advance(999)
  expect(network.log).toHaveLength(1)
  await clock.advance(1)
  expect((await call).status).toBe(200)
  expect(tokenRequests()).toHaveLength(0)
})

test('[R2] refreshes when the token is refused twice, a second apart', async () => {
  const { client, clock, network, alice, tokenRequests } = await signedInAlice()
  alice.expireAccessTokens()
  const call = client.get(GET_SESSION)
  await clock.advance(1000)
  expect((await call).status).toBe(200)
  expect(network.log.to(`/xrpc/${GET_SESSION}`).map(({ status }) => status)).toEqual([401, 401, 200])
  expect(tokenRequests()).toHaveLength(1)
})

test('[R2] doubts a refused token once for twenty calls, and refreshes once', async () => {
  const { client, clock, alice, storage, tokenRequests } = await signedInAlice()
  alice.expireAccessTokens()
  const calls = Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
  await clock.advance(1000)
  expect((await calls).map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(tokenRequests()).toHaveLength(1)
  // One reading in doubt, one by the refresh; the attempt and the new tokens.
  expect(storage.gets).toBe(2)
  expect(storage.puts).toHaveLength(2)
})

test('[R2] doubts a token once, and believes what was refused before', async () => {
  const { client, clock, network, alice, rewrite } = await signedInAlice()
  alice.expireAccessTokens()
  // Somebody's refresh is open, so that there is no other token for now.
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  const first = failureOf(client.get(GET_SESSION))
  await clock.advance(32_000)
  expect(await first).toMatchObject({ code: 'refresh_pending' })
  network.log.clear()
  const second = failureOf(client.get(GET_SESSION))
  await clock.advance(32_000)
  expect(await second).toMatchObject({ code: 'refresh_pending' })
  expect(network.log).toHaveLength(1)
})

test('[R2] doubts the next token as well, after one that was refused for good', async () => {
  const { client, clock, network, alice, tokenRequests } = await signedInAlice()
  alice.expireAccessTokens()
  const first = client.get(GET_SESSION)
  await clock.advance(1000)
  await first
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: refuseToken })
  const second = client.get(GET_SESSION)
  await clock.advance(1000)
  expect((await second).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R2] doubts the tokens of each session by themselves', async () => {
  const scene = await signedInAlice()
  const { client, alice, clock, deploy, storage } = scene
  const second = await signIn(scene)
  alice.expireAccessTokens()
  await (await deploy(new WatchedStorage(storage)).restore(second.session.sessionId))?.refresh()
  const slow = client.get(GET_SESSION)
  // Its new tokens stand in the storage, and nobody has to be waited for.
  expect((await second.get(GET_SESSION)).status).toBe(200)
  await clock.advance(1000)
  expect((await slow).status).toBe(200)
})

test('[R2] [R26] sends nothing more for a session that is signed out while a refusal is in doubt', async () => {
  const { client, alice, clock, oauth, sessionId, network } = await signedInAlice()
  alice.expireAccessTokens()
  const call = failureOf(client.get(GET_SESSION))
  await clock.settle()
  await oauth.revoke(sessionId)
  await clock.advance(1000)
  expect(await call).toMatchObject({ code: 'signed_out' })
  expect(network.log.to(`/xrpc/${GET_SESSION}`)).toHaveLength(1)
})

test('[R2] asks nobody again for a caller that gives up while a refusal is in doubt', async () => {
  const scene = await signedInAlice()
  const { clock, alice, network } = scene
  const client = await careless(scene)
  await client.get(GET_SESSION)
  alice.expireAccessTokens()
  network.log.clear()
  const caller = new AbortController()
  const call = failureOf(client.get(GET_SESSION, { signal: caller.signal }))
  await clock.settle()
  expect(network.log).toHaveLength(1)
  caller.abort(WENT_AWAY)
  expect(await call).toBe(WENT_AWAY)
  await clock.advance(2000)
  expect(network.log).toHaveLength(1)
})

test('[R2] asks once more where the storage cannot be read in doubt, and harms nothing', async () => {
  const { deploy, storage, sessionId, network, clock, tokenRequests } = await signedInAlice()
  let isAway = false
  const get = async (key: string) => {
    if (isAway) throw new Error('nobody answers')
    return storage.get(key)
  }
  const client = await deploy(sharedStorage(storage, { get })).restore(sessionId)
  isAway = true
  // Its server knows a nonce of it from here on.
  await client?.get(GET_SESSION)
  network.log.clear()
  network.fault({ path: `/xrpc/${GET_SESSION}`, respond: refuseToken })
  const call = client?.get(GET_SESSION)
  await clock.advance(1000)
  expect((await call)?.status).toBe(200)
  expect(network.log.entries.map(({ status }) => status)).toEqual([401, 200])
  expect(tokenRequests()).toHaveLength(0)
})

test('[R2] doubts no refusal of what a caller asked that has given up', async () => {
  const scene = await signedInAlice()
  const { clock, alice, network, storage } = scene
  const client = await careless(scene)
  await client.get(GET_SESSION)
  alice.expireAccessTokens()
  const slow = network.fault({ path: `/xrpc/${GET_SESSION}`, hang: 'request' })
  const caller = new AbortController()
  const call = failureOf(client.get(GET_SESSION, { signal: caller.signal }))
  await slow.hit
  storage.reset()
  caller.abort(WENT_AWAY)
  expect(await call).toBe(WENT_AWAY)
  slow.release()
  await clock.advance(2000)
  expect(network.log.last?.status).toBe(401)
  expect(storage.accesses).toBe(0)
})

test('[R3] [H6] sends nothing for a caller that gives up while an early refresh is waited for', async () => {
  const scene = await signedInAlice()
  const { clock, network, record } = scene
  const client = await careless(scene)
  await clock.advance(55 * MINUTE)
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const caller = new AbortController()
  const call = failureOf(client.get(GET_SESSION, { signal: caller.signal }))
  await slow.hit
  caller.abort(WENT_AWAY)
  expect(await call).toBe(WENT_AWAY)
  slow.release()
  await clock.settle()
  expect(network.log.to(`/xrpc/${GET_SESSION}`)).toHaveLength(0)
  // The refresh went on all the same.
  expect((await record()).gen).toBe(2)
})

test('[R2] refreshes an expired token as soon as it is refused, without a second thought', async () => {
  const { client, clock, rewrite, network } = await signedInAlice()
  // Somebody's refresh is open, and too old to wait for: the token is used until it is refused.
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  await clock.advance(HOUR)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  const calls = network.log.to(`/xrpc/${GET_SESSION}`).filter(({ error }) => error !== 'use_dpop_nonce')
  expect(calls.map(({ status }) => status)).toEqual([401, 200])
})

test.each([
  ['six minutes before the end of an hour, and not earlier', 3600, 54 * MINUTE],
  ['a tenth before the end of a short life', 600, 9 * MINUTE],
])('[R3] refreshes %s', async (_, tokenLifetimeSeconds, early) => {
  const { client, clock, tokenRequests } = await signedInAlice({ network: { tokenLifetimeSeconds } })
  await clock.advance(early - 1000)
  await client.get(GET_SESSION)
  expect(tokenRequests()).toHaveLength(0)
  await clock.advance(1000)
  await client.get(GET_SESSION)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R3] calls with the token it has when an early refresh fails, and leaves the server alone for a while', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  await clock.advance(55 * MINUTE)
  network.fault({ path: '/oauth/token', times: 9, respond: () => new Response('busy', { status: 429 }) })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
  await clock.advance(1000)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(2)
})

test('[R3] does not hang with a good token because an early refresh does', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  await clock.advance(55 * MINUTE)
  network.fault({ path: '/oauth/token', hang: 'request' })
  const call = client.get(GET_SESSION)
  await clock.advance(4999)
  expect(network.log.to(`/xrpc/${GET_SESSION}`)).toHaveLength(0)
  await clock.advance(1)
  expect((await call).status).toBe(200)
  expect(tokenRequests().map(({ outcome }) => outcome)).toEqual(['pending'])
  // The next call does not wait for it again.
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R3] leaves no timer behind where an early refresh is quick', async () => {
  const { client, clock, tokenRequests } = await signedInAlice()
  await clock.advance(55 * MINUTE)
  await client.get(GET_SESSION)
  expect(tokenRequests()).toHaveLength(1)
  expect(clock.sleeping).toBe(0)
})

test('[G7] refuses a path that leads elsewhere before anything is sent, a refresh included', async () => {
  const { client, clock, network } = await signedInAlice()
  await clock.advance(55 * MINUTE)
  for (const path of [
    'https://evil.example.com/',
    '//evil.example.com/',
    '/\\evil.example.com/',
    '/\t/evil.example.com/',
  ]) {
    await expect(client.fetchHandler(path)).rejects.toThrow(TypeError)
  }
  expect(network.log.entries).toEqual([])
})

test('[R3] says why when an expired token cannot be refreshed', async () => {
  const { client, clock, network } = await signedInAlice()
  await clock.advance(HOUR)
  network.fault({ path: '/oauth/token', times: 9, respond: () => new Response('busy', { status: 429 }) })
  const failure = await client.get(GET_SESSION).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SessionError)
  expect(failure).toMatchObject({ code: 'refresh_refused', retryable: true, found: 'status 429' })
})

test('[R3] sends one token request for twenty calls on an expired token', async () => {
  const { client, clock, tokenRequests } = await signedInAlice()
  await clock.advance(HOUR)
  const results = await Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
  expect(results.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(tokenRequests()).toHaveLength(1)
})

test('[R2] goes on with tokens that came while it was refused, without another look at the storage', async () => {
  const { client, clock, network, alice, storage, tokenRequests } = await signedInAlice()
  alice.expireAccessTokens()
  const call = client.get(GET_SESSION)
  await clock.settle()
  const slow = network.fault({ path: `/xrpc/${GET_SESSION}`, hang: 'answer' })
  await clock.advance(1000)
  await slow.hit
  await client.refresh()
  storage.reset()
  slow.release()
  expect((await call).status).toBe(200)
  expect(storage.accesses).toBe(0)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R2] [G5] takes no 401 for a refusal of the token that does not say so', async () => {
  const { client, network, tokenRequests, storage } = await signedInAlice()
  network.fault({
    path: `/xrpc/${GET_SESSION}`,
    respond: () => Response.json({ error: 'AuthFactorTokenRequired' }, { status: 401 }),
  })
  const failure = await failureOf(client.get(GET_SESSION))
  expect(failure).toMatchObject({ status: 401, error: 'AuthFactorTokenRequired' })
  expect(network.log).toHaveLength(1)
  expect(tokenRequests()).toHaveLength(0)
  expect(storage.accesses).toBe(0)
})

test('[R2] [G5] takes only a 401 for a refusal of the token', async () => {
  const { client, network, tokenRequests } = await signedInAlice()
  network.fault({
    path: `/xrpc/${GET_SESSION}`,
    respond: () => Response.json({ error: 'invalid_token', message: 'of the method' }, { status: 400 }),
  })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ status: 400, error: 'invalid_token' })
  expect(network.log).toHaveLength(1)
  expect(tokenRequests()).toHaveLength(0)
})

test('[G8] gets parallel calls past a clock that jumped', async () => {
  const { client, clock, network } = await signedInAlice()
  await client.get(GET_SESSION)
  clock.jumpWall(-10 * MINUTE)
  const results = await Promise.all(Array.from({ length: 3 }, () => client.get(GET_SESSION)))
  expect(results.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(
    network.log.entries
      .slice(1)
      .map(({ status }) => status)
      .toSorted(),
  ).toEqual([200, 200, 200, 401, 401, 401])
})

test('reads the storage once for many who restore at once, and twice for two in a row', async () => {
  const { otherProcess, deploy, storage, sessionId } = await signedInAlice()
  await otherProcess()
  const oauth = deploy(storage)
  const clients = await Promise.all(Array.from({ length: 100 }, () => oauth.restore(sessionId)))
  expect(clients.every((client) => client?.session.status === 'active')).toBe(true)
  expect(storage.gets).toBe(1)
  await oauth.restore(sessionId)
  expect(storage.gets).toBe(2)
})

test('[M5] shows no older token that a server repeats either', async () => {
  const { client, network } = await signedInAlice()
  network.respond('com.example.echo', (request) =>
    Response.json({ error: 'Bad', message: `bad: ${request.headers.get('authorization')}` }, { status: 400 }),
  )
  const slow = network.fault({ path: '/xrpc/com.example.echo', hang: 'answer' })
  const call = failureOf(client.get(nsid('com.example.echo')))
  await slow.hit
  await client.refresh()
  slow.release()
  expect((await call).message).toContain('DPoP [secret]')
})

test('[M5] shows no token that a server repeats in its error', async () => {
  const { client, network } = await signedInAlice()
  network.respond('com.example.echo', (request) => {
    const message = `bad: ${request.headers.get('authorization')}`
    return Response.json({ error: 'Bad', message }, { status: 400 })
  })
  const failure = await failureOf(client.get(nsid('com.example.echo')))
  expect(failure.message).toContain('DPoP [secret]')
})

test('[G2] calls with one request after a restore, for as long as the nonce is good', async () => {
  const { oauth, sessionId, network } = await signedInAlice()
  for (let i = 0; i < 3; i++) await (await oauth.restore(sessionId))?.get(GET_SESSION)
  expect(network.log.entries.map(({ status }) => status)).toEqual([200, 200, 200])
})

test('[R4] returns a second refusal as it came, after one refresh', async () => {
  const { client, clock, network, tokenRequests } = await signedInAlice()
  network.fault({ path: `/xrpc/${GET_SESSION}`, times: 99, respond: refuseToken })
  const call = client.get(GET_SESSION).catch((error: unknown) => error)
  await clock.advance(1000)
  const failure = await call
  expect(failure).toBeInstanceOf(XrpcError)
  expect(failure).toMatchObject({ status: 401, error: 'InvalidToken' })
  expect(tokenRequests()).toHaveLength(1)
})

test('[R4] [G9] returns the refusal of a body that can be sent only once', async () => {
  const { client, network, alice, tokenRequests } = await signedInAlice()
  await client.get(GET_SESSION)
  alice.expireAccessTokens()
  const body = new Blob(['stream']).stream()
  const response = await client.fetchHandler('/xrpc/com.atproto.repo.uploadBlob', { method: 'POST', body })
  expect(response.status).toBe(401)
  expect(network.log.to('/xrpc/com.atproto.repo.uploadBlob')).toHaveLength(1)
  expect(tokenRequests()).toHaveLength(0)
})

test('[R4] sends a body of bytes again after a refresh', async () => {
  const { client, clock, network, alice } = await signedInAlice()
  network.respond('com.example.echo', async (request) => Response.json({ got: await request.text() }))
  alice.expireAccessTokens()
  const sent = client.fetchHandler('/xrpc/com.example.echo', {
    method: 'POST',
    body: new TextEncoder().encode('bytes'),
  })
  await clock.advance(1000)
  expect(await (await sent).json()).toEqual({ got: 'bytes' })
})
