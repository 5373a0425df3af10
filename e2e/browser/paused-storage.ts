import type { Storage, StorageEntry, StoredValue } from 'atproof'
import { indexedDbStorage } from 'atproof/browser'
import type { Clock } from '../../src/http/clock.ts'

type PutOptions = Parameters<Storage['put']>[2]

/** The browser's storage, which can be told to stop before the note of a refresh is written, for a page that is reloaded there. */
export class PausedStorage implements Storage {
  readonly keepsCryptoKeys = true
  readonly #inner: Storage
  /** Whether a refresh stops there. */
  pausesAttempts = false
  /** Whether one has. */
  hasPaused = false

  constructor(clock: Clock) {
    this.#inner = indexedDbStorage({ clock })
  }

  get(key: string): Promise<StorageEntry | undefined> {
    return this.#inner.get(key)
  }

  put(key: string, value: StoredValue, options: PutOptions): Promise<string | undefined> {
    if (!this.pausesAttempts || !hasAttempt(value)) return this.#inner.put(key, value, options)
    this.hasPaused = true
    return new Promise(() => {})
  }

  delete(key: string, options: { readonly ifVersion: string }): Promise<boolean> {
    return this.#inner.delete(key, options)
  }

  list(prefix: string): AsyncIterable<string> {
    return this.#inner.list(prefix)
  }
}

function hasAttempt(value: StoredValue): boolean {
  return typeof value === 'object' && value !== null && 'attempt' in value && value.attempt !== null
}
