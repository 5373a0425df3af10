import { wrongArgument } from '../errors/wrong-argument.ts'
import { type Clock, systemClock } from '../http/clock.ts'
import { Database, DEFAULT_NAME } from './indexeddb/database.ts'
import { readEntry } from './indexeddb/read-entry.ts'
import { writeEntries } from './indexeddb/write-entries.ts'
import type { Storage } from './storage.ts'

/** Options of {@link indexedDbStorage}. */
export interface IndexedDbOptions {
  /**
   * The name of the database. All pages of an origin that name the same one share their sessions.
   *
   * @default 'atproof'
   */
  readonly name?: string
  /** The clock that ages and expiries go by, for tests. @default the machine's */
  readonly clock?: Clock
}

/**
 * Keeps sessions in the browser, for all tabs and workers of an origin. DPoP keys stay CryptoKeys that nothing can export.
 *
 * - **Durable.** Each `put` is one transaction of strict durability, and resolves when it is complete.
 * - **Connections** that were closed are opened again: after another tab deleted the database, the browser cleared the
 *   site's data, or the page was kept for going back. This one stands in nobody's way.
 * - **Cleared away** by `put` and `delete`: ten expired entries each.
 * - **Age** counts by the wall clock, which all tabs share. One that was set back makes an entry look new until it has
 *   caught up.
 * - **Failures** say what to do about them in `action`: a full disk, a browser that lets the site store nothing, a database
 *   that is held. Nothing is waited for longer than 30 s.
 *
 * What it cannot do: where people clear the data of a site, or a browser does it, as Safari does for sites that were not
 * used for a week, the sessions are gone. `navigator.storage.persist()` asks for more. In a private window they end with
 * it. A page whose process is stopped within the few milliseconds of a writing holds the database until it goes on or ends.
 *
 * @throws TypeError where the name is no text, or empty
 * @see https://www.w3.org/TR/IndexedDB-3/
 */
export function indexedDbStorage(options: IndexedDbOptions = {}): Storage {
  const { name = DEFAULT_NAME, clock = systemClock } = options
  if (typeof name !== 'string' || name === '') throw wrongArgument('name', 'the name of a database', name)
  const database = new Database(name, clock)
  return {
    keepsCryptoKeys: true,
    get: (key) => readEntry(database, clock, key),
    ...writeEntries(database, clock),
  }
}
