import type { PutOptions, Storage, StoredValue } from 'atproof'
import type { WriteFaults, WriteOutcome } from '../messages.ts'
import { readFacts, type RecordFacts, secretsIn } from '../record-facts.ts'
import { sessionIdIn } from '../session-keys.ts'
import type { ScaledClock } from '../scaled-clock.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Points } from './points.ts'
import type { Secrets } from './secrets.ts'
import type { Tell } from './tell.ts'

export interface WatchedStorageOptions {
  readonly clock: ScaledClock
  /** Whether the engine goes by the run's time itself. */
  readonly isScaled: boolean
  readonly faults: WriteFaults
  readonly random: SeededRandom
  readonly points: Points
  readonly tell: Tell
  readonly secrets: Secrets
}

/** An engine in the scaled time, that fails to write as it is told, and tells of every session's record that is written. */
export class WatchedStorage implements Storage {
  readonly #engine: Storage
  readonly #options: WatchedStorageOptions
  /** What stood at a version, as far as this process has read or written it. */
  readonly #known = new Map<string, RecordFacts>()
  #failsUntil = -Infinity

  constructor(engine: Storage, options: WatchedStorageOptions) {
    this.#engine = engine
    this.#options = options
  }

  async get(key: string) {
    const { points, clock, isScaled, secrets } = this.#options
    const entry = await points.around('get', () => this.#engine.get(key))
    if (!entry) return undefined
    if (sessionIdIn(key) !== undefined) {
      this.#known.set(entry.version, readFacts(entry.value))
      secrets.add(secretsIn(entry.value))
    }
    return { ...entry, age: isScaled ? entry.age : clock.scaledAge(entry.age) }
  }

  async put(key: string, value: StoredValue, { ifVersion, expiresAt }: PutOptions): Promise<string | undefined> {
    const { points, clock, isScaled } = this.#options
    const isLeft = expiresAt === undefined || isScaled
    const options = { ifVersion, expiresAt: isLeft ? expiresAt : clock.realDate(expiresAt) }
    const from = clock.now()
    let outcome: WriteOutcome = 'failed'
    const kind = kindOf(key, value)
    points.pass(`${kind} before`)
    try {
      const fault = this.#drawFault()
      if (fault === 'refused') {
        outcome = fault
        throw new Error('the storage refused to write')
      }
      const version = await this.#engine.put(key, value, options)
      outcome = version === undefined ? 'lost' : 'stored'
      if (version !== undefined && sessionIdIn(key) !== undefined) this.#known.set(version, readFacts(value))
      if (version === undefined || fault !== 'answer lost') return version
      outcome = fault
      throw new Error('the answer of the storage was lost')
    } finally {
      const sessionId = sessionIdIn(key)
      if (sessionId !== undefined) this.#tellWrite(sessionId, value, { from, outcome, ifVersion })
      points.pass(`${kind} after`)
    }
  }

  delete(key: string, options: { readonly ifVersion: string }): Promise<boolean> {
    return this.#options.points.around('delete', () => this.#engine.delete(key, options))
  }

  async *list(prefix: string): AsyncIterable<string> {
    const { points } = this.#options
    points.pass('list before')
    yield* this.#engine.list(prefix)
    points.pass('list after')
  }

  #drawFault(): 'refused' | 'answer lost' | undefined {
    const { faults, random, clock } = this.#options
    const now = clock.monotonic()
    if (random.happens(faults.spell)) this.#failsUntil = now + random.between(...faults.spellMs)
    if (now < this.#failsUntil || random.happens(faults.refused)) return 'refused'
    if (!random.happens(faults.answerLost)) return undefined
    // Mostly that is how a storage begins to fail.
    if (random.happens(0.5)) this.#failsUntil = now + random.between(...faults.spellMs)
    return 'answer lost'
  }

  #tellWrite(
    sessionId: string,
    value: StoredValue,
    write: { readonly from: number; readonly outcome: WriteOutcome; readonly ifVersion: string | null },
  ): void {
    const { from, outcome, ifVersion } = write
    const { isTombstone, gen, token, status, attempt } = readFacts(value)
    const over = (ifVersion !== null && this.#known.get(ifVersion)) || null
    this.#options.tell({
      is: 'wrote',
      sessionId,
      from,
      outcome,
      isTombstone,
      gen,
      token,
      status,
      attempt,
      over: over && { gen: over.gen, token: over.token, isTombstone: over.isTombstone },
    })
  }
}

/** What is written has points of its own: an attempt, what came of it, a sign-out, or anything else. */
function kindOf(key: string, value: StoredValue): string {
  if (sessionIdIn(key) === undefined) return 'put'
  const { isTombstone, attempt } = readFacts(value)
  if (isTombstone) return 'put tombstone'
  return attempt ? 'put attempt' : 'put tokens'
}
