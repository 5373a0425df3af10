import type { PlatformKey } from '../syntax/platform.ts'

/** A value that is kept: plain JSON, and CryptoKeys in it where the storage says that it keeps them. */
export type StoredValue =
  | null
  | boolean
  | number
  | string
  | PlatformKey
  | readonly StoredValue[]
  | { readonly [name: string]: StoredValue | undefined }

/** A value as it stands in the storage. */
export interface StorageEntry {
  readonly value: StoredValue
  /** Names this writing of the value. Never used twice, not even after a delete. */
  readonly version: string
  /** How long ago it was written, in ms, by the storage's own clock. */
  readonly age: number
}

/** On what condition a value is written, and how long it is kept. */
export interface PutOptions {
  /** The version that must stand there; null: nothing may stand there. */
  readonly ifVersion: string | null
  /** When the value may be forgotten, in ms since the epoch. */
  readonly expiresAt?: number | undefined
}

/**
 * Where sessions live: compare and set, and nothing else. The store itself is the lock, so that one which is shared
 * needs no second one beside it. There is no unconditional writing. A `put` is durable before it resolves.
 *
 * Keys are `session/<did>/<id>`, `signin/<hash of state>`, `spent/<hash of state>`.
 */
export interface Storage {
  /** Values may hold CryptoKeys. */
  readonly keepsCryptoKeys?: true
  get(key: string): Promise<StorageEntry | undefined>
  /** Writes on a condition. Returns the new version, or undefined where somebody was first. */
  put(key: string, value: StoredValue, options: PutOptions): Promise<string | undefined>
  /** Deletes on a condition. Returns false where somebody was first. */
  delete(key: string, options: { readonly ifVersion: string }): Promise<boolean>
  /** The keys that begin with a prefix, in no order. */
  list(prefix: string): AsyncIterable<string>
}
