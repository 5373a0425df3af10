import { testClock } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import type { MetadataLimits } from '../../../src/discovery/metadata-lookups.ts'
import { MetadataLookups } from '../../../src/discovery/metadata-lookups.ts'
import { DiscoveryError, NetworkError } from '../../../src/errors.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const SIGN_IN = { lastGoodMs: DAY }

/** The metadata of one server, which answers as the test says. */
function scene(first: () => Promise<string>, { isolatesRequests = false } = {}) {
  const clock = testClock()
  const lookups = new MetadataLookups<string>(10, (value) => value.length)
  let server = first
  let asked = 0
  let signal: AbortSignal | undefined
  const find = (limits: MetadataLimits = {}, key = 'key') =>
    lookups.find(key, { clock, isolatesRequests }, limits, (stop) => {
      signal = stop
      asked += 1
      return server()
    })
  return {
    clock,
    lookups,
    find,
    codeOf: (limits?: MetadataLimits) => find(limits).catch(({ code }: { code: string }) => code),
    answers: (next: () => Promise<string>) => void (server = next),
    get signal() {
      return signal
    },
    get asked() {
      return asked
    },
  }
}

const good = (value: string) => async () => value
const failing =
  (failure: unknown = new NetworkError('unreachable')) =>
  async (): Promise<string> => {
    throw failure
  }
const busy = (retryAfter: string, status = 503) =>
  new DiscoveryError('server_failing', {
    field: 'status',
    found: status,
    response: new Response(null, { status, headers: { 'retry-after': retryAfter } }),
  })

test('[B12] remembers for less than ten minutes, whatever age is accepted', async () => {
  const server = scene(good('a'))
  await server.find()
  await server.clock.advance(10 * MINUTE - 1)
  expect(await server.find({ maxAgeMs: DAY })).toBe('a')
  expect(server.asked).toBe(1)
  server.answers(good('b'))
  expect(await server.find({ maxAgeMs: MINUTE })).toBe('b')
  await server.clock.advance(10 * MINUTE)
  await server.find({ maxAgeMs: DAY })
  expect(server.asked).toBe(3)
})

test('[B12] asks anew on demand', async () => {
  const server = scene(good('a'))
  await server.find()
  server.answers(good('b'))
  expect(await server.find({ fresh: true })).toBe('b')
  expect(await server.find()).toBe('b')
})

test('leaves a server that fails alone for a second, then two, four and so on to a minute', async () => {
  const server = scene(failing())
  let asked = 0
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    expect(await server.codeOf()).toBe('unreachable')
    expect(server.asked).toBe((asked += 1))
    await server.clock.advance(seconds * SECOND - 1)
    expect(await server.codeOf()).toBe('unreachable')
    expect(server.asked).toBe(asked)
    await server.clock.advance(1)
  }
})

test('begins with a second again once the server did well, or refused for a reason that stays', async () => {
  for (const outcome of [good('a'), failing(new DiscoveryError('metadata_unavailable'))]) {
    const server = scene(failing())
    await server.codeOf()
    await server.clock.advance(SECOND)
    await server.codeOf()
    await server.clock.advance(2 * SECOND)
    server.answers(outcome)
    await server.codeOf()
    server.answers(failing())
    await server.codeOf({ fresh: true })
    await server.clock.advance(SECOND)
    const { asked } = server
    await server.codeOf({ maxAgeMs: 0 })
    expect(server.asked).toBe(asked + 1)
  }
})

test('counts a failure once, however many waited for it', async () => {
  const server = scene(failing())
  await Promise.all([server.codeOf(), server.codeOf(), server.codeOf()])
  expect(server.asked).toBe(1)
  await server.clock.advance(SECOND)
  await server.codeOf()
  expect(server.asked).toBe(2)
})

test.each([
  ['30', 30 * SECOND],
  ['0', 0],
  [new Date(Date.UTC(2026, 0, 1) + 90 * SECOND).toUTCString(), 90 * SECOND],
  ['86400', 10 * MINUTE],
])('leaves a server alone for as long as it asks: Retry-After: %s', async (retryAfter, ms) => {
  const server = scene(failing(busy(retryAfter)))
  await server.codeOf()
  if (ms > 0) {
    await server.clock.advance(ms - 1)
    expect(await server.codeOf()).toBe('server_failing')
    expect(server.asked).toBe(1)
    await server.clock.advance(1)
  }
  await server.codeOf()
  expect(server.asked).toBe(2)
})

