import { type Clock, systemClock } from '../http/clock.ts'
import { systemRandom } from '../http/random.ts'
import { encodeBase64url } from '../syntax/base64url.ts'
import { copyValue } from './copy-value.ts'
import type { PutOptions, Storage, StorageEntry, StoredValue } from './storage.ts'
import { readExpiry } from './stored-text.ts'

/** Options of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** The clock that ages and expiries go by. @default the machine's */
  readonly clock?: Clock
}

/**
 * Keeps sessions in this process's memory: for tests, scripts, and apps whose people sign in anew each time. Everything
 * is gone when the process ends. DPoP keys are kept as CryptoKeys that nothing can export.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  return new MemoryStorage(options.clock ?? systemClock)
}

interface Kept {
  readonly value: StoredValue
  readonly version: string
  readonly writtenAt: number
  readonly expiresAt: number
}

class MemoryStorage implements Storage {
  readonly keepsCryptoKeys = true
  readonly #entries = new Map<string, Kept>()
  readonly #clock: Clock
  #id: string | undefined
  #writes = 0
  #sweepAfter = 100

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    const kept = this.#living(key)
    if (!kept) return undefined
    return {
      value: copyValue(kept.value, this),
      version: kept.version,
      age: this.#clock.monotonic() - kept.writtenAt,
    }
  }

  async put(key: string, value: StoredValue, { ifVersion, expiresAt }: PutOptions): Promise<string | undefined> {
    const copy = copyValue(value, this)
    const expiry = readExpiry(expiresAt) ?? Infinity
    if ((this.#living(key)?.version ?? null) !== ifVersion) return undefined
    const version = this.#nextVersion()
    this.#entries.set(key, {
      value: copy,
      version,
      writtenAt: this.#clock.monotonic(),
      expiresAt: expiry,
    })
    if (this.#writes >= this.#sweepAfter) this.#sweep()
    return version
  }

  async delete(key: string, { ifVersion }: { readonly ifVersion: string }): Promise<boolean> {
    if (this.#living(key)?.version !== ifVersion) return false
    return this.#entries.delete(key)
  }

  async *list(prefix: string): AsyncIterable<string> {
    // As it is now: a key that goes and comes back moves to the end of a Map, and would be met again.
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix))
    for (const key of keys) if (this.#living(key)) yield key
  }

  /** Counted over all keys and never back; a version of another storage is none of this one. */
  #nextVersion(): string {
    // Not in the constructor: Workers have no randomness at module level.
    this.#id ??= encodeBase64url(systemRandom(12))
    return `${this.#id}-${++this.#writes}`
  }

  #living(key: string): Kept | undefined {
    const kept = this.#entries.get(key)
    return kept && kept.expiresAt > this.#clock.now() ? kept : undefined
  }

  /** Drops what has expired, once for as many writes as there are entries: no timer, and no walk at every write. */
  #sweep(): void {
    for (const key of this.#entries.keys()) if (!this.#living(key)) this.#entries.delete(key)
    this.#sweepAfter = this.#writes + Math.max(100, this.#entries.size)
  }
}
