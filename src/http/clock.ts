/** The time as this library sees it. Every timer goes through it, so that a test can own the time. */
export interface Clock {
  /** Wall time in ms since the epoch. May jump. */
  now(): number
  /** A time in ms that never runs backwards and has no meaning but its differences. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason once it is aborted. */
  sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void>
}

/** How a sleep behaves. */
export interface SleepOptions {
  /**
   * Nobody waits for this sleep: it does not keep a process alive.
   *
   * @default false
   */
  readonly background?: boolean
}

export const SECOND = 1000
export const MINUTE: number = 60 * SECOND
export const HOUR: number = 60 * MINUTE
export const DAY: number = 24 * HOUR

/** A timer for longer than this fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal, options) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const end = performance.now() + ms
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const wake = () => {
        if (performance.now() < end) return wait()
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      let timer: ReturnType<typeof setTimeout>
      const wait = () => {
        timer = setTimeout(wake, Math.min(Math.max(0, end - performance.now()), LONGEST_TIMER_MS))
        if (options?.background) letGo(timer)
      }
      wait()
      signal?.addEventListener('abort', stop, { once: true })
    }),
}

/** Node, Bun and Deno hand out timers that can be let go; browsers and Workers hand out numbers. */
function letGo(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
    timer.unref()
  }
}
