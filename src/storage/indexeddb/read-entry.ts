import { promisifyRequest } from 'idb-keyval'
import { StorageError } from '../../errors/storage-error.ts'
import type { Clock } from '../../http/clock.ts'
import { hasShape, isNumber, isText, optional, type Shape } from '../../syntax/shape.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { StorageEntry, StoredValue } from '../storage.ts'
import type { Database } from './database.ts'

/** What stands under a key. */
export interface Kept {
  readonly value: StoredValue
  readonly version: string
  readonly writtenAt: number
  readonly expiresAt?: number
}

type Expiring = Required<Pick<Kept, 'expiresAt'>>

const KEPT: Shape<Kept> = {
  value: (value) => isStoredValue(value, 0),
  version: isText,
  writtenAt: isNumber,
  expiresAt: optional(isNumber),
}

/**
 * Reads what stands under a key. The browser hands out a copy, of whatever any script put there.
 *
 * @throws StorageError `corrupt`
 */
export async function readEntry(database: Database, clock: Clock, key: string): Promise<StorageEntry | undefined> {
  const found = await database.use<unknown>('readonly', (store) => promisifyRequest(store.get(key)))
  if (found === undefined || isExpired(found, clock)) return undefined
  if (!hasShape<Kept>(found, KEPT)) {
    // Somebody else's, or what the browser could not read again.
    throw new StorageError('corrupt', { field: key, expected: 'an entry of ours', version: versionOf(found) })
  }
  const { value, version, writtenAt } = found
  return { value, version, age: Math.max(0, clock.now() - writtenAt) }
}

/** Whether the time of whatever stands under a key is over. */
export function isExpired(found: unknown, clock: Clock): boolean {
  return hasShape<Expiring>(found, { expiresAt: isNumber }) && found.expiresAt <= clock.now()
}

/** The version of whatever stands under a key, or undefined where it is none of ours. */
export function versionOf(found: unknown): string | undefined {
  return hasShape<Pick<Kept, 'version'>>(found, { version: isText }) ? found.version : undefined
}

/** Whether this can have been put by us: others may put all that can be cloned. */
function isStoredValue(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value !== 'object') return Number.isFinite(value)
  if (value instanceof CryptoKey) return true
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  return isPlain && depth < MAX_DEPTH && Object.values(value).every((item) => isStoredValue(item, depth + 1))
}
