import type { Clock } from './clock.ts'

/** When to stop waiting. */
export interface Deadline {
  readonly timeoutMs: number
  /** What to throw once the time is over. */
  readonly onTimeout: () => Error
  /** The caller's own signal. Its reason is thrown as it is. */
  readonly signal?: AbortSignal | undefined
}

/** Why a timer ends with the work: for the signal of a sleep. Without a reason of its own, each abort makes an error with a stack. */
export const ENDED = 'the work ended first'

/**
 * Runs something that must end by a time or by the caller's wish. The signal it is handed aborts in both cases, and the
 * wait ends even where the work does not listen to it.
 */
export async function withDeadline<T>(
  clock: Clock,
  deadline: Deadline,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  deadline.signal?.throwIfAborted()
  const over = new AbortController()
  const done = new AbortController()
  const stop = deadline.signal ? AbortSignal.any([deadline.signal, over.signal]) : over.signal
  sleepAwake(clock, deadline.timeoutMs, done.signal).then(
    () => over.abort(deadline.onTimeout()),
    () => {}, // the work ended first
  )
  try {
    return await untilAborted(stop, run(stop))
  } finally {
    done.abort(ENDED)
  }
}

/** Waits for a promise, but no longer than until the signal aborts; then throws the signal's reason. */
export function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    // Listened to in any case: a failure that nobody waits for any more must not end the process.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** How late a timer may be before it shows that the process itself was stopped. */
const STOPPED_MS = 1000

/**
 * Sleeps for a time limit. A process that was stopped meanwhile finds its timers due and its answers unread: it takes one
 * second more to read them.
 */
export async function sleepAwake(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const due = clock.monotonic() + ms
  await clock.sleep(ms, signal)
  if (clock.monotonic() - due > STOPPED_MS) await clock.sleep(STOPPED_MS, signal)
}
