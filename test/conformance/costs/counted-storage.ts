import type { PutOptions, Storage, StorageEntry, StoredValue } from 'atproof'
import type { TestClock } from 'atproof/testing'

/** What a storage was asked for. */
export interface Accesses {
  gets: number
  puts: number
  deletes: number
  lists: number
}

/**
 * A storage whose accesses are counted. The clock of a test does not see a file or a socket: it is told that somebody is
 * busy for as long as an access takes.
 */
export class CountedStorage implements Storage {
  readonly keepsCryptoKeys?: true
  readonly accesses: Accesses = { gets: 0, puts: 0, deletes: 0, lists: 0 }
  readonly #inner: Storage
  readonly #clock: TestClock

  constructor(inner: Storage, clock: TestClock) {
    if (inner.keepsCryptoKeys) this.keepsCryptoKeys = true
    this.#inner = inner
    this.#clock = clock
  }

  reset(): void {
    Object.assign(this.accesses, { gets: 0, puts: 0, deletes: 0, lists: 0 })
  }

  get(key: string): Promise<StorageEntry | undefined> {
    this.accesses.gets++
    return this.#busyWith(() => this.#inner.get(key))
  }

  put(key: string, value: StoredValue, options: PutOptions): Promise<string | undefined> {
    this.accesses.puts++
    return this.#busyWith(() => this.#inner.put(key, value, options))
  }

  delete(key: string, options: { readonly ifVersion: string }): Promise<boolean> {
    this.accesses.deletes++
    return this.#busyWith(() => this.#inner.delete(key, options))
  }

  list(prefix: string): AsyncIterable<string> {
    this.accesses.lists++
    return this.#inner.list(prefix)
  }

  async #busyWith<T>(access: () => Promise<T>): Promise<T> {
    this.#clock.busy()
    try {
      return await access()
    } finally {
      this.#clock.idle()
    }
  }
}
