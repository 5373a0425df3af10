import type { Storage } from '../../src/storage/storage.ts'
import type { Ledger } from './ledger.ts'
import { readFacts, type RecordFacts } from './record-facts.ts'
import { FOLDERS, sessionIdIn, sessionKeyOf } from './session-keys.ts'
import type { Truth } from './truth.ts'

export interface WatcherOptions {
  /** The same storage, without faults and points. */
  readonly storage: Storage
  readonly ledger: Ledger
  /** A session was found that cannot be used any more. */
  readonly onLost: (truth: Truth, record: RecordFacts | undefined, isEnded: boolean) => void
  readonly onUnreadable: (key: string, truth: Truth | undefined, error: unknown) => void
}

/** Reads the storage while the children work, and tells the ledger what stands there. */
export class Watcher {
  readonly #options: WatcherOptions
  #rounds = 0

  constructor(options: WatcherOptions) {
    this.#options = options
  }

  /** Reads every session that may have changed. Every tenth time those that were signed out, too. */
  async look({ isThorough = false }: { readonly isThorough?: boolean } = {}): Promise<void> {
    const { storage, ledger } = this.#options
    this.#rounds += 1
    const all = isThorough || this.#rounds % 10 === 0
    const keys = new Map<string, string>()
    for (const folder of FOLDERS) {
      for await (const key of storage.list(folder)) keys.set(key.slice(folder.length), key)
    }
    const live = ledger.truths.filter(({ standing }) => standing === 'live')
    for (const { sessionId, client } of live) if (sessionId) keys.set(sessionId, sessionKeyOf(client, sessionId))
    await Promise.all(
      [...keys]
        .filter(([id]) => {
          const truth = ledger.ofSession(id)
          return all || !truth || truth.standing === 'live' || truth.standing === 'begun'
        })
        .map(([, key]) => this.#read(key)),
    )
  }

  async #read(key: string): Promise<void> {
    const { ledger, onLost } = this.#options
    const sessionId = sessionIdIn(key) ?? ''
    const facts = await this.#facts(key, sessionId)
    const truth = ledger.ofSession(sessionId)
    if (!truth || truth.standing !== 'live' || facts === 'unreadable') return
    if (facts?.isTombstone) {
      if (truth.signOuts === 0) ledger.violate('it was signed out, and nobody asked', truth)
      truth.standing = 'signed out'
    }
    if (facts?.isTombstone || truth.wantsOut) return
    const isEnded = truth.server.deleted
    if (facts && facts.status !== 'needs_reauth' && !isEnded) return
    // Read again: between the two looks, at the storage and at the server, it may have been signed out.
    const again = await this.#facts(key, sessionId)
    if (again === 'unreadable' || again?.isTombstone || truth.wantsOut || truth.standing !== 'live') return
    if (!again || again.status === 'needs_reauth' || isEnded) onLost(truth, again, isEnded)
  }

  async #facts(key: string, sessionId: string): Promise<RecordFacts | undefined | 'unreadable'> {
    const { storage, ledger, onUnreadable } = this.#options
    const before = ledger.mark(sessionId)
    try {
      const entry = await storage.get(key)
      if (!entry) return undefined
      const facts = readFacts(entry.value)
      ledger.saw(sessionId, facts, before)
      return facts
    } catch (error) {
      onUnreadable(sessionId, ledger.ofSession(sessionId), error)
      return 'unreadable'
    }
  }
}
