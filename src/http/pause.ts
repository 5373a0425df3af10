import { type Clock, MINUTE, SECOND } from './clock.ts'

/** The longest pause that a server did not ask for. */
const LONGEST_GROWN_MS = MINUTE

/** How long a server that failed is left alone: longer with each failure, or as long as it asked. */
export class Pause {
  readonly #clock: Clock
  readonly #longestMs: number
  #failures = 0
  #until = -Infinity

  /** @param longestMs what is granted at most to a server that asks by `Retry-After` */
  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock
    this.#longestMs = longestMs
  }

  /** Whether the server may be asked. */
  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#until
  }

  /**
   * Begins a pause: 1 s, 2 s, 4 s and so on to a minute, or what the server asked for.
   *
   * @param response the server's refusal; undefined where nobody answered
   * @returns whether the server said how long
   */
  fail(response: Response | undefined): boolean {
    const grown = Math.min(SECOND * 2 ** this.#failures++, LONGEST_GROWN_MS)
    const asked = response && parseRetryAfter(response, this.#clock.now())
    this.#until = this.#clock.monotonic() + Math.min(asked ?? grown, this.#longestMs)
    return asked !== undefined
  }

  /** Ends the pause: the server did well. */
  succeed(): void {
    this.#failures = 0
    this.#until = -Infinity
  }
}

/** Reads `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3), as ms from now. */
export function parseRetryAfter({ headers }: Pick<Response, 'headers'>, now: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value)) return Number(value) * SECOND
  // A date names its month; the parser would take a bare number for a year.
  const at = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
