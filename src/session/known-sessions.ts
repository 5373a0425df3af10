import type { Storage } from '../storage/storage.ts'
import type { KnownSession } from './known-session.ts'

/** How many sessions are kept although nobody holds them: with their nonces, a call of theirs takes one request. */
const KEPT = 1000

/**
 * The sessions of one storage that this process knows: those that anybody uses, and the last ones that were. One that is
 * let go loses nothing, since the storage has it; one that could not be stored is held by what tries again.
 */
export class KnownSessions {
  readonly #sessions = new Map<string, WeakRef<KnownSession>>()
  readonly #recent = new Map<string, KnownSession>()
  readonly #readings = new Map<string, Promise<KnownSession | undefined>>()
  #sweepAt = 2 * KEPT
  #signOuts = 0

  /** How many sessions were signed out in this process: whoever reads meanwhile reads again. */
  get signOuts(): number {
    return this.#signOuts
  }

  get(sessionId: string): KnownSession | undefined {
    const session = this.#sessions.get(sessionId)?.deref()
    if (session) this.#keep(session)
    return session
  }

  add(session: KnownSession): void {
    this.#sessions.set(session.sessionId, new WeakRef(session))
    this.#keep(session)
    if (this.#sessions.size >= this.#sweepAt) this.#sweep()
  }

  /** Lets everybody who looks for a session at once share one reading. */
  join(sessionId: string, read: () => Promise<KnownSession | undefined>): Promise<KnownSession | undefined> {
    const reading = this.#readings.get(sessionId) ?? read().finally(() => this.#readings.delete(sessionId))
    this.#readings.set(sessionId, reading)
    return reading
  }

  /** Drops a session that was signed out. */
  drop(sessionId: string): void {
    this.#signOuts++
    this.get(sessionId)?.drop()
  }

  /** All that are known. */
  *all(): Generator<KnownSession, void, undefined> {
    for (const reference of this.#sessions.values()) {
      const session = reference.deref()
      if (session) yield session
    }
  }

  #keep(session: KnownSession): void {
    this.#recent.delete(session.sessionId)
    this.#recent.set(session.sessionId, session)
    const [oldest] = this.#recent.keys()
    if (this.#recent.size > KEPT && oldest !== undefined) this.#recent.delete(oldest)
  }

  #sweep(): void {
    for (const [id, session] of this.#sessions) if (!session.deref()) this.#sessions.delete(id)
    this.#sweepAt = 2 * Math.max(KEPT, this.#sessions.size)
  }
}

/** The one thing that is kept at module level: several clients over one storage must share what they know. */
const byStorage = new WeakMap<Storage, KnownSessions>()

/** What this process knows of the sessions of a storage. */
export function knownSessions(storage: Storage): KnownSessions {
  const known = byStorage.get(storage) ?? new KnownSessions()
  byStorage.set(storage, known)
  return known
}
