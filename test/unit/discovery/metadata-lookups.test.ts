import { testClock } from 'atproof/testing'
import { expect, test } from 'vitest'
import type { MetadataLimits } from '../../../src/discovery/metadata-lookups.ts'
import { MetadataLookups } from '../../../src/discovery/metadata-lookups.ts'
import { DiscoveryError, NetworkError } from '../../../src/errors.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE
const SIGN_IN = { lastGoodMs: DAY }

/** The metadata of one server, which answers as the test says. */
function scene(first: () => Promise<string>) {
  const clock = testClock()
  const lookups = new MetadataLookups<string>(10, (value) => value.length)
  let server = first
  let asked = 0
  const find = (limits: MetadataLimits = {}, key = 'key') =>
    lookups.find(key, clock, limits, () => {
      asked += 1
      return server()
    })
  return {
    clock,
    lookups,
    find,
    codeOf: (limits?: MetadataLimits) => find(limits).catch(({ code }: { code: string }) => code),
    answers: (next: () => Promise<string>) => void (server = next),
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
  ['a redirect', new NetworkError('redirected')],
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
