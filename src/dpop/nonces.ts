import { type Clock, MINUTE, SECOND } from '../http/clock.ts'
import { ENDED, untilAborted } from '../http/deadline.ts'
import { SharedWork } from '../http/shared-work.ts'

/** How a request takes its turn. */
export interface Turn {
  /** False for a body that can be sent only once: it would be lost on the refusal. */
  readonly mayLead: boolean
  /** Whether what one request of a server begins must not be waited for by another. @default false */
  readonly isolatesRequests?: boolean | undefined
}

const NO_TURN = () => {}

/** The nonces that servers handed out: the newest of each origin, for one session (RFC 9449 §8.2, §9). */
export class NonceMemory {
  readonly #nonces = new Map<string, { nonce: string | undefined; seenAt: number }>()
  readonly #ahead = new Map<string, SharedWork<void>>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Keeps the nonce of any response, a failure too: the newest always replaces the old.
   *
   * @returns whether there was one
   */
  learn(origin: string, response: Response): boolean {
    const nonce = response.headers.get('dpop-nonce') || undefined
    if (nonce === undefined && this.#nonces.get(origin)?.nonce !== undefined) return false
    this.#nonces.set(origin, { nonce, seenAt: this.#clock.monotonic() })
    return nonce !== undefined
  }

  /** Keeps a nonce that was learned elsewhere, in a sign-in that another process began. */
  keep(origin: string, nonce: string): void {
    this.#nonces.set(origin, { nonce, seenAt: this.#clock.monotonic() })
  }

  /** The nonce to try, or undefined where one is not known or too old to be worth a try. */
  recall(origin: string): string | undefined {
    return this.#fresh(origin)?.nonce
  }

  /** Whether this origin answered within a time, in ms: with a nonce that is as young, or showing that it wants none. */
  isKnown(origin: string, maxAgeMs: number): boolean {
    const known = this.#nonces.get(origin)
    return known !== undefined && this.#clock.monotonic() - known.seenAt < maxAgeMs
  }

  /**
   * Lets one request go ahead while an origin's nonce is unknown, so that the others need not each be refused for the
   * lack of one. They wait for the first one's headers, its failure, or a second.
   *
   * @returns what to call when the headers are there or the request has failed
   */
  async takeTurn(origin: string, signal: AbortSignal, { mayLead, isolatesRequests }: Turn): Promise<() => void> {
    if (this.#fresh(origin)) return NO_TURN
    const clock = this.#clock
    const ahead = this.#ahead.get(origin)
    if (ahead?.isUnderWay) {
      const enough = new AbortController()
      const pause = clock.sleep(SECOND, enough.signal).catch(() => {}) // the one ahead came back first
      const headers = ahead.outcome(clock, () => enough.signal.aborted)
      await untilAborted(signal, Promise.race([headers, pause])).finally(() => enough.abort(ENDED))
      return NO_TURN
    }
    if (!mayLead) return NO_TURN
    const { promise, resolve } = Promise.withResolvers<void>()
    const own = new SharedWork(promise, { clock, isolatesRequests }, SECOND)
    this.#ahead.set(origin, own)
    return () => {
      if (this.#ahead.get(origin) === own) this.#ahead.delete(origin)
      resolve()
    }
  }

  #fresh(origin: string): { nonce: string | undefined } | undefined {
    const known = this.#nonces.get(origin)
    // The reference server rotates each minute and takes the previous, this and the next one.
    return known && this.#clock.monotonic() - known.seenAt < 3 * MINUTE ? known : undefined
  }
}
