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
    if (nonce || !this.#nonces.get(origin)?.nonce) this.keep(origin, nonce)
    return nonce !== undefined
  }

  /** Keeps a nonce that may have been learned elsewhere, or that an origin wants none. */
  keep(origin: string, nonce: string | undefined): void {
    this.#nonces.set(origin, { nonce, seenAt: this.#clock.monotonic() })
  }

  /** The nonce to try, or undefined where one is not known or too old to be worth a try. */
  recall(origin: string): string | undefined {
    return this.isKnown(origin) ? this.#nonces.get(origin)?.nonce : undefined
  }

  /**
   * Whether this origin answered within a time: with a nonce that is as young, or showing that it wants none.
   *
   * @param maxAgeMs how long ago at most. The reference server rotates each minute and takes the previous, this and the
   *   next one.
   */
  isKnown(origin: string, maxAgeMs: number = 3 * MINUTE): boolean {
    const { seenAt = -Infinity } = this.#nonces.get(origin) ?? {}
    return this.#clock.monotonic() - seenAt < maxAgeMs
  }

  /**
   * Sends a request in its turn. One goes ahead while an origin's nonce is unknown, so that the others need not each be
   * refused for the lack of one: they wait for the first one's headers, its failure, or a second.
   */
  async inTurn<T>(
    origin: string,
    signal: AbortSignal,
    { mayLead, isolatesRequests }: Turn,
    send: () => Promise<T>,
  ): Promise<T> {
    if (this.isKnown(origin)) return send()
    const clock = this.#clock
    const ahead = this.#ahead.get(origin)
    if (ahead?.isUnderWay) {
      const enough = new AbortController()
      const pause = clock.sleep(SECOND, enough.signal).catch(() => {}) // the one ahead came back first
      const headers = ahead.outcome(clock, () => enough.signal.aborted)
      await untilAborted(signal, Promise.race([headers, pause])).finally(() => enough.abort(ENDED))
      return send()
    }
    const sent = send()
    if (mayLead) {
      const comeBack = () => {
        if (this.#ahead.get(origin) === own) this.#ahead.delete(origin)
      }
      const own: SharedWork<void> = new SharedWork(
        sent.then(comeBack, comeBack),
        { clock, isolatesRequests },
        SECOND,
      )
      this.#ahead.set(origin, own)
    }
    return sent
  }
}
