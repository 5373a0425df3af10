import { DiscoveryError, NetworkError } from '../errors.ts'
import type { Clock } from '../http/clock.ts'
import { Pause } from '../http/pause.ts'
import { copyError } from './copy-error.ts'
import { METADATA_AGE_MS, LONGEST_SERVER_PAUSE_MS } from './limits.ts'
import { acceptedAge, type LookupLimits } from './lookup.ts'
import { Lookups } from './lookups.ts'
import { RecentMap } from './recent-map.ts'

/** How metadata is looked up. */
export interface MetadataLimits extends LookupLimits {
  /** How old metadata may be that is used while its server fails, in ms. @default 0: none is */
  readonly lastGoodMs?: number | undefined
}

/** A server that does not answer, or fails to. */
interface Trouble {
  readonly pause: Pause
  error: unknown
}

/** What servers say about themselves. One that fails is left alone for a while, which grows. */
export class MetadataLookups<Value> {
  readonly #lookups: Lookups<Value>
  readonly #troubles: RecentMap<Trouble>

  constructor(most: number, sizeOf: (value: Value) => number) {
    this.#lookups = new Lookups(most, sizeOf)
    this.#troubles = new RecentMap(most)
  }

  /** What was last said, of any age. */
  recallAnswer(key: string, clock: Clock): Value | undefined {
    return this.#lookups.recallAnswer(key, clock, Infinity)
  }

  /** Looks up: remembered and young enough, or asked for; or the last good answer of a server that fails. */
  async find(
    key: string,
    clock: Clock,
    limits: MetadataLimits,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const known = this.#lookups.recall(key, clock, acceptedAge(limits, METADATA_AGE_MS))
    if (known !== undefined) return known
    const trouble = limits.fresh ? undefined : this.#troubles.get(key)
    const lastGood = this.#lookups.recallAnswer(key, clock, limits.fresh ? 0 : (limits.lastGoodMs ?? 0))
    if (lastGood === undefined) {
      if (trouble && !trouble.pause.isOver) throw copyError(trouble.error)
      return this.#ask(key, clock, limits.signal, run)
    }
    if (trouble) {
      // It may hang now: nobody waits for it who has an answer. Whoever asks next hears what came of it.
      if (trouble.pause.isOver) this.#ask(key, clock, undefined, run).catch(() => {})
      return lastGood
    }
    return this.#ask(key, clock, limits.signal, run).catch((error: unknown) => {
      if (!isOutage(error)) throw error
      return lastGood
    })
  }

  #ask(
    key: string,
    clock: Clock,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    // Noted where it is asked, once for all who wait.
    return this.#lookups.ask(key, clock, signal, async (stop) => {
      try {
        const value = await run(stop)
        this.#troubles.delete(key)
        return value
      } catch (error) {
        if (isOutage(error)) this.#note(key, clock, error)
        else if (error instanceof DiscoveryError) this.#troubles.delete(key)
        throw error
      }
    })
  }

  #note(key: string, clock: Clock, error: NetworkError | DiscoveryError): void {
    const pause = this.#troubles.get(key)?.pause ?? new Pause(clock, LONGEST_SERVER_PAUSE_MS)
    pause.fail(error.response)
    this.#troubles.set(key, { pause, error })
  }
}

/** Whether nobody answered, or only that they fail: it says nothing of what is asked. */
function isOutage(error: unknown): error is NetworkError | DiscoveryError {
  return error instanceof NetworkError || (error instanceof DiscoveryError && error.retryable)
}
