import { promisifyRequest } from 'idb-keyval'
import type { Clock } from '../../http/clock.ts'
import { randomText, systemRandom } from '../../http/random.ts'
import { copyValue } from '../copy-value.ts'
import type { Storage } from '../storage.ts'
import { readExpiry } from '../stored-text.ts'
import { type Database, EXPIRES_AT } from './database.ts'
import { isExpired, type Kept, versionOf } from './read-entry.ts'

/** How many expired entries a writing removes. */
export const SWEPT_AT_ONCE = 10

/** All that a storage does but reading. */
export type Writing = Pick<Storage, 'put' | 'delete' | 'list'>

/** Writes and lists the entries of a database. */
export function writeEntries(database: Database, clock: Clock): Writing {
  return {
    async put(key, value, { ifVersion, expiresAt }) {
      const expiry = readExpiry(expiresAt)
      const entry = { value: copyValue(value, { keepsCryptoKeys: true }), version: randomText(systemRandom) }
      const isWritten = await write(key, ifVersion, (store) => {
        // An entry without the property is not in the index.
        const kept: Kept = { ...entry, writtenAt: clock.now(), ...(expiry !== null && { expiresAt: expiry }) }
        return store.put(kept, key)
      })
      return isWritten ? entry.version : undefined
    },

    delete: (key, { ifVersion }) => write(key, ifVersion, (store) => store.delete(key)),

    async *list(prefix) {
      const [keys, expired] = await database.use('readonly', (store) =>
        Promise.all([
          promisifyRequest(store.getAllKeys(IDBKeyRange.lowerBound(prefix))),
          promisifyRequest(store.index(EXPIRES_AT).getAllKeys(untilNow())),
        ]),
      )
      const gone = new Set(expired)
      for (const key of keys) if (typeof key === 'string' && key.startsWith(prefix) && !gone.has(key)) yield key
    },
  }

  /** Looks at the version and writes, in one transaction. False where another version stands there. */
  function write(
    key: string,
    ifVersion: string | null,
    change: (store: IDBObjectStore) => IDBRequest,
  ): Promise<boolean> {
    return database.use('readwrite', async (store) => {
      sweep(store)
      const found: unknown = await promisifyRequest(store.get(key))
      const isFree = found === undefined || isExpired(found, clock)
      if ((isFree ? null : versionOf(found)) !== ifVersion) return false
      const written = promisifyRequest(change(store))
      const completed = promisifyRequest(store.transaction)
      // At once, so that a page which is stopped now holds nobody up.
      store.transaction.commit()
      await Promise.all([written, completed])
      return true
    })
  }

  /** Removes what has expired, before anything is written: else it would remove what is written over it. */
  function sweep(store: IDBObjectStore): void {
    const expired = store.index(EXPIRES_AT).getAllKeys(untilNow(), SWEPT_AT_ONCE)
    expired.onsuccess = () => {
      for (const key of expired.result) store.delete(key)
    }
  }

  function untilNow(): IDBKeyRange {
    return IDBKeyRange.upperBound(clock.now())
  }
}
