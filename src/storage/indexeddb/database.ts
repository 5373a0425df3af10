import { promisifyRequest, type UseStore } from 'idb-keyval'
import { type Clock, SECOND } from '../../http/clock.ts'
import { withDeadline } from '../../http/deadline.ts'

/** The property by which what expires stands in an index of the same name. */
export const EXPIRES_AT = 'expiresAt'

/** What a database is called that nobody named. */
export const DEFAULT_NAME = 'atproof'

const SCHEMA_VERSION = 1
const ENTRIES = 'entries'
/** A page that hangs may hold the database for as long as it likes. */
export const DATABASE_TIMEOUT_MS: number = 30 * SECOND

/** A database of one store, opened when it is first used, and again whenever its connection was closed. */
export class Database {
  readonly #name: string
  readonly #clock: Clock
  #opening: Promise<IDBDatabase> | undefined

  constructor(name: string, clock: Clock) {
    this.#name = name
    this.#clock = clock
  }

  /** Works in one transaction, as what idb-keyval calls a store. What fails says what to do about it, where that is known. */
  readonly use: UseStore = async (mode, work) => {
    const onTimeout = () => {
      // One that never opens is not waited for again.
      this.#opening = undefined
      return new DOMException(`IndexedDB did not answer in ${DATABASE_TIMEOUT_MS} ms`, 'TimeoutError')
    }
    try {
      const deadline = { timeoutMs: DATABASE_TIMEOUT_MS, onTimeout }
      return await withDeadline(this.#clock, deadline, () => this.#tryTwice(mode, work))
    } catch (error) {
      // Rare, and so not in what every page loads. Where it cannot be loaded, the failure is thrown as it came.
      await import('./explain-indexeddb.ts')
        .then(({ explainIndexedDb }) => explainIndexedDb(error))
        .catch(() => {})
      throw error
    }
  }

  /** Once more over a new connection where the old one was closed: by a newer version of the app, or by the browser. */
  readonly #tryTwice: UseStore = async (mode, work) => {
    for (let isAgain = false; ; isAgain = true) {
      const opening = (this.#opening ??= openDatabase(this.#name))
      let database: IDBDatabase | undefined
      let transaction: IDBTransaction | undefined
      try {
        database = await opening
        transaction = database.transaction(ENTRIES, mode, { durability: 'strict' })
        return await work(transaction.objectStore(ENTRIES))
      } catch (error) {
        database?.close()
        if (this.#opening === opening) this.#opening = undefined
        // Of a writing that had begun, nobody knows whether it was done.
        if (isAgain || (transaction && mode === 'readwrite')) {
          throw error ?? transaction?.error ?? new Error('the transaction failed')
        }
      }
    }
  }
}

async function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, SCHEMA_VERSION)
  request.onupgradeneeded = () => request.result.createObjectStore(ENTRIES).createIndex(EXPIRES_AT, EXPIRES_AT)
  const database = await promisifyRequest(request)
  // Whoever deletes it, or brings a newer schema, waits for nobody.
  database.addEventListener('versionchange', () => database.close())
  return database
}
