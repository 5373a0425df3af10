import { NetworkError, nsid, XrpcError } from 'atproof'
import type { Fault } from 'atproof/testing'
import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  SECOND,
  TOKEN,
} from './alice-in-two-processes.ts'

const path = `/xrpc/${GET_SESSION}`
const times = Infinity
const headers = { 'content-type': 'application/json' }
const refusal = (challenge: string | undefined, error: string) => () =>
  Response.json(
    { error, message: 'as it was told' },
    { status: 401, ...(challenge !== undefined && { headers: { 'www-authenticate': challenge } }) },
  )

/** Whatever a PDS says that is not about the token: the call fails, and the session has nothing to do with it. */
const OF_THE_CALL: readonly (readonly [what: string, fault: Fault, told: object])[] = [
  ['answers 500', { path, times, status: 500 }, { status: 500, retryable: true }],
  ['answers 502', { path, times, status: 502 }, { status: 502, retryable: true }],
  ['answers 503', { path, times, status: 503 }, { status: 503, retryable: true }],
  ['answers 429', { path, times, status: 429 }, { status: 429, retryable: true }],
  ['answers 403', { path, times, status: 403 }, { status: 403, error: 'Forbidden', retryable: false }],
  ['answers 400', { path, times, status: 400 }, { status: 400, retryable: false }],
  [
    'answers 401 without a challenge',
    { path, times, respond: refusal(undefined, 'AuthMissing') },
    { status: 401, error: 'AuthMissing', retryable: false },
  ],
  [
    'answers 401 with the challenge of another scheme',
    { path, times, respond: refusal('Bearer error="invalid_token"', 'InvalidToken') },
    { status: 401, retryable: false },
  ],
  [
    'finds the scope too small',
    { path, times, respond: refusal('DPoP error="insufficient_scope"', 'ScopeMissing') },
    { status: 401, error: 'ScopeMissing', retryable: false },
  ],
  ['asks for a new nonce without end', { path, times, nonce: 'stale' }, { status: 401, retryable: false }],
  [
    'finds every proof wrong',
    { path, times, respond: refusal('DPoP error="invalid_dpop_proof"', 'InvalidDpopProof') },
    { status: 401, retryable: false },
  ],
]

test.each(OF_THE_CALL)(
  '[G5] [R2] fails the call, and leaves the session alone, where the PDS %s',
  async (_, fault, told) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, outlast, here, tokenRequests } = scene
    network.fault(fault)
    const failure = await outlast(failureOf(client.get(GET_SESSION)))
    expect(failure).toBeInstanceOf(XrpcError)
    expect(failure).toMatchObject(told)
    expect(network.log.length).toBeLessThanOrEqual(3)
    expect(tokenRequests()).toHaveLength(0)
    expect(here.steps.names.filter((name) => name.startsWith('put'))).toEqual([])
    expect(here.events.filter(({ type }) => /refresh|ended|uncertain|store/.test(type))).toEqual([])
    await expectToGoOn(scene)
  },
)

/** No answer at all. */
const OF_THE_NETWORK: readonly (readonly [what: string, fault: Fault, code: string])[] = [
  ['cannot be connected to', { path, times, refuse: true }, 'unreachable'],
  ['loses every request', { path, times, lose: 'request' }, 'connection_failed'],
  ['loses every answer', { path, times, lose: 'answer' }, 'connection_failed'],
  ['hangs', { path, times, hang: 'request' }, 'timeout'],
  ['hangs in the middle of its answer', { path, times, hang: 'body' }, 'timeout'],
  ['breaks its answer off', { path, times, body: 'cut-off' }, 'answer_cut_off'],
]

test.each(OF_THE_NETWORK)(
  '[G5] fails the call as one that can be tried again where the PDS %s',
  async (_, fault, code) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, outlast, tokenRequests } = scene
    network.fault(fault)
    const failure = await outlast(failureOf(client.get(GET_SESSION)))
    expect(failure).toBeInstanceOf(NetworkError)
    expect(failure).toMatchObject({ code, retryable: true })
    expect(tokenRequests()).toHaveLength(0)
    await expectToGoOn(scene)
  },
)

test('[G7] takes no token along to where a PDS redirects, and the session goes on', async () => {
  const scene = await aliceInTwoProcesses()
  scene.network.fault({ path, redirect: 'https://elsewhere.example.com/' })
  const told = { name: 'NetworkError', code: 'redirected', retryable: false }
  expect(await failureOf(scene.client.get(GET_SESSION))).toMatchObject(told)
  expect(scene.network.log.to(/elsewhere/)).toHaveLength(0)
  await expectToGoOn(scene)
})