test.each([
  ['a broken answer', new NetworkError('answer_cut_off')],
  ['a time that is over', new NetworkError('timeout')],
  ['a 5xx', new DiscoveryError('server_failing')],
])('%s begins a pause', async (_, error) => {
  const server = scene(failing(error))
  await server.codeOf()
  await server.codeOf()
  expect(server.asked).toBe(1)
})

test.each([
  ['a caller who gave up', new DOMException('stop', 'AbortError')],
  ['a mistake of ours', new TypeError('x')],
  ['a redirect', new NetworkError('redirected')],
  ['an answer that is too large', new NetworkError('too_large')],
])('%s begins none', async (_, error) => {
  const server = scene(failing(error))
  await server.codeOf()
  await server.codeOf()
  expect(server.asked).toBe(2)
})

test('an error during the pause is the one that began it, for each caller their own', async () => {
  const first = new NetworkError('unreachable', { url: 'https://pds.example.com/x' })
  const server = scene(failing(first))
  await server.codeOf()
  const [one, other] = await Promise.all(
    [server.find(), server.find()].map((each) => each.catch((e: unknown) => e)),
  )
  expect(one).toMatchObject({ code: 'unreachable', url: first.url, message: first.message })
  expect(new Set([first, one, other]).size).toBe(3)
})

test('a demand for something fresh is asked during the pause, one for something new is not', async () => {
  const server = scene(failing())
  await server.codeOf()
  await server.codeOf({ maxAgeMs: 0 })
  expect(server.asked).toBe(1)
  await server.codeOf({ fresh: true })
  expect(server.asked).toBe(2)
})

