import { hasPendingWork, watchPendingWork } from './pending-work.ts'

/** A clock that stands still until the test moves it. Every method works unbound. */
export interface TestClock {
  /** Wall clock, in ms since the epoch. */
  now(): number
  /** Never jumps; starts far from zero and from `now()`, so that mixing the two shows. */
  monotonic(): number
  /** Resolves once the test has moved past it; rejects with the signal's reason. Zero or less resolves at once. */
  sleep(ms: number, signal?: AbortSignal | null, options?: unknown): Promise<void>
  /** Moves on from sleeper to sleeper in order, and lets all work settle before, between and after. */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as a user or NTP does. Servers of the fake network are not moved. */
  jumpWall(ms: number): void
  /** Resolves when nothing is left to do but to wait for time to pass. Moves no time. */
  settle(): Promise<void>
  /** From now on time jumps to the earliest sleeper whenever all has settled. Returns the way to stop. */
  auto(): () => void
  /** Says that work this clock cannot see is under way (a socket, a child process): nothing settles until `idle()`. */
  busy(): void
  idle(): void
  /** How many sleeps are pending. */
  readonly sleeping: number
}

export interface TestClockOptions {
  /** @default Date.UTC(2026, 0, 1) */
  readonly start?: number
  /** @default false */
  readonly autoAdvance?: boolean
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

const MONOTONIC_START = 1_000_000
/** A promise chain needs one turn of the event loop; a few more cost nothing. */
const QUIET_TURNS = 6

export function testClock(options: TestClockOptions = {}): TestClock {
  watchPendingWork()
  const start = options.start ?? Date.UTC(2026, 0, 1)
  const sleepers = new Set<Sleeper>()
  let elapsed = 0
  let jumped = 0
  let busy = 0
  let activity = 0
  let autos = 0
  let advancing = 0
  let isAutoRunning = false

  const settle = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 0))
    for (let quiet = 0, seen = activity; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (busy === 0 && seen === activity && !hasPendingWork()) continue
      quiet = -1
      seen = activity
    }
  }

  const wakeNext = (until: number): boolean => {
    const [next] = [...sleepers].toSorted((a, b) => a.due - b.due)
    if (!next || next.due > until) return false
    elapsed = Math.max(elapsed, next.due)
    next.wake()
    return true
  }

  const runAuto = async (): Promise<void> => {
    if (isAutoRunning) return
    isAutoRunning = true
    while (autos > 0 && sleepers.size > 0) {
      await settle()
      // A test that advances by itself goes first.
      if (autos > 0 && advancing === 0 && !wakeNext(Number.MAX_VALUE)) break
    }
    isAutoRunning = false
  }

  const sleep = (ms: number, signal?: AbortSignal | null): Promise<void> =>
    new Promise((resolve, reject) => {
      if (Number.isNaN(ms)) return reject(new TypeError('sleep for NaN ms'))
      if (signal?.aborted) return reject(signal.reason)
      if (ms <= 0) return resolve()
      const end = (finish: () => void) => {
        activity += 1
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', abort)
        finish()
      }
      const abort = () => end(() => reject(signal?.reason))
      const sleeper: Sleeper = { due: elapsed + ms, wake: () => end(resolve) }
      activity += 1
      sleepers.add(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
      void runAuto()
    })

  const advance = async (ms: number): Promise<void> => {
    advancing += 1
    try {
      await settle()
      const until = elapsed + ms
      while (wakeNext(until)) await settle()
      elapsed = Math.max(elapsed, until)
      await settle()
    } finally {
      advancing -= 1
    }
  }

  const auto = (): (() => void) => {
    let isOn = true
    autos += 1
    void runAuto()
    return () => {
      if (isOn) autos -= 1
      isOn = false
    }
  }

  if (options.autoAdvance) auto()

  return {
    now: () => start + elapsed + jumped,
    monotonic: () => MONOTONIC_START + elapsed,
    sleep,
    advance,
    jumpWall: (ms) => void (jumped += ms),
    settle,
    auto,
    busy: () => void (busy += 1),
    idle: () => void (busy -= 1),
    get sleeping() {
      return sleepers.size
    },
  }
}
