import { StorageError } from '../errors/storage-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { copyValue } from './copy-value.ts'
import type { StoredValue } from './storage.ts'

/** The last millisecond that a Date can name. */
const LAST_TIME = 8.64e15

/**
 * Writes a value as a text of JSON, in which NUL and lone surrogates are escaped: any engine that keeps UTF-8 keeps it.
 *
 * @throws TypeError for anything that is not plain JSON
 */
export function writeValue(value: StoredValue): string {
  return JSON.stringify(copyValue(value, { keepsCryptoKeys: false }))
}

/**
 * Reads such a text again.
 *
 * @param version which writing it is, for who is to write over one that cannot be read
 * @throws StorageError `corrupt`, naming the key, for any other
 */
export function readValue(key: string, text: unknown, version?: string): StoredValue {
  if (typeof text !== 'string') throw corrupt(key, version)
  try {
    return copyValue(JSON.parse(text), { keepsCryptoKeys: false })
  } catch {
    // What the parser says quotes the text, and that may hold tokens.
    throw corrupt(key, version)
  }
}

function corrupt(key: string, version: string | undefined): StorageError {
  return new StorageError('corrupt', { field: key, expected: 'an entry of JSON', version })
}

/** When an entry expires, in whole ms since the epoch, or null for never. */
export function readExpiry(expiresAt: number | undefined): number | null {
  if (expiresAt === undefined || expiresAt === Infinity) return null
  if (Number.isNaN(expiresAt)) throw wrongArgument('expiresAt', 'ms since the epoch', expiresAt)
  return Math.ceil(Math.min(Math.max(expiresAt, 0), LAST_TIME))
}
