import type { Clock, Fetch, PutOptions, Storage, StorageEntry, StoredValue } from 'atproof'

/** Before a step is taken, or when it was taken and nobody has been told. */
export type Side = 'before' | 'after'

/** A moment in what a process does: next to its step number `index`. */
export interface Moment {
  readonly index: number
  readonly side: Side
  /** As `put attempt` or `POST /oauth/token`. */
  readonly name: string
}

/** What happens at a moment. One that throws is the failure of the step. */
export type Intervention = (moment: Moment) => unknown

/**
 * Every step of one process that leads out of it: each access to its storage, and each request. Something can be made to
 * happen next to each.
 */
export class Steps {
  readonly #names: string[] = []
  #intervene: Intervention | undefined
  #struck = 0
  #frozen: Promise<void> | undefined

  /** How often something was made to happen since the last reset. */
  get struck(): number {
    return this.#struck
  }

  /** The steps so far, in the order of taking. */
  get names(): readonly string[] {
    return [...this.#names]
  }

  /** Forgets what was counted, and what was to happen. */
  reset(): void {
    this.#names.length = 0
    this.#intervene = undefined
    this.#struck = 0
  }

  /** Makes something happen at one moment, once. */
  at({ index, side }: Pick<Moment, 'index' | 'side'>, act: Intervention): void {
    this.#intervene = (moment) => {
      if (moment.index !== index || moment.side !== side) return undefined
      this.#intervene = undefined
      this.#struck++
      return act(moment)
    }
  }

  /** Makes something happen at every moment that fits, until `reset`. */
  always(fits: (moment: Moment) => boolean, act: Intervention): void {
    this.#intervene = (moment) => {
      if (!fits(moment)) return undefined
      this.#struck++
      return act(moment)
    }
  }

  async take<T>(name: string, run: () => Promise<T>): Promise<T> {
    const index = this.#names.push(name) - 1
    await this.#intervene?.({ index, side: 'before', name })
    await this.#frozen
    const result = await run()
    await this.#intervene?.({ index, side: 'after', name })
    await this.#frozen
    return result
  }

  /**
   * Stops the process as SIGSTOP does: what it has sent goes on, and it hears nothing of it. Returns the way to let it
   * run, upon which it hears everything in the order of coming, its own timers last.
   */
  freeze(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#frozen = promise
    return () => {
      this.#frozen = undefined
      resolve()
    }
  }

  /** A clock whose timers stand still while the process is stopped. */
  watchClock({ now, monotonic, sleep }: Clock): Clock {
    return { now, monotonic, sleep: (ms, signal, options) => sleep(ms, signal, options).then(() => this.#frozen) }
  }

  /** A storage whose accesses are steps. Each is a process of its own to our code. */
  watchStorage(inner: Storage): Storage {
    const take: Steps['take'] = (name, run) => this.take(name, run)
    return {
      keepsCryptoKeys: true,
      get: (key: string): Promise<StorageEntry | undefined> => take(`get ${kindOf(key)}`, () => inner.get(key)),
      put: (key: string, value: StoredValue, options: PutOptions): Promise<string | undefined> =>
        take(`put ${describe(key, value)}`, () => inner.put(key, value, options)),
      delete: (key: string, options: { readonly ifVersion: string }): Promise<boolean> =>
        take(`delete ${kindOf(key)}`, () => inner.delete(key, options)),
      async *list(prefix: string): AsyncIterable<string> {
        const keys: string[] = []
        await take('list', async () => {
          for await (const key of inner.list(prefix)) keys.push(key)
        })
        yield* keys
      },
    }
  }

  /** A fetch whose requests are steps. One that fails there fails as a broken connection does. */
  watchFetch(inner: Fetch): Fetch {
    return async (url, init) => {
      const name = `${init.method ?? 'GET'} ${new URL(url).pathname}`
      return this.take(name, () => inner(url, init)).catch((cause: unknown) => {
        if (init.signal?.aborted || cause instanceof TypeError) throw cause
        throw new TypeError('fetch failed', { cause })
      })
    }
  }
}

/** Every moment of the steps that a dry run took: next to each, before and after. */
export function momentsOf(names: readonly string[]): readonly Moment[] {
  return names.flatMap((name, index) => [
    { index, side: 'before' as const, name },
    { index, side: 'after' as const, name },
  ])
}

/** A moment as the title of a test has it. */
export function tellMoment({ index, side, name }: Moment): string {
  return `${side} step ${index + 1}, ${name}`
}

/** Whether a step is a request, and not an access to the storage. */
export function isRequest(name: string): boolean {
  return /^(GET|POST) /.test(name)
}

/** `session`, `signin` or `spent`. */
function kindOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

function describe(key: string, value: StoredValue): string {
  const kind = kindOf(key)
  if (kind !== 'session' || typeof value !== 'object' || value === null) return kind
  if ('signedOut' in value) return 'owes' in value && value.owes ? 'tombstone' : 'paid tombstone'
  if ('status' in value && value.status === 'needs_reauth') return 'end'
  const attempt = 'attempt' in value ? value.attempt : null
  if (typeof attempt !== 'object' || attempt === null) return 'tokens'
  return 'dead' in attempt && attempt.dead === true ? 'dead attempt' : 'attempt'
}
