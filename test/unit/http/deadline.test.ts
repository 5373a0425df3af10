import { expect, test, vi } from 'vitest'
import { untilAborted, withDeadline } from '../../../src/http/deadline.ts'
import { testClock } from 'atproof/testing'

const late = new Error('too late')
const onTimeout = () => late
const never = () => new Promise<never>(() => {})

test('gives what the work gives, and leaves no timer behind', async () => {
  const clock = testClock()
  expect(await withDeadline(clock, { timeoutMs: 1000, onTimeout }, async () => 'done')).toBe('done')
  expect(clock.sleeping).toBe(0)
})

test('throws what the work throws, and leaves no timer behind', async () => {
  const clock = testClock()
  const failure = new Error('failed')
  const running = withDeadline(clock, { timeoutMs: 1000, onTimeout }, () => Promise.reject(failure))
  await expect(running).rejects.toBe(failure)
  expect(clock.sleeping).toBe(0)
})

test('[J14] ends with the error of the timeout when the time is over, and not before', async () => {
  const clock = testClock()
  const ended = vi.fn<(error: unknown) => void>()
  withDeadline(clock, { timeoutMs: 1000, onTimeout }, never).catch(ended)
  await clock.advance(999)
  expect(ended).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(ended).toHaveBeenCalledExactlyOnceWith(late)
})

test('hands the work a signal that aborts with the same error', async () => {
  const clock = testClock()
  const signals: AbortSignal[] = []
  const running = withDeadline(clock, { timeoutMs: 1000, onTimeout }, (signal) => {
    signals.push(signal)
    return never()
  })
  const ended = expect(running).rejects.toBe(late)
  await clock.advance(1000)
  await ended
  expect(signals[0]?.aborted).toBe(true)
  expect(signals[0]?.reason).toBe(late)
})

test('leaves the signal of work that ended in time alone', async () => {
  const clock = testClock()
  const signal = await withDeadline(clock, { timeoutMs: 1000, onTimeout }, async (each) => each)
  await clock.advance(5000)
  expect(signal.aborted).toBe(false)
})

test.each([{ reason: 'a text' }, { reason: 42 }, { reason: { why: 'closed' } }, { reason: null }])(
  "[J14] hands on the caller's abort reason $reason as it is, from work that ignores its signal",
  async ({ reason }) => {
    const clock = testClock()
    const caller = new AbortController()
    const deadline = { timeoutMs: 1000, onTimeout, signal: caller.signal }
    const running = withDeadline(clock, deadline, never)
    caller.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(clock.sleeping).toBe(0)
  },
)

test("tells the work of the caller's abort", async () => {
  const clock = testClock()
  const caller = new AbortController()
  const signals: AbortSignal[] = []
  const running = withDeadline(clock, { timeoutMs: 1000, onTimeout, signal: caller.signal }, (signal) => {
    signals.push(signal)
    return never()
  })
  caller.abort('closed')
  await expect(running).rejects.toBe('closed')
  expect(signals[0]?.reason).toBe('closed')
})

test('begins nothing where the caller has aborted before', async () => {
  const clock = testClock()
  const run = vi.fn<() => Promise<string>>(async () => 'done')
  const signal = AbortSignal.abort('closed')
  await expect(withDeadline(clock, { timeoutMs: 1000, onTimeout, signal }, run)).rejects.toBe('closed')
  expect(run).not.toHaveBeenCalled()
  expect(clock.sleeping).toBe(0)
})

test('waits for a promise until the signal aborts', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(signal, Promise.resolve('done'))).toBe('done')
  await expect(untilAborted(signal, Promise.reject(late))).rejects.toBe(late)
  await expect(untilAborted(AbortSignal.abort('closed'), never())).rejects.toBe('closed')
})

test('looks after a promise that fails once nobody waits for it, so that no process dies of it', async () => {
  const abandoned = Promise.reject(late)
  const listen = vi.spyOn(abandoned, 'then')
  await expect(untilAborted(AbortSignal.abort('closed'), abandoned)).rejects.toBe('closed')
  const isLookedAfter = listen.mock.calls.length > 0
  await abandoned.catch(() => {}) // this test's own run must not die of it
  expect(isLookedAfter).toBe(true)
})
