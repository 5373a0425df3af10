import { testClock } from 'atproof/testing'
import { describe, expect, test, vi } from 'vitest'
import { Lookups } from '../../../src/discovery/lookups.ts'
import { DiscoveryError, IdentityError, NetworkError } from '../../../src/errors.ts'
import { failureOf } from '../../conformance/scene.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Lookups of one question, whose answers a test gives. */
function scene({ most = 10, isolatesRequests = false } = {}) {
  const clock = testClock()
  const lookups = new Lookups<string>(most, (value) => value.length)
  const asked: {
    key: string
    signal: AbortSignal
    answer: (value: string) => void
    fail: (error: unknown) => void
  }[] = []
  const find = (options: { key?: string; maxAgeMs?: number; signal?: AbortSignal } = {}) => {
    const { key = 'key', maxAgeMs = DAY, signal } = options
    return lookups.find(key, { clock, isolatesRequests }, { maxAgeMs, signal }, (stop) => {
      const { promise, resolve: answer, reject: fail } = Promise.withResolvers<string>()
      asked.push({ key, signal: stop, answer, fail })
      return promise
    })
  }
  /** Asks for something new, and is answered at once. */
  const learn = async (value: string, key = 'key') => {
    const finding = find({ key, maxAgeMs: 0 })
    asked.at(-1)?.answer(value)
    return finding
  }
  const refuse = async (error: unknown, key = 'key') => {
    const finding = find({ key, maxAgeMs: 0 })
    asked.at(-1)?.fail(error)
    await expect(finding).rejects.toBeDefined()
  }
  return { clock, lookups, asked, find, learn, refuse }
}

test('[A17] gives a remembered answer that is younger than asked for, and asks for one that is not', async () => {
  const { clock, asked, find, learn } = scene()
  await learn('a')
  await clock.advance(10 * MINUTE - 1)
  expect(await find({ maxAgeMs: 10 * MINUTE })).toBe('a')
  expect(asked).toHaveLength(1)
  await clock.advance(1)
  const finding = find({ maxAgeMs: 10 * MINUTE })
  asked.at(1)?.answer('b')
  expect(await finding).toBe('b')
  expect(await find({ maxAgeMs: 10 * MINUTE })).toBe('b')
})

test('[A17] an answer is as old as its question', async () => {
  const { clock, asked, find } = scene()
  const finding = find()
  await clock.advance(5000)
  asked[0]?.answer('a')
  expect(await finding).toBe('a')
  await clock.advance(5000)
  void find({ maxAgeMs: 10_000 })
  expect(asked).toHaveLength(2)
})

test('[A17] a clock that is set back keeps nothing alive', async () => {
  const { clock, asked, find, learn } = scene()
  await learn('a')
  clock.jumpWall(-DAY)
  await clock.advance(MINUTE)
  void find({ maxAgeMs: MINUTE })
  expect(asked).toHaveLength(2)
})

test('[A17] time that only the wall clock saw counts too: the machine slept', async () => {
  const { clock, asked, find, learn } = scene()
  await learn('a')
  clock.jumpWall(MINUTE)
  void find({ maxAgeMs: MINUTE })
  expect(asked).toHaveLength(2)
})

test.each([
  new IdentityError('handle_not_found'),
  new IdentityError('did_tombstoned'),
  new DiscoveryError('server_metadata_invalid', { field: 'issuer', found: 'x' }),
])('[A17] remembers $code for five minutes', async (error) => {
  const { clock, asked, find, refuse } = scene()
  await refuse(error)
  await clock.advance(5 * MINUTE - 1)
  const again = await failureOf(find())
  expect(again).toMatchObject({ code: error.code, message: error.message })
  expect(again).not.toBe(error)
  expect(asked).toHaveLength(1)
  await clock.advance(1)
  void find()
  expect(asked).toHaveLength(2)
})

test('[A17] remembers that there is nothing no longer than asked for', async () => {
  const { clock, asked, find, refuse } = scene()
  await refuse(new IdentityError('did_not_found'))
  await clock.advance(MINUTE)
  await expect(find({ maxAgeMs: MINUTE + 1 })).rejects.toMatchObject({ code: 'did_not_found' })
  void find({ maxAgeMs: MINUTE })
  expect(asked).toHaveLength(2)
})

