import type { Clock } from '../http/clock.ts'
import { QUIET_TURNS, turnEventLoop } from './event-loop.ts'
import { countSteps, hasPendingWork, watchPendingWork } from './pending-work.ts'
import { readNumber } from './read-number.ts'

/**
 * A clock that stands still until the test moves it, for the client under test and the network together. Every method
 * works unbound.
 */
export interface TestClock extends Clock {
  /** Wall clock, in ms since the epoch. */
  now(): number
  /** In ms. Never jumps; starts far from zero and from `now()`, so that mixing the two shows. */
  monotonic(): number
  /**
   * Resolves once the test has moved past it; rejects with the signal's reason. Zero ms or less resolves at once.
   *
   * @throws TypeError for NaN
   */
  sleep(ms: number, signal?: AbortSignal | null, options?: unknown): Promise<void>
  /**
   * Moves on by `ms`, from sleeper to sleeper in order, and lets all work settle before, between and after. Of two at
   * once the second begins where the first ended.
   *
   * @throws TypeError for what is no finite number from 0
   */
  advance(ms: number): Promise<void>
  /**
   * Moves the wall clock alone, by `ms` forward or back, as a person or NTP does. The servers of the network are not
   * moved.
   *
   * @throws TypeError for what is no finite number
   */
  jumpWall(ms: number): void
  /**
   * Resolves when nothing is left to do but to wait for time to pass: no promise is ready, WebCrypto has answered whoever asked it in this process, and
   * nobody said {@link busy}. Moves no time.
   */
  settle(): Promise<void>
  /** From now on time jumps to the earliest sleeper whenever all has settled. Returns the way to stop. */
  auto(): () => void
  /** Says that work which this clock cannot see is under way (a file, a socket, a process): nothing settles until {@link idle}. */
  busy(): void
  /** Ends what one {@link busy} began. @throws Error where nothing is busy */
  idle(): void
  /** How many sleeps are pending; none after {@link close}. */
  readonly sleeping: number
  /**
   * Stops the clock for good and lets go of WebCrypto. Nobody is woken any more, now or later: a sleep ends by its
   * signal only.
   */
  close(): void
}

/** How a {@link testClock} begins. */
export interface TestClockOptions {
  /** What `now()` says first, in ms since the epoch. @default Date.UTC(2026, 0, 1) */
  readonly start?: number
  /** Runs by itself from the beginning, as after `auto()`. @default false */
  readonly autoAdvance?: boolean
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

const MONOTONIC_START = 1_000_000

/**
 * Makes a clock of its own, without any timer: `vi.useFakeTimers()` and it do not disturb each other. It watches
 * WebCrypto until it is closed.
 *
 * @throws TypeError for a `start` that is no finite number
 */
export function testClock(options: TestClockOptions = {}): TestClock {
  const start = readNumber('start', options.start ?? Date.UTC(2026, 0, 1))
  const stopWatching = watchPendingWork()
  const sleepers = new Set<Sleeper>()
  let elapsed = 0
  let jumped = 0
  let busy = 0
  let activity = 0
  let autos = 0
  let advancing = 0
  let moved: Promise<void> = Promise.resolve()
  let isAutoRunning = false
  let isClosed = false

  const measureActivity = () => activity + countSteps()

  const settle = async (): Promise<void> => {
    for (let quiet = 0, seen = measureActivity(); quiet < QUIET_TURNS; quiet += 1) {
      await turnEventLoop()
      if (isClosed) return
      if (busy === 0 && seen === measureActivity() && !hasPendingWork()) continue
      quiet = -1
      seen = measureActivity()
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
      if (!isClosed) sleepers.add(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
      void runAuto()
    })

  const move = async (ms: number): Promise<void> => {
    await settle()
    const until = elapsed + ms
    while (wakeNext(until)) await settle()
    elapsed = Math.max(elapsed, until)
    await settle()
  }

  const advance = async (ms: number): Promise<void> => {
    readNumber('advance', ms, 0)
    advancing += 1
    const before = moved
    const { promise, resolve: end } = Promise.withResolvers<void>()
    moved = promise
    await before
    await move(ms)
    advancing -= 1
    end()
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
    jumpWall: (ms) => void (jumped += readNumber('jumpWall', ms)),
    settle,
    auto,
    busy: () => void (busy += 1),
    idle() {
      if (busy === 0) throw new Error('idle() without a busy() before it')
      busy -= 1
    },
    get sleeping() {
      return sleepers.size
    },
    close() {
      isClosed = true
      sleepers.clear()
      stopWatching()
    },
  }
}
