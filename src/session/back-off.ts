import { type Clock, HOUR } from '../http/clock.ts'
import { Pause } from '../http/pause.ts'

const LONGEST_RETRY_AFTER_MS = HOUR

/** How long a session leaves its authorization server alone after a refresh that failed. */
export class BackOff {
  readonly #pause: Pause
  #error: unknown
  #cause: 'nobody' | 'server' | 'retry-after' = 'nobody'
  /** Whose failure it was, where it says nothing of the session itself. */
  #of: object | undefined

  constructor(clock: Clock) {
    this.#pause = new Pause(clock, LONGEST_RETRY_AFTER_MS)
  }

  /**
   * Begins a pause that grows with each failure, or lasts as long as the server asked.
   *
   * @param response the server's refusal; undefined where nobody answered
   * @param of the deployment whose own failure it was: it holds up no other
   */
  fail(error: unknown, response: Response | undefined, of?: object): void {
    const hasAsked = this.#pause.fail(response)
    this.#error = error
    this.#of = of
    this.#cause = hasAsked ? 'retry-after' : response ? 'server' : 'nobody'
  }

  /** Ends the pause: a refresh went well. */
  succeed(): void {
    this.#pause.succeed()
  }

  /**
   * The failure that is still waited out, wrapped, or undefined. A refresh that is only early waits out any failure; one
   * that is needed only where the server itself refused; one that the app asks for only where the server said how long.
   */
  current(
    wish: { readonly isEarly: boolean; readonly isForced: boolean },
    deployment?: object,
  ): { readonly error: unknown } | undefined {
    if (this.#pause.isOver || (this.#of && this.#of !== deployment)) return undefined
    const isWaitedOut = wish.isForced ? this.#cause === 'retry-after' : wish.isEarly || this.#cause !== 'nobody'
    return isWaitedOut ? { error: this.#error } : undefined
  }
}
