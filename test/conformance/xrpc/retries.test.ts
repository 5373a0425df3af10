import { nsid, type RetryOptions, XrpcClient, XrpcError } from 'atproof'
import { fakeNetwork, testClock } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import { GET_SESSION, HOUR, signedInAlice } from '../refresh/scene.ts'
import { failureOf } from '../scene.ts'
import { exampleService } from './example-service.ts'

const GET = nsid('com.example.getThings')
const DO = nsid('com.example.doThing')
const PROCEDURES = { retry: { procedures: true } }

const answer =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status, headers })
const fine = () => Response.json({ fine: true })
const stream = () => new Blob(['bytes']).stream()

/** The headers of a limit whose window ends this many seconds after the clock of the tests begins. */
const limitUntil = (seconds: number) => ({
  'ratelimit-limit': '10',
  'ratelimit-remaining': '0',
  'ratelimit-reset': String(Math.floor(testClock().now() / 1000) + seconds),
  'ratelimit-policy': '10;w=300',
})

/** A server whose clock is an hour ahead asks for 90 seconds. */
function datesAhead() {
  const now = testClock().now() + 3_600_000
  return { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 90_000).toUTCString() }
}

test.each([429, 500, 502, 503, 504])(
  '[J6] a query that is answered %d is sent again, after growing pauses',
  async (status) => {
    const { client, seen, pauses } = exampleService([answer(status), answer(status), fine])
    expect((await client.get(GET, { params: { limit: 1 } })).data).toEqual({ fine: true })
    expect(seen.map(({ path }) => path)).toEqual(Array(3).fill('/xrpc/com.example.getThings?limit=1'))
    // Half of 1 s and of 2 s, and half of the other half, as the randomness has it.
    expect(pauses()).toEqual([750, 1500])
  },
)

test.each([
  [0, [500, 1000]],
  [255, [998, 1996]],
])('[J6] the pauses are spread: with %d drawn they are %j', async (byte, expected) => {
  const random = () => Uint8Array.of(byte)
  const { client, pauses } = exampleService([answer(503), answer(503), fine], { random })
  await client.get(GET)
  expect(pauses().map(Math.floor)).toEqual(expected)
})

test.each([400, 401, 403, 404, 405, 408, 413, 501, 505])(
  '[J6] a query that is answered %d is not sent again',
  async (status) => {
    const { client, seen } = exampleService([answer(status), fine])
    expect(await failureOf(client.get(GET))).toMatchObject({ code: 'error_response', status, retryable: false })
    expect(seen).toHaveLength(1)
  },
)

test('[J6] an answer that does not fit the method is not asked for again', async () => {
  const { client, seen } = exampleService([() => new Response('<html>')])
  expect(await failureOf(client.get(GET))).toMatchObject({ code: 'response_invalid' })
  expect(seen).toHaveLength(1)
})

test.each([
  ['refuse', 'unreachable'],
  ['request', 'connection_failed'],
  ['answer', 'connection_failed'],
])('[J6] a query whose connection dies is sent again: %s', async (how) => {
  const { network, client, seen } = exampleService([fine])
  const path = `/xrpc/${GET}`
  const fault = network.fault(
    how === 'refuse' ? { path, refuse: true } : { path, lose: how === 'answer' ? how : 'request' },
  )
  expect((await client.get(GET)).data).toEqual({ fine: true })
  expect(fault.count).toBe(1)
  expect(seen).toHaveLength(how === 'answer' ? 2 : 1)
})

test('[J6] a query whose answer breaks off is sent again', async () => {
  const { network, client, seen } = exampleService([fine])
  network.fault({ path: `/xrpc/${GET}`, body: 'cut-off' })
  expect((await client.get(GET)).data).toEqual({ fine: true })
  expect(seen).toHaveLength(2)
})