test.each([
  new NetworkError('unreachable'),
  new NetworkError('timeout'),
  new NetworkError('redirected'),
  new NetworkError('too_large'),
  new IdentityError('did_unresolved'),
  new IdentityError('handle_unresolved'),
  new DiscoveryError('server_failing'),
  new Error('a bug'),
])('[A17] never remembers a failure to ask: $message', async (error) => {
  const { asked, find, refuse } = scene()
  await refuse(error)
  void find()
  expect(asked).toHaveLength(2)
})

test('[A17] a failure to ask leaves an older answer in its place, a definite one does not', async () => {
  const { clock, lookups, learn, refuse } = scene()
  await learn('a')
  await refuse(new NetworkError('timeout'))
  expect(lookups.recallAnswer('key', clock, DAY)).toBe('a')
  await refuse(new IdentityError('did_not_found'))
  expect(lookups.recallAnswer('key', clock, DAY)).toBeUndefined()
})

test('[A17] remembers so many, and forgets what was not asked for longest', async () => {
  const { asked, find, learn } = scene({ most: 2 })
  await learn('a', 'A')
  await learn('b', 'B')
  await find({ key: 'A' })
  await learn('c', 'C')
  expect(await find({ key: 'A' })).toBe('a')
  expect(asked).toHaveLength(3)
  void find({ key: 'B' })
  expect(asked).toHaveLength(4)
})

test('remembers nothing that is large: neither an answer, a question nor what was found instead', async () => {
  const { asked, find, learn, refuse } = scene()
  const large = 'x'.repeat(16 * 1024)
  await learn(large, 'answer')
  await learn('small', large)
  await refuse(new DiscoveryError('issuer_mismatch', { found: [large] }), 'refusal')
  await refuse(new DiscoveryError('issuer_mismatch', { found: undefined }), 'small refusal')
  expect(asked).toHaveLength(4)
  for (const key of ['answer', large, 'refusal']) void find({ key })
  expect(asked).toHaveLength(7)
  await expect(find({ key: 'small refusal' })).rejects.toMatchObject({ code: 'issuer_mismatch' })
  const fitting = 'x'.repeat(16 * 1024 - 3)
  await learn(fitting, 'fit')
  expect(await find({ key: 'fit' })).toBe(fitting)
})

test('an answer that is too large to remember takes the older one along', async () => {
  const { clock, lookups, learn } = scene()
  await learn('old')
  await learn('x'.repeat(16 * 1024))
  expect(lookups.recallAnswer('key', clock, DAY)).toBeUndefined()
})

test('asks once for all who ask at the same time, and for each question by itself', async () => {
  const { asked, find } = scene()
  const finding = [find(), find(), find({ maxAgeMs: 0 }), find({ key: 'other' })]
  expect(asked.map(({ key }) => key)).toEqual(['key', 'other'])
  asked[0]?.answer('a')
  asked[1]?.answer('b')
  expect(await Promise.all(finding)).toEqual(['a', 'a', 'a', 'b'])
})

test('gives each who waits a failure of their own', async () => {
  const { asked, find } = scene()
  const failing = [find(), find()].map((each) => each.catch((error: unknown) => error))
  const error = new NetworkError('timeout')
  asked[0]?.fail(error)
  const [one, other] = await Promise.all(failing)
  expect(one).toMatchObject({ code: 'timeout' })
  expect(other).toMatchObject({ code: 'timeout' })
  expect(new Set([error, one, other]).size).toBe(3)
})

test("[J14] an abort ends its caller's waiting, with their reason, and nobody else's", async () => {
  const { asked, find } = scene()
  const controller = new AbortController()
  const reason = new NetworkError('timeout')
  const leaving = expect(find({ signal: controller.signal })).rejects.toBe(reason)
  const staying = find({ signal: new AbortController().signal })
  controller.abort(reason)
  await leaving
  expect(asked[0]?.signal.aborted).toBe(false)
  asked[0]?.answer('a')
  expect(await staying).toBe('a')
})

test('[J14] the last to give up ends the request, and whoever comes then asks anew', async () => {
  const { asked, find } = scene()
  const [one, other] = [new AbortController(), new AbortController()]
  const giving = [one, other].map(({ signal }) => expect(find({ signal })).rejects.toBe('stop'))
  one.abort('stop')
  other.abort('stop')
  await Promise.all(giving)
  expect(asked[0]?.signal).toMatchObject({ aborted: true, reason: 'stop' })
  const finding = find()
  expect(asked).toHaveLength(2)
  asked[0]?.fail('stop')
  asked[1]?.answer('a')
  expect(await finding).toBe('a')
  expect(await find()).toBe('a')
})

