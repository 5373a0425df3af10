import type { AtproofError } from '../errors/atproof-error.ts'
import type { Clock } from '../http/clock.ts'
import { untilAborted, withDeadline } from '../http/deadline.ts'
import type { Transport } from '../http/transport.ts'
import { copyError } from './copy-error.ts'
import { IDENTITY_AGE_MS, LARGEST_REMEMBERED, LONGEST_QUESTION_MS, REFUSAL_AGE_MS } from './limits.ts'
import { acceptedAge, type LookupLimits } from './lookup.ts'
import { RecentMap } from './recent-map.ts'
import { isRefusal, sizeOfRefusal } from './refusal.ts'
import { timeLimit } from './time-limit.ts'

/** The part of how requests leave that matters to who waits for what. */
export type Waiting = Pick<Transport, 'clock' | 'isolatesRequests'>

/** When something was asked for, by both clocks: one may be set back, the other may stand still while a machine sleeps. */
interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** What is known: an answer, or that there is none. */
interface Known<Value> {
  readonly at: Moment
  readonly value?: Value
  readonly refusal?: AtproofError
}

/** A question that is under way, and how many wait for its answer. */
interface Asking<Value> {
  readonly at: Moment
  readonly answer: Promise<Value>
  readonly stop: AbortController
  waiters: number
  isAnswered: boolean
}

/** Answers to questions of one kind. Remembers them, and asks once where several ask the same at a time. */
export class Lookups<Value> {
  readonly #known: RecentMap<Known<Value>>
  readonly #asking = new Map<string, Asking<Value>>()
  readonly #sizeOf: (value: Value) => number

  /** @param sizeOf how large an answer is, in characters */
  constructor(most: number, sizeOf: (value: Value) => number) {
    this.#known = new RecentMap(most)
    this.#sizeOf = sizeOf
  }

  /** The answer that is younger than this. @throws where it is known that there is none */
  recall(key: string, clock: Clock, maxAgeMs: number): Value | undefined {
    const refusal = this.#younger(key, clock, Math.min(maxAgeMs, REFUSAL_AGE_MS))?.refusal
    if (refusal) throw copyError(refusal)
    return this.recallAnswer(key, clock, maxAgeMs)
  }

  /** The last answer that was younger than this, whatever was asked since; undefined where there is none. */
  recallAnswer(key: string, clock: Clock, maxAgeMs: number = Infinity): Value | undefined {
    return this.#younger(key, clock, maxAgeMs)?.value
  }

  /** Asks, or waits with those who asked before. An abort ends this waiting; the last one ends the request. */
  async ask(
    key: string,
    waiting: Waiting,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    signal?.throwIfAborted()
    const { clock } = waiting
    const asked = this.#asking.get(key)
    // One that outlived its own time limit belongs to a context that the runtime has ended.
    const isAlive = asked !== undefined && ageOf(asked.at, clock) <= LONGEST_QUESTION_MS
    const asking = isAlive ? asked : this.#begin(key, waiting, run)
    asking.waiters += 1
    try {
      // Who joins cannot know that the context of the first is still there.
      if (isAlive) {
        const deadline = timeLimit({ field: key }, LONGEST_QUESTION_MS, signal)
        return await withDeadline(clock, deadline, () => asking.answer)
      }
      return await (signal ? untilAborted(signal, asking.answer) : asking.answer)
    } catch (error) {
      throw signal?.aborted ? signal.reason : copyError(error)
    } finally {
      asking.waiters -= 1
      if (asking.waiters === 0) this.#end(key, asking, signal?.reason)
    }
  }

  /** Looks up what is about an account: remembered and young enough, or asked for. */
  async find(
    key: string,
    waiting: Waiting,
    limits: LookupLimits,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const known = this.recall(key, waiting.clock, acceptedAge(limits, IDENTITY_AGE_MS))
    return known ?? this.ask(key, waiting, limits.signal, run)
  }

  #younger(key: string, clock: Clock, maxAgeMs: number): Known<Value> | undefined {
    const known = this.#known.get(key)
    return known && ageOf(known.at, clock) < maxAgeMs ? known : undefined
  }

  #begin(
    key: string,
    { clock, isolatesRequests }: Waiting,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Asking<Value> {
    const at = { wall: clock.now(), monotonic: clock.monotonic() }
    const stop = new AbortController()
    const answer = run(stop.signal).then(
      (value) => {
        asking.isAnswered = true
        this.#keep(key, { value, at }, this.#sizeOf(value))
        return value
      },
      (refusal: unknown) => {
        asking.isAnswered = true
        if (isRefusal(refusal)) this.#keep(key, { refusal, at }, sizeOfRefusal(refusal))
        throw refusal
      },
    )
    const asking: Asking<Value> = { at, answer, stop, waiters: 0, isAnswered: false }
    // Where a request's work ends with it, an answer is shared, and never the waiting for it.
    if (!isolatesRequests) this.#asking.set(key, asking)
    return asking
  }

  /** Nobody waits any more: the answer came, or the last one gave up. */
  #end(key: string, asking: Asking<Value>, reason: unknown): void {
    if (this.#asking.get(key) === asking) this.#asking.delete(key)
    if (!asking.isAnswered) asking.stop.abort(reason)
  }

  /** Keeps what was asked for last: a question that took long does not undo what was learned meanwhile. */
  #keep(key: string, known: Known<Value>, size: number): void {
    const before = this.#known.get(key)
    if (before && before.at.monotonic > known.at.monotonic) return
    if (key.length + size <= LARGEST_REMEMBERED) this.#known.set(key, known)
    else this.#known.delete(key)
  }
}

function ageOf(at: Moment, clock: Clock): number {
  return Math.max(clock.now() - at.wall, clock.monotonic() - at.monotonic)
}