test('[J6] gives up after two more tries, with the last answer', async () => {
  const { client, seen, clock } = exampleService([answer(502), answer(503), answer(504, { 'x-a': 'last' })])
  const error = await failureOf(client.get(GET))
  expect(error).toMatchObject({ name: 'XrpcError', status: 504, retryable: true })
  expect(error instanceof XrpcError && error.headers.get('x-a')).toBe('last')
  expect(seen).toHaveLength(3)
  expect(clock.sleeping).toBe(0)
})

test.each<[RetryOptions, number]>([
  [{ limit: 0 }, 1],
  [{ limit: 1 }, 2],
  [{ limit: 4 }, 5],
  [{ limit: undefined }, 3],
])('[J6] retry: %j sends %d times at most', async (retry, times) => {
  const { client, seen } = exampleService([answer(503)])
  await failureOf(client.with({ retry }).get(GET))
  expect(seen).toHaveLength(times)
})

test('[J6] waits as long as Retry-After says, in seconds, and a little more', async () => {
  const { client, pauses } = exampleService([
    answer(429, { 'retry-after': '7' }),
    answer(503, { 'retry-after': '3' }),
    fine,
  ])
  await client.get(GET)
  expect(pauses()).toEqual([7500, 3500])
})

test("[J6] waits until the date that Retry-After names, by the server's clock", async () => {
  const now = testClock().now()
  const date = new Date(now + 3_600_000).toUTCString()
  const until = new Date(now + 3_600_000 + 9000).toUTCString()
  const { client, pauses } = exampleService([answer(429, { date, 'retry-after': until }), fine])
  await client.get(GET)
  expect(pauses()).toEqual([9500])
})

test('[J6] [J7] waits until the window of the limit ends, where nothing else is said', async () => {
  const { client, pauses } = exampleService([answer(429, limitUntil(20)), fine])
  await client.get(GET)
  expect(pauses()).toEqual([20_500])
})

test('[J7] Retry-After goes before the window of the limit, which says nothing of other failures', async () => {
  const headers = { ...limitUntil(20), 'retry-after': '2' }
  const { client, pauses } = exampleService([answer(429, headers), answer(503, limitUntil(20)), fine])
  await client.get(GET)
  expect(pauses()).toEqual([2500, 1500])
})

test('[J7] a window that has ended already asks for no pause', async () => {
  const { client, pauses } = exampleService([answer(429, limitUntil(-20)), fine])
  await client.get(GET)
  expect(pauses()).toEqual([500])
})

test.each([
  ['the longest pause', {}, 61],
  ['the longest pause that is set', { retry: { longestWaitMs: 5000 } }, 6],
  ['the time of the call', { timeoutMs: 10_000 }, 10],
])('[J6] a pause that is longer than %s is not begun: the call fails at once', async (_, settings, seconds) => {
  const { client, seen, clock } = exampleService([
    answer(429, { ...limitUntil(seconds), 'retry-after': String(seconds) }),
    fine,
  ])
  const before = clock.now()
  expect(await failureOf(client.with(settings).get(GET))).toMatchObject({
    name: 'XrpcError',
    status: 429,
    retryable: true,
    rateLimit: { limit: 10, remaining: 0, policy: '10;w=300' },
  })
  expect(seen).toHaveLength(1)
  expect(clock.now()).toBe(before)
})

test('[J6] a pause of exactly the longest is begun', async () => {
  const { client, pauses } = exampleService([answer(429, { 'retry-after': '5' }), fine])
  await client.with({ retry: { longestWaitMs: 5000 } }).get(GET)
  expect(pauses()).toEqual([5500])
})

test('[J6] the pauses that no server asked for grow to the longest, and no further', async () => {
  const { client, pauses } = exampleService([answer(503)])
  await failureOf(client.with({ retry: { limit: 4, longestWaitMs: 3000 } }).get(GET))
  expect(pauses()).toEqual([750, 1500, 2250, 2250])
})

