import { promisifyRequest } from 'idb-keyval'
import { StorageError } from '../errors/storage-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { type Clock, systemClock } from '../http/clock.ts'
import { randomText, systemRandom } from '../http/random.ts'
import { hasShape, isNumber, isText, optional, type Shape } from '../syntax/shape.ts'
import { copyValue } from './copy-value.ts'
import { Database, EXPIRES_AT } from './indexeddb/database.ts'
import type { PutOptions, Storage, StorageEntry, StoredValue } from './storage.ts'
import { readExpiry } from './stored-text.ts'

/** How many expired entries a writing removes. */
export const SWEPT_AT_ONCE = 10

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
  const { name = 'atproof', clock = systemClock } = options
  if (typeof name !== 'string' || name === '') throw wrongArgument('name', 'the name of a database', name)
  return new IndexedDbStorage(new Database(name, clock), clock)
}

interface Kept {
  readonly value: unknown
  readonly version: string
  readonly writtenAt: number
  readonly expiresAt?: number
}

type Expiring = Required<Pick<Kept, 'expiresAt'>>

const KEPT: Shape<Kept> = {
  value: (value) => value !== undefined,
  version: isText,
  writtenAt: isNumber,
  expiresAt: optional(isNumber),
}

class IndexedDbStorage implements Storage {
  readonly keepsCryptoKeys = true
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    const found = await this.#database.use<unknown>('readonly', (store) => promisifyRequest(store.get(key)))
    if (found === undefined || this.#isExpired(found)) return undefined
    try {
      if (!hasShape<Kept>(found, KEPT)) throw new TypeError()
      return {
        value: copyValue(found.value, this),
        version: found.version,
        age: Math.max(0, this.#clock.now() - found.writtenAt),
      }
    } catch {
      // Somebody else's, or what the browser could not read again.
      const version = versionOf(found)
      throw new StorageError('corrupt', { field: key, expected: 'an entry of ours', version })
    }
  }

  async put(key: string, value: StoredValue, { ifVersion, expiresAt }: PutOptions): Promise<string | undefined> {
    const expiry = readExpiry(expiresAt)
    const entry = { value: copyValue(value, this), version: randomText(systemRandom) }
    const isWritten = await this.#write(key, ifVersion, (store) =>
      store.put(
        // An entry without the property is not in the index.
        { ...entry, writtenAt: this.#clock.now(), ...(expiry !== null && { expiresAt: expiry }) },
        key,
      ),
    )
    return isWritten ? entry.version : undefined
  }

  delete(key: string, { ifVersion }: { readonly ifVersion: string }): Promise<boolean> {
    return this.#write(key, ifVersion, (store) => store.delete(key))
  }

  async *list(prefix: string): AsyncIterable<string> {
    const [keys, expired] = await this.#database.use('readonly', (store) =>
      Promise.all([
        promisifyRequest(store.getAllKeys(IDBKeyRange.lowerBound(prefix))),
        promisifyRequest(store.index(EXPIRES_AT).getAllKeys(this.#untilNow())),
      ]),
    )
    const gone = new Set(expired)
    for (const key of keys) if (typeof key === 'string' && key.startsWith(prefix) && !gone.has(key)) yield key
  }

  /** Looks at the version and writes, in one transaction. False where another version stands there. */
  #write(key: string, ifVersion: string | null, write: (store: IDBObjectStore) => IDBRequest): Promise<boolean> {
    return this.#database.use('readwrite', async (store) => {
      this.#sweep(store)
      const found: unknown = await promisifyRequest(store.get(key))
      const isFree = found === undefined || this.#isExpired(found)
      if ((isFree ? null : versionOf(found)) !== ifVersion) return false
      const written = promisifyRequest(write(store))
      const completed = promisifyRequest(store.transaction)
      // At once, so that a page which is stopped now holds nobody up.
      store.transaction.commit()
      await Promise.all([written, completed])
      return true
    })
  }

  /** Removes what has expired, before anything is written: else it would remove what is written over it. */
  #sweep(store: IDBObjectStore): void {
    const expired = store.index(EXPIRES_AT).getAllKeys(this.#untilNow(), SWEPT_AT_ONCE)
    expired.onsuccess = () => {
      for (const key of expired.result) store.delete(key)
    }
  }

  #untilNow(): IDBKeyRange {
    return IDBKeyRange.upperBound(this.#clock.now())
  }

  #isExpired(found: unknown): boolean {
    return hasShape<Expiring>(found, { expiresAt: isNumber }) && found.expiresAt <= this.#clock.now()
  }
}

/** The version of whatever stands under a key, or undefined where it is none of ours. */
function versionOf(found: unknown): string | undefined {
  return hasShape<Pick<Kept, 'version'>>(found, { version: isText }) ? found.version : undefined
}
