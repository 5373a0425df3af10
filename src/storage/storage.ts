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
 * Keys are `session/<did>/<id>`, `password/<did>/<id>`, `signin/<hash of state>`, `spent/<hash of state>`.
 *
 * What an engine promises, and `storageSuite` of `atproof/testing` proves:
 *
 * - **One of many wins.** Looking at the version and writing are one step, for all handles and processes over the same
 *   data. Who loses changes nothing, and hears it by `undefined` or `false`, never by an error. A `put` or `delete` that
 *   throws leaves it open whether it was done: the caller reads again.
 * - **Versions** are texts that mean something to the engine alone, never empty, and never given out again: not for this
 *   key or another, not after a delete, an expiry, a restart or a failover. So each holds a random id of 96 bits or more.
 *   Any other text is one that does not stand there, and no error.
 * - **Keys** are Unicode without NUL and without lone surrogates, never empty. They are told apart exactly: by case, by
 *   normalisation, by a slash at the end. Ours are printable ASCII of up to 2,200 characters.
 * - **Values** are plain JSON of at most 32 levels, in which texts and the names of properties may hold anything, NUL and
 *   lone surrogates too; 64 KiB of it at least. They are copied before `put` first waits, and each `get` hands out a copy
 *   of its own. A property that is undefined is left out; the order of properties and the sign of zero may be lost. All
 *   else is refused with a TypeError, and nothing is written.
 * - **Expiry** belongs to one writing: the next one has its own, or none. From `expiresAt` on, which may be past and may
 *   have a fraction, the entry is as if it were not there, for `get`, `put`, `delete` and `list`, whenever it is removed.
 * - **Age** grows from zero at each writing, is never negative, and is the same in every process. It is the storage's own:
 *   one clock for all who share it, which no jump of a process's wall clock moves where the engine can help it.
 * - **Listing** gives each key at most once, and every key that stands there from its beginning to its end, however many
 *   come and go meanwhile. It can be left at any time.
 * - **What cannot be read** is a StorageError `corrupt` whose `field` names the entry. It stands in nobody's way but its
 *   own: a listing goes on, with or without it, and nothing removes it or creates over it. Every other failure is thrown
 *   as it comes. Where the engine knows what to do about it, the error has a text `action` and a boolean `retryable`,
 *   and the StorageError that an app sees has them too.
 */
export interface Storage {
  /**
   * Values may hold CryptoKeys. What `get` hands out may be another object, as a structured clone is, but it signs with
   * the same key and is no more extractable.
   */
  readonly keepsCryptoKeys?: true
  get(key: string): Promise<StorageEntry | undefined>
  /** Writes on a condition. Returns the new version, or undefined where somebody was first. */
  put(key: string, value: StoredValue, options: PutOptions): Promise<string | undefined>
  /** Deletes on a condition. Returns false where somebody was first. */
  delete(key: string, options: { readonly ifVersion: string }): Promise<boolean>
  /** The keys that begin with a prefix, in no order. */
  list(prefix: string): AsyncIterable<string>
}
