import { type Clock, SECOND } from './clock.ts'

/** What matters to who waits for what: a part of how requests leave. */
export interface Waiting {
  readonly clock: Clock
  /** Whether what one request of a server begins must not be waited for by another. @default false */
  readonly isolatesRequests?: boolean | undefined
}

/** How long work is waited for that may have ended with the request that began it. */
export const PATIENCE_MS: number = 10 * SECOND
/** The longest pause between two looks at it. */
const LONGEST_LOOK_MS = 50

/**
 * Work that one caller does and others wait for.
 *
 * Where a runtime keeps its requests apart (Cloudflare's Workers), a promise of one request must not be waited for by
 * another: it never settles once that request is over. There the others look, by timers of their own, whether the work
 * has ended; and since work that was stopped with its request ends never, they do not look for ever.
 */
export class SharedWork<T> {
  /** When it began, by the monotonic clock. */
  readonly since: number
  readonly #work: Promise<T>
  readonly #waiting: Waiting
  readonly #patienceMs: number
  #ending: { readonly value: T } | { readonly error: unknown } | undefined

  /** @param patienceMs how long it is waited for from its beginning, where it may have been stopped unnoticed */
  constructor(work: Promise<T>, waiting: Waiting, patienceMs: number = PATIENCE_MS) {
    this.since = waiting.clock.monotonic()
    this.#waiting = waiting
    this.#patienceMs = patienceMs
    this.#work = work
    work.then(
      (value) => {
        this.#ending = { value }
      },
      (error: unknown) => {
        this.#ending = { error }
      },
    )
  }

  /** Whether it can be waited for: it has not ended, as far as anybody knows. */
  get isUnderWay(): boolean {
    if (this.#ending) return false
    const { clock, isolatesRequests } = this.#waiting
    return !isolatesRequests || clock.monotonic() - this.since < this.#patienceMs
  }

  /**
   * Waits for its outcome, and fails as it fails.
   *
   * @param clock the caller's own
   * @param isEnough whether what the caller wants has come about in the meantime
   * @returns undefined where the caller is to look for itself: that was enough, or the work was stopped
   */
  async outcome(clock: Clock, isEnough?: () => boolean): Promise<{ readonly value: T } | undefined> {
    if (!this.#waiting.isolatesRequests) return { value: await this.#work }
    for (let pause = 1; this.isUnderWay && !isEnough?.(); pause = Math.min(2 * pause, LONGEST_LOOK_MS)) {
      await clock.sleep(pause)
    }
    if (this.#ending && 'error' in this.#ending) throw this.#ending.error
    return this.#ending
  }
}

/** Work of one kind, each piece of which is done once for all who want it at the same time. */
export class SharedWorks<T> {
  readonly #works = new Map<string, SharedWork<T>>()

  /** Does it, or waits with those who want it already. */
  async join(key: string, waiting: Waiting, begin: () => Promise<T>): Promise<T> {
    for (;;) {
      const work = this.#works.get(key)
      if (!work?.isUnderWay) return this.#begin(key, waiting, begin)
      const ending = await work.outcome(waiting.clock)
      if (ending) return ending.value
    }
  }

  #begin(key: string, waiting: Waiting, begin: () => Promise<T>): Promise<T> {
    const promise = begin().finally(() => {
      if (this.#works.get(key) === work) this.#works.delete(key)
    })
    const work = new SharedWork(promise, waiting)
    this.#works.set(key, work)
    return promise
  }
}