test.each([
  ['Retry-After in seconds', 429, { 'retry-after': '90' }, 90_000],
  ['Retry-After of a server that fails', 503, { 'retry-after': '90' }, 90_000],
  ['Retry-After 0', 429, { 'retry-after': '0' }, 0],
  ["a date, by a server's clock that is an hour ahead", 429, datesAhead(), 90_000],
  ['the end of a window without calls left', 429, limitUntil(90), 90_000],
  ['Retry-After before the window', 429, { ...limitUntil(20), 'retry-after': '90' }, 90_000],
])('[J6] [J7] an error says when the server wants the call again: %s', async (_, status, headers, ms) => {
  const { client, clock } = exampleService([answer(status, headers)])
  const error = await failureOf(client.with({ retry: { limit: 0 } }).post(DO))
  expect(error).toMatchObject({ status, retryAt: clock.now() + ms })
})

test.each([
  ['it does not say', 429, {}],
  ['a window has calls left', 429, { ...limitUntil(90), 'ratelimit-remaining': '1' }],
  ['a window says nothing of another failure', 503, limitUntil(90)],
  ['the call is not wanted again', 400, { 'retry-after': '90' }],
  ['it says so in words', 429, { 'retry-after': 'soon' }],
])('[J6] [J7] an error does not say when the server wants the call again where %s', async (_, status, headers) => {
  const { client } = exampleService([answer(status, headers)])
  const error = await failureOf(client.with({ retry: { limit: 0 } }).post(DO))
  expect(error).toMatchObject({ name: 'XrpcError', status, retryAt: undefined })
})

test('[J6] a server that wants the call never again gives a time that a Date can hold', async () => {
  const { client, seen } = exampleService([answer(429, { 'retry-after': '9'.repeat(400) })])
  expect(await failureOf(client.get(GET))).toMatchObject({ retryAt: 8.64e15 })
  expect(seen).toHaveLength(1)
})

test('[J6] waits longer where both times are set longer', async () => {
  const { client, pauses } = exampleService([answer(429, { 'retry-after': '300' }), fine])
  await client.with({ retry: { longestWaitMs: 400_000 }, timeoutMs: 400_000 }).get(GET)
  expect(pauses()).toEqual([300_500])
})

test('[J6] [J14] one time holds for all tries', async () => {
  const clock = testClock()
  const network = fakeNetwork({ clock })
  network.host('https://api.example.com', fine)
  const { fetch } = network
  const client = new XrpcClient({
    service: 'https://api.example.com',
    fetch,
    clock,
    timeoutMs: 10_000,
    random: () => new Uint8Array(1),
  })
  network.fault({ path: `/xrpc/${GET}`, status: 503, headers: { 'retry-after': '4' } })
  network.fault({ path: `/xrpc/${GET}`, hang: 'request' })
  const ended = vi.fn<(error: unknown) => void>()
  client.get(GET).catch(ended)
  await clock.advance(9999)
  expect(ended).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(ended).toHaveBeenCalledWith(
    expect.objectContaining({ code: 'timeout', expected: 'an answer in 10000 ms' }),
  )
})

test("[J14] an abort ends a pause with the caller's reason", async () => {
  const clock = testClock()
  const { client, seen } = exampleService([answer(503)], { clock })
  const controller = new AbortController()
  const failure = client.get(GET, { signal: controller.signal }).catch((error: unknown) => error)
  await clock.settle()
  controller.abort('closed')
  expect(await failure).toBe('closed')
  expect(seen).toHaveLength(1)
  expect(clock.sleeping).toBe(0)
})

test.each([429, 500, 502, 503, 504])('[J6] a procedure that is answered %d is not sent again', async (status) => {
  const { client, seen } = exampleService([answer(status), fine])
  expect(await failureOf(client.post(DO, { input: {} }))).toMatchObject({ status, retryable: true })
  expect(seen).toHaveLength(1)
})

