import { SharedWorks } from '../http/shared-work.ts'
import type { Storage } from '../storage/storage.ts'
import type { KnownSession } from './known-session.ts'
import type { KnownPasswordSessions } from './known-password-sessions.ts'
import type { BaseRecord, SessionRecord } from './record.ts'

/** How many sessions are kept with their keys, although nobody may hold them: a call of theirs takes one request. */
export const KEPT = 1000

/**
 * The sessions of one storage that this process knows: those that anybody uses, and the last ones that were. One that is
 * let go loses nothing, since the storage has it; one that could not be stored is held by what tries again.
 */
export class KnownSessions<R extends BaseRecord = SessionRecord> {
  /** Who looks for the same session at once shares one reading. */
  readonly readings: SharedWorks<KnownSession<R> | undefined> = new SharedWorks()
  readonly #sessions = new Map<string, WeakRef<KnownSession<R>>>()
  /** The last ones that were used, held although nobody else may hold them: the only ones whose keys are kept. */
  readonly #recent = new Map<string, KnownSession<R>>()
  #sweep: Iterator<[string, WeakRef<KnownSession<R>>]> | undefined
  #signOuts = 0
  /** One function for all of them. */
  readonly #onKeyUse = (session: KnownSession<R>): void => this.#keep(session)

  /** How many sessions were signed out in this process: whoever reads meanwhile reads again. */
  get signOuts(): number {
    return this.#signOuts
  }

  get(sessionId: string): KnownSession<R> | undefined {
    const session = this.#sessions.get(sessionId)?.deref()
    if (session) this.#keep(session)
    return session
  }

  add(session: KnownSession<R>): void {
    this.#sessions.set(session.sessionId, new WeakRef(session))
    session.onKeyUse = this.#onKeyUse
    this.#keep(session)
    this.#sweepSome()
  }

  /** Drops a session that was signed out: its tokens and key are held by nobody but whoever has a client of it. */
  drop(sessionId: string): void {
    this.#signOuts++
    this.#sessions.get(sessionId)?.deref()?.drop()
    this.#recent.delete(sessionId)
  }

  /** All that are known. */
  *all(): Generator<KnownSession<R>, void, undefined> {
    for (const reference of this.#sessions.values()) {
      const session = reference.deref()
      if (session) yield session
    }
  }

  /** Holds a session as the one that was used last; the one that was used least recently is let go for it, with its key. */
  #keep(session: KnownSession<R>): void {
    // Signed out: it is of no use to anybody.
    if (session.isGone) return
    const { sessionId } = session
    this.#recent.delete(sessionId)
    this.#recent.set(sessionId, session)
    if (this.#recent.size <= KEPT) return
    const [oldest] = this.#recent.values()
    if (!oldest) return
    this.#recent.delete(oldest.sessionId)
    oldest.letKeyGo()
  }

  /** Forgets sessions that nobody holds any more: two looks for each one that comes, round and round. */
  #sweepSome(): void {
    for (let looks = 0; looks < 2; looks++) {
      this.#sweep ??= this.#sessions.entries()
      const { value, done } = this.#sweep.next()
      if (done) this.#sweep = undefined
      else if (!value[1].deref()) this.#sessions.delete(value[0])
    }
  }
}

/** The one thing that is kept at module level: several clients over one storage must share what they know. */
const byStorage = new WeakMap<Storage, Kinds>()

/** The sessions of each kind that was asked for. */
interface Kinds {
  oauth?: KnownSessions
  password?: KnownPasswordSessions
}

/** What this process knows of the sessions of a storage, by their kind. */
export function knownKinds(storage: Storage): Kinds {
  const kinds = byStorage.get(storage) ?? {}
  byStorage.set(storage, kinds)
  return kinds
}

/** What it knows of those that began with OAuth. */
export function knownSessions(storage: Storage): KnownSessions {
  return (knownKinds(storage).oauth ??= new KnownSessions())
}
