import type { Clock } from '../../src/http/clock.ts'

/** A stretch of a run in which its time goes evenly. */
interface Stretch {
  /** The machine's monotonic time at its beginning, in ns: all processes of a machine share it. */
  readonly sinceNs: string
  /** How much of the run's time had gone by then, in ms. */
  readonly elapsedMs: number
  /** How many times faster than the machine's. */
  readonly speed: number
}

/** How the time of a run goes. Every process of the run is given the same, and they agree to the microsecond. */
export interface TimeScale {
  /** Wall time at the beginning, in ms since the epoch. */
  readonly beganAt: number
  /** Oldest first. */
  readonly stretches: readonly [Stretch, ...Stretch[]]
}

/** The scale of a run that begins now. */
export function startTime(speed: number): TimeScale {
  return { beganAt: Date.now(), stretches: [{ sinceNs: String(process.hrtime.bigint()), elapsedMs: 0, speed }] }
}

/** A clock that runs by itself, faster than the machine's. */
export class ScaledClock implements Clock {
  #scale: TimeScale
  #current: { readonly sinceNs: bigint; readonly elapsedMs: number; readonly speed: number }
  readonly #wakers = new Set<() => void>()

  constructor(scale: TimeScale) {
    this.#scale = scale
    this.#current = currentOf(scale)
  }

  get scale(): TimeScale {
    return this.#scale
  }

  now(): number {
    return this.#scale.beganAt + this.#elapsed()
  }

  monotonic(): number {
    // Far from zero and from `now()`, so that mixing the two shows.
    return 1_000_000 + this.#elapsed()
  }

  sleep(ms: number, signal?: AbortSignal | null, options?: { readonly background?: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const due = this.#elapsed() + ms
      const end = (finish: () => void) => {
        clearTimeout(timer)
        this.#wakers.delete(wake)
        signal?.removeEventListener('abort', stop)
        finish()
      }
      const stop = () => end(() => reject(signal?.reason))
      const wake = () => {
        if (this.#elapsed() >= due) return end(resolve)
        clearTimeout(timer)
        wait()
      }
      let timer: ReturnType<typeof setTimeout>
      const wait = () => {
        const left = this.realMs(Math.max(0, due - this.#elapsed()))
        timer = setTimeout(wake, Math.min(left, 2 ** 31 - 1))
        if (options?.background) timer.unref()
      }
      this.#wakers.add(wake)
      signal?.addEventListener('abort', stop, { once: true })
      wait()
    })
  }

  /** Moves on at once, or goes on at another speed from now. Whoever is due wakes. */
  change({
    jumpMs = 0,
    speed = this.#current.speed,
  }: {
    readonly jumpMs?: number
    readonly speed?: number
  }): void {
    const sinceNs = String(process.hrtime.bigint())
    const stretch: Stretch = { sinceNs, elapsedMs: this.#elapsed() + jumpMs, speed }
    this.#scale = { ...this.#scale, stretches: [...this.#scale.stretches, stretch] }
    this.#current = currentOf(this.#scale)
    for (const wake of Array.from(this.#wakers)) wake()
  }

  /** Wakes nobody any more. */
  protected forgetSleepers(): void {
    this.#wakers.clear()
  }

  protected get sleepers(): number {
    return this.#wakers.size
  }

  /** How much of the machine's time a scaled time takes from now, in ms. */
  realMs(ms: number): number {
    return ms / this.#current.speed
  }

  /** How much of the run's time went by in the machine's last `realMs`. */
  scaledAge(realMs: number): number {
    const thenNs = process.hrtime.bigint() - BigInt(Math.round(realMs * 1e6))
    const stretches = this.#scale.stretches.map(readStretch)
    const stretch = stretches.findLast(({ sinceNs }) => sinceNs <= thenNs) ?? stretches[0]
    return stretch ? this.#elapsed() - elapsedIn(stretch, thenNs) : 0
  }

  /** When a scaled date is by the machine's wall clock, in ms since the epoch. */
  realDate(scaled: number): number {
    return Math.round(Date.now() + this.realMs(scaled - this.now()))
  }

  #elapsed(): number {
    return elapsedIn(this.#current, process.hrtime.bigint())
  }
}

function currentOf({ stretches }: TimeScale): ReturnType<typeof readStretch> {
  return readStretch(stretches.at(-1) ?? stretches[0])
}

function readStretch({ sinceNs, elapsedMs, speed }: Stretch) {
  return { sinceNs: BigInt(sinceNs), elapsedMs, speed }
}

function elapsedIn({ sinceNs, elapsedMs, speed }: ReturnType<typeof readStretch>, ns: bigint): number {
  return elapsedMs + (Number(ns - sinceNs) / 1e6) * speed
}
