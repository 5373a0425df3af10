import { type Clock, HOUR, MINUTE, SECOND } from '../http/clock.ts'

const LONGEST_PAUSE_MS = MINUTE
const LONGEST_RETRY_AFTER_MS = HOUR

/** How long a session leaves its authorization server alone after a refresh that failed. */
export class BackOff {
  readonly #clock: Clock
  #failures = 0
  #until = -Infinity
  #error: unknown
  #cause: 'nobody' | 'server' | 'retry-after' = 'nobody'

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Begins a pause that grows with each failure, or lasts as long as the server asked.
   *
   * @param response the server's refusal; undefined where nobody answered
   */
  fail(error: unknown, response: Response | undefined): void {
    const growing = Math.min(SECOND * 2 ** this.#failures++, LONGEST_PAUSE_MS)
    const asked = response && parseRetryAfter(response, this.#clock.now())
    this.#until = this.#clock.monotonic() + Math.min(asked ?? growing, LONGEST_RETRY_AFTER_MS)
    this.#error = error
    this.#cause = asked === undefined ? (response ? 'server' : 'nobody') : 'retry-after'
  }

  /** Ends the pause: a refresh went well. */
  succeed(): void {
    this.#failures = 0
    this.#until = -Infinity
  }

  /**
   * The failure that is still waited out, wrapped, or undefined. A refresh that is only early waits out any failure; one
   * that is needed only where the server itself refused; one that the app asks for only where the server said how long.
   */
  current(wish: {
    readonly isEarly: boolean
    readonly isForced: boolean
  }): { readonly error: unknown } | undefined {
    if (this.#clock.monotonic() >= this.#until) return undefined
    const isWaitedOut = wish.isForced ? this.#cause === 'retry-after' : wish.isEarly || this.#cause !== 'nobody'
    return isWaitedOut ? { error: this.#error } : undefined
  }
}

/** Reads `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3), as ms from now. */
function parseRetryAfter(response: Response, now: number): number | undefined {
  const value = response.headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value)) return Number(value) * SECOND
  // A date names its month; the parser would take a bare number for a year.
  const at = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
