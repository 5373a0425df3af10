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
import { timeLimit } from './time-limit.ts'

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
export class MetadataLookups<Value> extends Lookups<Value> {
  readonly #troubles: RecentMap<Trouble>

  constructor(most: number, sizeOf: (value: Value) => number) {
    super(most, sizeOf)
    this.#troubles = new RecentMap(most)
  }

  /** Looks up: remembered and young enough, or asked for; or the last good answer of a server that fails or is slow. */
  override async find(
    key: string,
    waiting: Waiting,
    limits: MetadataLimits,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const { clock } = waiting
    const { signal, fresh, lastGoodMs = 0 } = limits
    const known = this.recall(key, clock, acceptedAge(limits, METADATA_AGE_MS))
    if (known !== undefined) return known
    const trouble = fresh ? undefined : this.#troubles.get(key)
    const lastGood = this.recallAnswer(key, clock, fresh ? 0 : lastGoodMs)
    if (lastGood === undefined) {
      if (trouble && !trouble.pause.isOver) throw copyError(trouble.error)
      return this.ask(key, waiting, signal, run)
    }
    if (trouble) {
      // It may hang now: nobody waits for it who has an answer. Whoever asks next hears what came of it.
      if (trouble.pause.isOver) this.ask(key, waiting, undefined, run).catch(() => {})
      return lastGood
    }
    return this.#askBriefly(key, waiting, signal, run).catch((error: unknown) => {
      if (signal?.aborted || !isOutage(error)) throw error
      return lastGood
    })
  }

  /** Asks, and notes once, for all who wait, whether the server is in trouble. */
  override ask(
    key: string,
    waiting: Waiting,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    return super.ask(key, waiting, signal, async (stop) => {
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

  /** Asks for someone who can do without: they do not wait for long, and what comes later is for those who follow. */
  async #askBriefly(
    key: string,
    waiting: Waiting,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const unwanted = new AbortController()
    const limit = timeLimit({ field: key }, LAST_GOOD_WAIT_MS, signal)
    const onTimeout = () => {
      const error = limit.onTimeout()
      // The question ends with its request, and nobody would hear of what came of it.
      if (waiting.isolatesRequests) this.#note(key, waiting.clock, error)
      return error
    }
    try {
      return await withDeadline(waiting.clock, { ...limit, onTimeout }, () =>
        this.ask(key, waiting, unwanted.signal, run),
      )
    } finally {
      // Where it would end with its request, it ends here: what comes of it must not count a second time.
      if (signal?.aborted || waiting.isolatesRequests) unwanted.abort(signal?.reason)
    }
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
