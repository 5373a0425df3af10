import type { Storage } from '../storage/storage.ts'
import type { KnownSession } from './known-session.ts'

/**
 * The sessions of one storage that this process knows, for as long as anybody uses them. A session that nobody holds is
 * let go, since the storage has it; one whose tokens could not be stored is held by what tries again.
 */
export class KnownSessions {
  readonly #sessions = new Map<string, WeakRef<KnownSession>>()
  #sweepAt = 100

  get(sessionId: string): KnownSession | undefined {
    return this.#sessions.get(sessionId)?.deref()
  }

  add(session: KnownSession): void {
    this.#sessions.set(session.sessionId, new WeakRef(session))
    if (this.#sessions.size >= this.#sweepAt) this.#sweep()
  }

  #sweep(): void {
    for (const [id, session] of this.#sessions) if (!session.deref()) this.#sessions.delete(id)
    this.#sweepAt = Math.max(100, this.#sessions.size * 2)
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
