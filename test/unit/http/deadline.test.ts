import { expect, test, vi } from 'vitest'
import { sleepAwake, untilAborted, withDeadline } from '../../../src/http/deadline.ts'
import type { Clock } from '../../../src/http/clock.ts'
import { type TestClock, testClock } from 'atproof/testing'

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

/** A process that can be stopped: its timers then end when it goes on, however long they have been due. */
function stoppableProcess(): { readonly time: TestClock; readonly clock: Clock; stop(): () => void } {
  const time = testClock()
  let stopped: Promise<void> | undefined
  const sleep: Clock['sleep'] = (ms, signal) => time.sleep(ms, signal).then(() => stopped)
  return {
    time,
    clock: { now: () => time.now(), monotonic: () => time.monotonic(), sleep },
    stop() {
      const { promise, resolve } = Promise.withResolvers<void>()
      stopped = promise
      return () => {
        stopped = undefined
        resolve()
      }
    },
  }
}

test('[R17] reads an answer that lay there when a stopped process went on, in the second after', async () => {
  const { time, clock, stop } = stoppableProcess()
  const { promise: answer, resolve: arrive } = Promise.withResolvers<string>()
  const running = withDeadline(clock, { timeoutMs: 1000, onTimeout }, () => answer)
  const goOn = stop()
  await time.advance(60_000)
  goOn()
  await time.advance(999)
  arrive('done')
  expect(await running).toBe('done')
  expect(time.sleeping).toBe(0)
})

test('[R17] gives up a second after a stopped process went on, where there is no answer', async () => {
  const { time, clock, stop } = stoppableProcess()
  const ended = vi.fn<(error: unknown) => void>()
  withDeadline(clock, { timeoutMs: 1000, onTimeout }, never).catch(ended)
  const goOn = stop()
  await time.advance(60_000)
  goOn()
  await time.advance(999)
  expect(ended).not.toHaveBeenCalled()
  await time.advance(1)
  expect(ended).toHaveBeenCalledExactlyOnceWith(late)
})

test.each([
  [0, 0],
  [1000, 0],
  [1001, 1000],
])('[R17] a timer that is %i ms late sleeps for %i ms more', async (lateMs, moreMs) => {
  const { time, clock, stop } = stoppableProcess()
  const woke = vi.fn<() => void>()
  void sleepAwake(clock, 1000, new AbortController().signal).then(woke)
  const goOn = stop()
  await time.advance(1000 + lateMs)
  goOn()
  await time.settle()
  expect(woke).toHaveBeenCalledTimes(moreMs > 0 ? 0 : 1)
  await time.advance(moreMs)
  expect(woke).toHaveBeenCalledTimes(1)
})

test('[R17] a sleep that is not needed any more ends in its second more, too', async () => {
  const { time, clock, stop } = stoppableProcess()
  const enough = new AbortController()
  const sleeping = sleepAwake(clock, 1000, enough.signal)
  const goOn = stop()
  await time.advance(5000)
  goOn()
  await time.settle()
  expect(time.sleeping).toBe(1)
  enough.abort('enough')
  await expect(sleeping).rejects.toBe('enough')
  expect(time.sleeping).toBe(0)
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
