import { type Clock, systemClock } from '../../src/http/clock.ts'

const AHEAD = 'test: ahead'

/** A page's clock that can be put forward, with those of all tabs of its browser: they read the same number. */
export class PageClock implements Clock {
  readonly sleep: Clock['sleep'] = systemClock.sleep

  constructor(aheadMs: number) {
    if (aheadMs > this.ahead) localStorage.setItem(AHEAD, String(aheadMs))
  }

  now(): number {
    return Date.now() + this.ahead
  }

  monotonic(): number {
    return performance.now() + this.ahead
  }

  skip(ms: number): void {
    localStorage.setItem(AHEAD, String(this.ahead + ms))
  }

  /** How far it is ahead, in milliseconds. */
  get ahead(): number {
    return Number(localStorage.getItem(AHEAD) ?? 0)
  }
}