test('[J6] a procedure is sent again after 429, where that is asked for', async () => {
  const { client, seen, pauses } = exampleService([answer(429, { 'retry-after': '5' }), fine], PROCEDURES)
  await client.post(DO, { input: { a: 1 } })
  expect(seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
  expect(pauses()).toEqual([5500])
})

test.each([500, 502, 503, 504])(
  '[J6] a procedure that is answered %d is never sent again: it may have been acted on',
  async (status) => {
    const { client, seen } = exampleService([answer(status, { 'retry-after': '1' }), fine], PROCEDURES)
    expect(await failureOf(client.post(DO))).toMatchObject({ status })
    expect(seen).toHaveLength(1)
  },
)

test('[J6] a procedure that never left is sent again, where that is asked for', async () => {
  const { network, client, seen } = exampleService([fine])
  const refuse = () => network.fault({ path: `/xrpc/${DO}`, refuse: true })
  refuse()
  expect(await failureOf(client.post(DO))).toMatchObject({ code: 'unreachable' })
  refuse()
  await client.with(PROCEDURES).post(DO)
  expect(seen).toHaveLength(1)
})

test.each(['request', 'answer'] as const)(
  '[J6] a procedure that may have left is never sent again: its %s is lost',
  async (lose) => {
    const { network, client, log } = exampleService([fine], PROCEDURES)
    network.fault({ path: `/xrpc/${DO}`, lose })
    expect(await failureOf(client.post(DO))).toMatchObject({ code: 'connection_failed' })
    expect(log.count(`/xrpc/${DO}`)).toBe(1)
  },
)

test('[J6] a stream is never sent again, and a function that makes one is', async () => {
  const { client, seen } = exampleService([answer(429), fine], PROCEDURES)
  expect(await failureOf(client.post(DO, { input: stream() }))).toMatchObject({
    status: 429,
    retryable: false,
    action: 'give `input` as a function that makes the stream: a stream can be sent only once',
  })
  expect(seen).toHaveLength(1)
  const other = exampleService([answer(429), fine], PROCEDURES)
  const make = vi.fn<typeof stream>(stream)
  await other.client.post(DO, { input: make })
  expect(other.seen.map(({ body }) => body)).toEqual(['bytes', 'bytes'])
  expect(make).toHaveBeenCalledTimes(2)
})

test('[J6] a refresh whose connection dies is not tried again for the call: it has pauses of its own', async () => {
  const { client, clock, network } = await signedInAlice()
  await clock.advance(2 * HOUR)
  network.log.clear()
  network.fault({ path: '/oauth/token', refuse: true, times: Infinity })
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'unreachable' })
  expect(network.log.count('/oauth/token')).toBe(1)
})

test("[J6] a session's query is sent again with a proof of its own", async () => {
  const { client, clock, network } = await signedInAlice()
  network.log.clear()
  network.fault({ path: `/xrpc/${GET_SESSION}`, status: 503 })
  const stop = clock.auto()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  stop()
  expect(network.log.entries.map(({ status }) => status)).toEqual([503, 200])
  expect(new Set(network.log.entries.map(({ dpop }) => dpop?.payload.jti)).size).toBe(2)
})

test('[J6] fetchHandler sends once, whatever is answered', async () => {
  const { client, seen } = exampleService([answer(503), fine], PROCEDURES)
  expect((await client.fetchHandler(`/xrpc/${GET}`)).status).toBe(503)
  expect(seen).toHaveLength(1)
})

test('[J7] results and errors tell how many calls are left', async () => {
  const { client } = exampleService([
    () => Response.json({}, { headers: limitUntil(20) }),
    answer(400, limitUntil(20)),
  ])
  const expected = { limit: 10, remaining: 0, resetsAt: testClock().now() + 20_000, policy: '10;w=300' }
  expect((await client.get(GET)).rateLimit).toEqual(expected)
  expect(await failureOf(client.get(GET))).toMatchObject({ rateLimit: expected })
})
