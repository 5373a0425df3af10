import { AtproofError } from '../errors/atproof-error.ts'
import { DiscoveryError } from '../errors/discovery-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { Clock } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import { Pause } from '../http/pause.ts'
import { copyError } from './copy-error.ts'
import { LAST_GOOD_WAIT_MS, LONGEST_SERVER_PAUSE_MS, METADATA_AGE_MS } from './limits.ts'
import { acceptedAge, type LookupLimits } from './lookup.ts'
import { Lookups, type Waiting } from './lookups.ts'
import { RecentMap } from './recent-map.ts'

/** How metadata is looked up. */
export interface MetadataLimits extends LookupLimits {
  /** How old metadata may be that is used while its server fails, or is slow, in ms. @default 0: none is */
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

  /** Looks up: remembered and young enough, or asked for; or the last good answer of a server that fails or is slow. */
  async find(
    key: string,
    waiting: Waiting,
    limits: MetadataLimits,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const { clock } = waiting
    const known = this.#lookups.recall(key, clock, acceptedAge(limits, METADATA_AGE_MS))
    if (known !== undefined) return known
    const trouble = limits.fresh ? undefined : this.#troubles.get(key)
    const lastGood = this.#lookups.recallAnswer(key, clock, limits.fresh ? 0 : (limits.lastGoodMs ?? 0))
    if (lastGood === undefined) {
      if (trouble && !trouble.pause.isOver) throw copyError(trouble.error)
      return this.#ask(key, waiting, limits.signal, run)
    }
    if (trouble) {
      // It may hang now: nobody waits for it who has an answer. Whoever asks next hears what came of it.
      if (trouble.pause.isOver) this.#ask(key, waiting, undefined, run).catch(() => {})
      return lastGood
    }
    return this.#askBriefly(key, waiting, limits, run).catch((error: unknown) => {
      if (limits.signal?.aborted || !isOutage(error)) throw error
      return lastGood
    })
  }

  /** Asks for someone who can do without: they do not wait for long, and what comes later is for those who follow. */
  async #askBriefly(
    key: string,
    waiting: Waiting,
    { signal }: MetadataLimits,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const unwanted = new AbortController()
    const timeoutMs = LAST_GOOD_WAIT_MS
    const onTimeout = () => {
      const error = new NetworkError('timeout', { field: key, expected: `an answer in ${timeoutMs} ms` })
      // The question ends with its request, and nobody would hear of what came of it.
      if (waiting.isolatesRequests) this.#note(key, waiting.clock, error)
      return error
    }
    try {
      return await withDeadline(waiting.clock, { timeoutMs, onTimeout, signal }, () =>
        this.#ask(key, waiting, unwanted.signal, run),
      )
    } finally {
      // Where it would end with its request, it ends here: what comes of it must not count a second time.
      if (signal?.aborted || waiting.isolatesRequests) unwanted.abort(signal?.reason)
    }
  }

  #ask(
    key: string,
    waiting: Waiting,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    // Noted where it is asked, once for all who wait.
    return this.#lookups.ask(key, waiting, signal, async (stop) => {
      try {
        const value = await run(stop)
        this.#troubles.delete(key)
        return value
      } catch (error) {
        // A caller who had no time left says nothing of the server.
        if (stop.aborted) throw error
        if (isOutage(error)) this.#note(key, waiting.clock, error)
        else if (error instanceof AtproofError) this.#troubles.delete(key)
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
  return (error instanceof NetworkError || error instanceof DiscoveryError) && error.retryable
}
