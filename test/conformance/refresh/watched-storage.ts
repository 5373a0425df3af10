import type { PutOptions, Storage, StorageEntry, StoredValue } from 'atproof'

/** What a test may do to a put: run before it, keep it from happening, or lose its answer. */
export interface PutFault {
  /** Which puts: all where left out. */
  readonly when?: (value: StoredValue) => boolean
  /** How many of them. @default 1 */
  readonly times?: number
  readonly before?: () => Promise<unknown>
  /** Runs once it is written, before anybody is told. */
  readonly after?: () => Promise<unknown>
  /** `refuse`: nothing is written. `lose-answer`: it is written, and nobody is told. */
  readonly fails?: 'refuse' | 'lose-answer'
  /** Somebody was first, it says. */
  readonly loses?: boolean
}

/** A storage that counts its accesses and fails as it is told. Each one is a process of its own to our code. */
export class WatchedStorage implements Storage {
  readonly keepsCryptoKeys = true
  readonly puts: StoredValue[] = []
  gets = 0
  readonly #inner: Storage
  #held: (() => Promise<void>) | undefined
  readonly #faults: { readonly fault: PutFault; left: number }[] = []

  constructor(inner: Storage) {
    this.#inner = inner
  }

  /** How often the storage was asked for anything. */
  get accesses(): number {
    return this.gets + this.puts.length
  }

  reset(): void {
    this.gets = 0
    this.puts.length = 0
  }

  /** Arms a fault. Returns what disarms it. */
  onPut(fault: PutFault): () => void {
    const armed = { fault, left: fault.times ?? 1 }
    this.#faults.push(armed)
    return () => {
      armed.left = 0
    }
  }

  /** Holds the next reading back after it has read, as a slow network does. */
  holdGet(): { readonly reached: Promise<void>; release(): void } {
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    this.#held = async () => {
      reached.resolve()
      await released.promise
    }
    return { reached: reached.promise, release: released.resolve }
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    this.gets++
    const held = this.#held
    this.#held = undefined
    const entry = await this.#inner.get(key)
    await held?.()
    return entry
  }

  async put(key: string, value: StoredValue, options: PutOptions): Promise<string | undefined> {
    this.puts.push(value)
    const armed = this.#faults.find(({ fault, left }) => left > 0 && (fault.when?.(value) ?? true))
    if (!armed) return this.#inner.put(key, value, options)
    armed.left--
    await armed.fault.before?.()
    if (armed.fault.loses) return undefined
    if (armed.fault.fails === 'refuse') throw new Error('the disk is full')
    const version = await this.#inner.put(key, value, options)
    await armed.fault.after?.()
    if (armed.fault.fails === 'lose-answer') throw new Error('the connection broke')
    return version
  }

  async delete(key: string, options: { readonly ifVersion: string }): Promise<boolean> {
    return this.#inner.delete(key, options)
  }

  list(prefix: string): AsyncIterable<string> {
    return this.#inner.list(prefix)
  }
}
