import { systemClock } from '../../http/clock.ts'
import type { Storage } from '../storage.ts'
import { Database, DEFAULT_NAME } from './database.ts'
import { readEntry } from './read-entry.ts'
import type { writeEntries, Writing } from './write-entries.ts'

/**
 * The storage that `indexedDbStorage()` is, for the client of a page: reading is there at once, and what writes comes with
 * those parts of the page that write. Values are copied a moment later than by other storages: records never change.
 *
 * @param load gives what writes
 */
export function lateIndexedDbStorage(load: () => Promise<typeof writeEntries>): Storage {
  const clock = systemClock
  const database = new Database(DEFAULT_NAME, clock)
  const writing = async (): Promise<Writing> => (await load())(database, clock)
  return {
    keepsCryptoKeys: true,
    get: (key) => readEntry(database, clock, key),
    put: async (...entry) => (await writing()).put(...entry),
    delete: async (...entry) => (await writing()).delete(...entry),
    async *list(prefix) {
      yield* (await writing()).list(prefix)
    },
  }
}
