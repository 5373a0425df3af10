import { type Clock, SECOND } from '../http/clock.ts'

const TOLERATED = 5 * SECOND

/**
 * How far the clocks of servers are from ours, for one session. Learned only from the `Date` of a server that rejected a
 * proof or an assertion: any other response may come from a cache.
 */
export class ClockOffsets {
  readonly #offsets = new Map<string, number>()
  /** What each offset was before the last one was learned. */
  readonly #before = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The time in ms since the epoch as this origin's clock has it. */
  nowAt(origin: string): number {
    return this.#clock.now() + this.offsetOf(origin)
  }

  /** Takes the offset that a rejection shows. False where the clocks agree: the time was not the reason. */
  learn(origin: string, rejection: Response): boolean {
    const date = Date.parse(rejection.headers.get('date') ?? '')
    if (Number.isNaN(date) || Math.abs(date - this.nowAt(origin)) <= TOLERATED) return false
    this.#before.set(origin, this.offsetOf(origin))
    this.#offsets.set(origin, date - this.#clock.now())
    return true
  }

  /** How far this origin's clock is from ours, in ms. */
  offsetOf(origin: string): number {
    return this.#offsets.get(origin) ?? 0
  }

  /** Keeps an offset that was learned elsewhere, in a sign-in that another process began. */
  keep(origin: string, offset: number): void {
    this.#offsets.set(origin, offset)
  }

  /** Takes back the last offset that was learned: it did not help. */
  forget(origin: string): void {
    this.#offsets.set(origin, this.#before.get(origin) ?? 0)
  }
}