test('a sign-in takes the last good answer of a server that fails, up to a day old', async () => {
  const server = scene(good('a'))
  await server.find()
  server.answers(failing())
  await server.clock.advance(DAY - 1)
  expect(await server.find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(2)
  expect(await server.find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(2)
  await server.clock.advance(SECOND)
  expect(await server.codeOf(SIGN_IN)).toBe('unreachable')
})

test('nobody else does', async () => {
  const server = scene(good('a'))
  await server.find()
  server.answers(failing())
  await server.clock.advance(10 * MINUTE)
  expect(await server.codeOf()).toBe('unreachable')
  expect(await server.codeOf()).toBe('unreachable')
  expect(await server.codeOf({ ...SIGN_IN, fresh: true })).toBe('unreachable')
})

test('a sign-in does not wait for a server that has failed: it is asked meanwhile', async () => {
  const server = scene(good('a'))
  await server.find()
  server.answers(failing())
  await server.clock.advance(10 * MINUTE)
  await server.find(SIGN_IN)
  await server.clock.advance(SECOND)
  const { promise, resolve } = Promise.withResolvers<string>()
  server.answers(() => promise)
  expect(await server.find(SIGN_IN)).toBe('a')
  expect(await server.find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(3)
  resolve('b')
  await server.clock.settle()
  expect(await server.find(SIGN_IN)).toBe('b')
  expect(server.asked).toBe(3)
})

test('and one that fails meanwhile again is left alone for longer', async () => {
  const server = scene(good('a'))
  await server.find()
  server.answers(failing())
  await server.clock.advance(10 * MINUTE)
  await server.find(SIGN_IN)
  await server.clock.advance(SECOND)
  expect(await server.find(SIGN_IN)).toBe('a')
  await server.clock.advance(2 * SECOND - 1)
  expect(await server.find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(3)
  await server.clock.advance(1)
  expect(await server.find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(4)
})

test('a good answer does not stand in for one that is wrong', async () => {
  const server = scene(good('a'))
  await server.find()
  server.answers(failing(new DiscoveryError('issuer_mismatch')))
  await server.clock.advance(10 * MINUTE)
  expect(await server.codeOf(SIGN_IN)).toBe('issuer_mismatch')
  expect(server.lookups.recallAnswer('key', server.clock)).toBeUndefined()
})

test('one server that fails is no reason to leave another alone', async () => {
  const server = scene(failing())
  await server.codeOf()
  server.answers(good('b'))
  expect(await server.find({}, 'other')).toBe('b')
})

test('recalls the last answer of any age, for a guess', async () => {
  const server = scene(good('a'))
  expect(server.lookups.recallAnswer('key', server.clock)).toBeUndefined()
  await server.find()
  await server.clock.advance(30 * DAY)
  expect(server.lookups.recallAnswer('key', server.clock)).toBe('a')
})

test.each(['redirected', 'too_large', 'address_forbidden', 'insecure_url'] as const)(
  '[B1] [B5] the last good answer does not stand in where the server is %s',
  async (code) => {
    const server = scene(good('a'))
    await server.find()
    server.answers(failing(new NetworkError(code)))
    await server.clock.advance(10 * MINUTE)
    expect(await server.codeOf(SIGN_IN)).toBe(code)
    expect(await server.codeOf(SIGN_IN)).toBe(code)
    expect(server.asked).toBe(3)
  },
)

/** A server that answered once, ten minutes ago, and hangs now. */
async function slowScene(options?: { readonly isolatesRequests: boolean }) {
  const server = scene(good('a'), options)
  await server.find()
  await server.clock.advance(10 * MINUTE)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  server.answers(() => promise)
  const { clock, find, codeOf } = server
  return { server, clock, find, codeOf, answer: resolve, fail: reject }
}

test('a sign-in waits two seconds for a server whose last good answer it has', async () => {
  const { server, clock, find, answer } = await slowScene()
  const settled = vi.fn<(value: string) => void>()
  const finding = find(SIGN_IN).then(settled)
  await clock.advance(2 * SECOND - 1)
  expect(settled).not.toHaveBeenCalled()
  await clock.advance(1)
  await finding
  expect(settled).toHaveBeenCalledWith('a')
  answer('b')
  await clock.settle()
  expect(await find(SIGN_IN)).toBe('b')
  expect(server.asked).toBe(2)
})

test('and takes its answer where it comes sooner', async () => {
  const { clock, find, answer } = await slowScene()
  const finding = find(SIGN_IN)
  await clock.advance(SECOND)
  answer('b')
  expect(await finding).toBe('b')
  expect(clock.sleeping).toBe(0)
})

test('one that does not answer in the end is left alone', async () => {
  const { server, clock, find, fail, codeOf } = await slowScene()
  const finding = find(SIGN_IN)
  await clock.advance(2 * SECOND)
  expect(await finding).toBe('a')
  fail(new NetworkError('timeout'))
  await clock.settle()
  expect(await codeOf()).toBe('timeout')
  expect(await find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(2)
})

test('[J14] whoever gives up within these two seconds ends the request, after them nobody does', async () => {
  for (const [seconds, isEnded] of [
    [1, true],
    [3, false],
  ] as const) {
    const { server, clock, find } = await slowScene()
    const controller = new AbortController()
    const outcome = find({ ...SIGN_IN, signal: controller.signal }).catch((reason: unknown) => reason)
    await clock.advance(seconds * SECOND)
    // A failure of the caller's own is no failure of the server.
    const reason = new NetworkError('timeout')
    controller.abort(reason)
    expect(await outcome).toBe(isEnded ? reason : 'a')
    expect(server.signal?.aborted).toBe(isEnded)
  }
})

test('whoever has no last good answer waits', async () => {
  const { clock, find, answer } = await slowScene()
  const finding = find()
  await clock.advance(5 * SECOND)
  answer('b')
  expect(await finding).toBe('b')
})

test('where the work of a request ends with it, the two seconds count as a failure', async () => {
  const { server, clock, find } = await slowScene({ isolatesRequests: true })
  const finding = find(SIGN_IN)
  await clock.advance(2 * SECOND)
  expect(await finding).toBe('a')
  expect(await find(SIGN_IN)).toBe('a')
  expect(server.asked).toBe(2)
})

test('and as one only, whatever comes of the question afterwards', async () => {
  const { server, clock, find, fail } = await slowScene({ isolatesRequests: true })
  const finding = find(SIGN_IN)
  await clock.advance(2 * SECOND)
  await finding
  expect(server.signal?.aborted).toBe(true)
  fail(new NetworkError('timeout'))
  await clock.settle()
  // The pause of one failure is over after a second, that of two only after two more.
  await clock.advance(SECOND)
  server.answers(good('b'))
  await find(SIGN_IN)
  expect(server.asked).toBe(3)
})

test("a caller's own time limit is no failure of the server", async () => {
  const server = scene(good('a'))
  const controller = new AbortController()
  server.answers(
    () =>
      new Promise((_, reject) => server.signal?.addEventListener('abort', () => reject(server.signal?.reason))),
  )
  const leaving = server.codeOf({ signal: controller.signal })
  controller.abort(new NetworkError('timeout'))
  expect(await leaving).toBe('timeout')
  server.answers(good('b'))
  expect(await server.find()).toBe('b')
})
