import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, systemClock } from '../../../src/http/clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Whether a sleep is over: read after the fake timers have moved. */
function watch(sleep: Promise<void>): { readonly outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: 'pending' }
  sleep.then(
    () => (seen.outcome = 'woke'),
    (reason: unknown) => (seen.outcome = reason),
  )
  return seen
}

test('units are what their names say', () => {
  expect([SECOND, MINUTE, HOUR, DAY]).toEqual([1000, 60_000, 3_600_000, 86_400_000])
})

test('sleeps as long as it is told', async () => {
  const sleep = watch(systemClock.sleep(1000))
  await vi.advanceTimersByTimeAsync(999)
  expect(sleep.outcome).toBe('pending')
  await vi.advanceTimersByTimeAsync(1)
  expect(sleep.outcome).toBe('woke')
})

test('a sleep ends with the reason of its signal, and its timer with it', async () => {
  const controller = new AbortController()
  const sleep = watch(systemClock.sleep(1000, controller.signal))
  controller.abort('closed')
  await vi.advanceTimersByTimeAsync(0)
  expect(sleep.outcome).toBe('closed')
  expect(vi.getTimerCount()).toBe(0)
})

test('a sleep whose signal has aborted does not begin', async () => {
  await expect(systemClock.sleep(1000, AbortSignal.abort('closed'))).rejects.toBe('closed')
  expect(vi.getTimerCount()).toBe(0)
})

test('a sleep in the background keeps no process alive, and another does', () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  void systemClock.sleep(1000)
  void systemClock.sleep(1000, undefined, { background: true })
  expect(timers.mock.results.map(({ value }) => value.hasRef())).toEqual([true, false])
  timers.mockRestore()
})

test.each([2 ** 31, 30 * DAY, Infinity])('a sleep of %d ms is long, not over at once', async (ms) => {
  const sleep = watch(systemClock.sleep(ms))
  await vi.advanceTimersByTimeAsync(DAY)
  expect(sleep.outcome).toBe('pending')
})

test('tells the time of the machine', () => {
  vi.setSystemTime(1_700_000_000_000)
  expect(systemClock.now()).toBe(1_700_000_000_000)
  const began = systemClock.monotonic()
  vi.advanceTimersByTime(5)
  expect(systemClock.monotonic() - began).toBe(5)
})
