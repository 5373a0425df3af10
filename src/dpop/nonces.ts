import { type Clock, MINUTE, SECOND } from '../http/clock.ts'
import { untilAborted } from '../http/deadline.ts'

/** The nonces that servers handed out: the newest of each origin, for one session (RFC 9449 §8.2, §9). */
export class NonceMemory {
  readonly #nonces = new Map<string, { nonce: string | undefined; seenAt: number }>()
  readonly #ahead = new Map<string, Promise<void>>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keeps the nonce of any response, a failure too: the newest always replaces the old. */
  learn(origin: string, response: Response): void {
    const nonce = response.headers.get('dpop-nonce') || undefined
    if (nonce === undefined && this.#nonces.get(origin)?.nonce !== undefined) return
    this.#nonces.set(origin, { nonce, seenAt: this.#clock.monotonic() })
  }

  /** Keeps a nonce that was learned elsewhere, in a sign-in that another process began. */
  keep(origin: string, nonce: string): void {
    this.#nonces.set(origin, { nonce, seenAt: this.#clock.monotonic() })
  }

  /** The nonce to try, or undefined where one is not known or too old to be worth a try. */
  recall(origin: string): string | undefined {
    return this.#fresh(origin)?.nonce
  }

  /**
   * Lets one request go ahead while an origin's nonce is unknown, so that the others need not each be refused for the
   * lack of one. They wait for the first one's headers, its failure, or a second.
   *
   * @param mayLead false for a body that can be sent only once: it would be lost on the refusal
   * @returns what to call when the headers are there or the request has failed
   */
  async takeTurn(
    origin: string,
    signal: AbortSignal,
    { mayLead }: { readonly mayLead: boolean },
  ): Promise<() => void> {
    if (this.#fresh(origin)) return () => {}
    const ahead = this.#ahead.get(origin)
    if (ahead) {
      const enough = new AbortController()
      const pause = this.#clock.sleep(SECOND, enough.signal).catch(() => {}) // the one ahead came back first
      await untilAborted(signal, Promise.race([ahead, pause])).finally(() => enough.abort())
      return () => {}
    }
    if (!mayLead) return () => {}
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ahead.set(origin, promise)
    return () => {
      if (this.#ahead.get(origin) === promise) this.#ahead.delete(origin)
      resolve()
    }
  }

  #fresh(origin: string): { nonce: string | undefined } | undefined {
    const known = this.#nonces.get(origin)
    // The reference server rotates each minute and takes the previous, this and the next one.
    return known && this.#clock.monotonic() - known.seenAt < 3 * MINUTE ? known : undefined
  }
}