test('waits for a PDS as long as the app says', async () => {
  const scene = await aliceInTwoProcesses()
  scene.network.fault({ path, hang: 'request' })
  const call = failureOf(scene.client.with({ timeoutMs: 5 * SECOND }).get(GET_SESSION))
  await scene.clock.advance(5 * SECOND)
  expect(await call).toMatchObject({ name: 'NetworkError', code: 'timeout', retryable: true })
  await expectToGoOn(scene)
})

test('[R2] asks once more after a second, and for nothing else, where a good token is refused once', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, tokenRequests, clock } = scene
  network.fault({ path, tokenCheck: 'fails' })
  const began = clock.monotonic()
  expect((await outlast(client.get(GET_SESSION))).client.session.status).toBe('active')
  expect(clock.monotonic() - began).toBe(SECOND)
  expect(network.log.to(path).map(({ status }) => status)).toEqual([401, 200])
  expect(tokenRequests()).toHaveLength(0)
  await expectToGoOn(scene)
})

test('[G5] [R2] [R4] refreshes once a call, and goes on afterwards, where good tokens are refused for hours', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, tokenRequests, clock, record } = scene
  network.fault({ path, times, tokenCheck: 'fails' })
  for (let call = 1; call <= 5; call++) {
    const failure = await outlast(failureOf(client.get(GET_SESSION)))
    expect(failure).toMatchObject({ name: 'XrpcError', status: 401, error: 'invalid_token' })
    expect(tokenRequests()).toHaveLength(call)
    expect(await record()).toMatchObject({ gen: call + 1, status: 'active', attempt: null })
    await clock.advance(HOUR / 2)
  }
  await expectToGoOn(scene)
})

test('[R2] [R22] survives a database that is away for both servers', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, there, record, clock } = scene
  network.fault({ path, times, tokenCheck: 'fails' })
  network.fault({ path: TOKEN, times, status: 500 })
  for (let minute = 0; minute < 30; minute += 3) {
    for (const one of [client, await there()]) {
      const failure = await outlast(failureOf(one.get(GET_SESSION)))
      expect(failure).toMatchObject({ name: 'SessionError', retryable: true })
      expect(['refresh_unanswered', 'refresh_pending']).toContain(failure.code)
    }
    expect((await record()).status).toBe('active')
    await clock.advance(3 * MINUTE)
  }
  await expectToGoOn(scene, { afterMs: FENCE })
})

test('[R2] [H5] does not take an outage of both servers for the end: 401 here, invalid_client there', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, record } = scene
  network.fault({ path, times, tokenCheck: 'fails' })
  network.fault({ path: TOKEN, times, status: 401, headers, body: '{"error":"invalid_token"}' })
  const failure = await outlast(failureOf(client.get(GET_SESSION)))
  expect(failure).toMatchObject({ code: 'refresh_refused', retryable: true })
  expect(await record()).toMatchObject({ status: 'active', attempt: null, gen: 1 })
  await expectToGoOn(scene)
})

test('[R2] [R3] tells every one of many calls the same, and goes on', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, alice, tokenRequests } = scene
  alice.expireAccessTokens()
  network.fault({ path: TOKEN, times: 1, status: 429, headers: { 'retry-after': '20' } })
  const calls = Array.from({ length: 20 }, () => failureOf(client.get(GET_SESSION)))
  for (const failure of await outlast(Promise.all(calls))) {
    expect(failure).toMatchObject({ code: 'refresh_refused', retryable: true })
  }
  expect(tokenRequests()).toHaveLength(1)
  await expectToGoOn(scene, { afterMs: 20 * SECOND })
})

test('[G9] a body that can be sent only once is not sent twice, and the next call has the new nonce', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network } = scene
  network.respond('com.example.upload', async () => ({ taken: true }))
  network.rotateNonces()
  const send = () => {
    const body = new Blob(['a stream']).stream()
    return client.fetchHandler('/xrpc/com.example.upload', { method: 'POST', body })
  }
  expect((await send()).status).toBe(401)
  expect((await send()).status).toBe(200)
  expect((await client.post(nsid('com.example.upload'), { input: {} })).status).toBe(200)
  await expectToGoOn(scene)
})