test('[J14] a caller who has given up asks nobody', async () => {
  const { asked, find } = scene()
  await expect(find({ signal: AbortSignal.abort('stop') })).rejects.toBe('stop')
  expect(asked).toEqual([])
})

test('does not wait for a question that has outlived its time limit: its context is gone', async () => {
  const { clock, asked, find } = scene()
  void find()
  await clock.advance(10_000)
  void find()
  expect(asked).toHaveLength(1)
  await clock.advance(1)
  const finding = find()
  expect(asked).toHaveLength(2)
  asked[1]?.answer('a')
  expect(await finding).toBe('a')
})

test('whoever still waited for it then, and gives up, ends no newer question', async () => {
  const { clock, asked, find } = scene()
  const controller = new AbortController()
  const leaving = expect(find({ signal: controller.signal })).rejects.toBe('stop')
  await clock.advance(10_001)
  const finding = find()
  controller.abort('stop')
  await leaving
  const joining = find()
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false])
  asked[1]?.answer('a')
  expect(await Promise.all([finding, joining])).toEqual(['a', 'a'])
})

test('a question that nobody waits for any more fails without a sound', async () => {
  const unhandled = vi.fn<() => void>()
  process.on('unhandledRejection', unhandled)
  const { asked, find } = scene()
  const controller = new AbortController()
  const leaving = expect(find({ signal: controller.signal })).rejects.toBe('stop')
  controller.abort('stop')
  await leaving
  asked[0]?.fail(new Error('late'))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

test('who joins a question waits no longer than a question of their own may take: its context may be gone', async () => {
  const { clock, asked, find } = scene()
  void find()
  await clock.advance(9000)
  const joining = expect(find()).rejects.toMatchObject({ code: 'timeout', field: 'key', retryable: true })
  await clock.advance(10_000)
  await joining
  expect(asked).toHaveLength(1)
  expect(clock.sleeping).toBe(0)
})

test('a request that has ended asks for no abort of what it fetched', async () => {
  const { asked, find } = scene()
  const finding = find()
  asked[0]?.answer('a')
  await finding
  expect(asked[0]?.signal.aborted).toBe(false)
})

test('an answer that comes late does not replace one that was asked for after it', async () => {
  for (const late of ['old', 'x'.repeat(16 * 1024)]) {
    const { clock, asked, find } = scene()
    const slow = find()
    await clock.advance(10_001)
    const finding = find()
    asked[1]?.answer('new')
    await finding
    asked[0]?.answer(late)
    expect(await slow).toBe(late)
    expect(await find()).toBe('new')
  }
})

test('a refusal that shows a whole document counts for the memory that it takes', async () => {
  const { asked, find, refuse } = scene()
  const found = Array.from({ length: 400 }, () => ({}))
  await refuse(new DiscoveryError('issuer_mismatch', { found }), 'large')
  await refuse(new DiscoveryError('issuer_mismatch', { found: found.slice(0, 200) }), 'small')
  void find({ key: 'large' })
  expect(asked).toHaveLength(3)
  await expect(find({ key: 'small' })).rejects.toMatchObject({ code: 'issuer_mismatch' })
})

describe('where the work of a request ends with it', () => {
  test('nobody waits for what another asked', async () => {
    const { asked, find } = scene({ isolatesRequests: true })
    const [one, other] = [find(), find()]
    expect(asked).toHaveLength(2)
    asked[1]?.answer('a')
    expect(await other).toBe('a')
    asked[0]?.fail(new NetworkError('timeout'))
    await expect(one).rejects.toMatchObject({ code: 'timeout' })
  })

  test('an answer is shared all the same', async () => {
    const { asked, find, learn } = scene({ isolatesRequests: true })
    await learn('a')
    expect(await find()).toBe('a')
    expect(asked).toHaveLength(1)
  })

  test('[J14] an abort ends the request', async () => {
    const { asked, find } = scene({ isolatesRequests: true })
    const controller = new AbortController()
    const leaving = expect(find({ signal: controller.signal })).rejects.toBe('stop')
    controller.abort('stop')
    await leaving
    expect(asked[0]?.signal).toMatchObject({ aborted: true, reason: 'stop' })
  })
})
