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

  /**
   * Takes the offset that a rejection shows. False where the clocks agreed: the time was not the reason.
   *
   * @param signedWith the offset that the rejected request was signed with: another one may have learned since
   */
  learn(origin: string, rejection: Response, signedWith: number): boolean {
    const offset = Date.parse(rejection.headers.get('date') ?? '') - this.#clock.now()
    // Where there is no date, the offset is no number, and no more than anything.
    if (!(Math.abs(offset - signedWith) > TOLERATED)) return false
    const before = this.offsetOf(origin)
    if (Math.abs(offset - before) <= TOLERATED) return true
    this.#before.set(origin, before)
    this.keep(origin, offset)
    return true
  }

  /** How far this origin's clock is from ours, in ms. */
  offsetOf(origin: string): number {
    return this.#offsets.get(origin) ?? 0
  }

  /** Keeps an offset, which may have been learned elsewhere: in a sign-in that another process began. */
  keep(origin: string, offset: number): void {
    this.#offsets.set(origin, offset)
  }

  /** Takes back the last offset that was learned: it did not help. */
  forget(origin: string): void {
    this.keep(origin, this.#before.get(origin) ?? 0)
  }
}
