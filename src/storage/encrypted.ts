import { StorageError } from '../errors/storage-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { hasShape, isJsonObject, isText } from '../syntax/shape.ts'
import { copyValue } from './copy-value.ts'
import { type Encrypted, Encryption } from './encryption.ts'
import type { PutOptions, Storage, StorageEntry, StoredValue } from './storage.ts'
import { readValue, writeValue } from './stored-text.ts'

/** Options of {@link encryptedStorage}. */
export interface EncryptedStorageOptions {
  /**
   * Reads entries that stand in the storage unencrypted, and encrypts them when they are next written: for an app that
   * switches encryption on and signs nobody out. Until it is taken away again, whoever can write to the storage can
   * put a session there that was never encrypted.
   *
   * @default false
   */
  readonly allowUnencrypted?: boolean | undefined
}

/**
 * Encrypts what a storage keeps: a record is the whole session, so that whoever reads a shared storage, its backups or
 * its disk could otherwise act as the account. Each value becomes a JWE (`dir`, `A256GCM`), bound to its key in the
 * storage: one that is moved to another key does not open.
 *
 * The keys of the storage stay as they are, DIDs included; so do versions, ages and times of expiry. An older writing
 * of the same entry that somebody puts back does open. CryptoKeys are not kept, whatever the inner storage keeps.
 *
 * An entry that does not open is a StorageError `corrupt`, which says which key is missing, and is never deleted.
 *
 * @example
 * const storage = encryptedStorage(inner, [newKey, oldKey])
 * @param keys secrets of 32 bytes as base64, the newest first (`openssl rand -base64 32`): it writes, and all of them
 *   read. One is good for 4,000,000,000 writings
 * @throws TypeError for a key that is none, without showing it. Does no I/O
 * @see RFC 7516, NIST SP 800-38D §8.3
 */
export function encryptedStorage(
  inner: Storage,
  keys: readonly string[],
  options: EncryptedStorageOptions = {},
): Storage {
  return new EncryptedStorage(inner, new Encryption('keys', keys), options.allowUnencrypted === true)
}

class EncryptedStorage implements Storage {
  readonly #inner: Storage
  readonly #encryption: Encryption
  readonly #allowsUnencrypted: boolean

  constructor(inner: Storage, encryption: Encryption, allowsUnencrypted: boolean) {
    if (!isStorage(inner)) throw wrongArgument('inner', 'an object with get, put, delete, list', typeof inner)
    this.#inner = inner
    this.#encryption = encryption
    this.#allowsUnencrypted = allowsUnencrypted
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    const entry = await this.#inner.get(key)
    if (!entry) return undefined
    const { version, age } = entry
    return { value: await this.#open(key, entry), version, age }
  }

  async put(key: string, value: StoredValue, options: PutOptions): Promise<string | undefined> {
    const encrypted = await this.#encryption.encrypt(writeValue(value), placeOf(key))
    return this.#inner.put(key, encrypted, options)
  }

  delete(key: string, options: { readonly ifVersion: string }): Promise<boolean> {
    return this.#inner.delete(key, options)
  }

  list(prefix: string): AsyncIterable<string> {
    return this.#inner.list(prefix)
  }

  async #open(key: string, { value, version }: StorageEntry): Promise<StoredValue> {
    if (!isJsonObject(value) || !('ciphertext' in value)) return this.#takeUnencrypted(key, value)
    if (!hasShape<Encrypted>(value, ENCRYPTED)) throw unopened(key, 'a whole JWE', version)
    const decrypted = await this.#encryption.decrypt(value, placeOf(key))
    if (decrypted.text !== undefined) return readValue(key, decrypted.text, version)
    const { missingKey } = decrypted
    if (missingKey === undefined) throw unopened(key, 'what was encrypted for this entry, unchanged', version)
    // No `version`: with the key it can be read, so that nobody is to write over it.
    throw new StorageError('corrupt', {
      field: key,
      expected: 'what one of the keys encrypted',
      found: `the key id ${missingKey}`,
      action: `add the key whose id is ${missingKey} back to \`keys\`, after the newest`,
    })
  }

  #takeUnencrypted(key: string, value: unknown): StoredValue {
    if (this.#allowsUnencrypted) return copyPlain(key, value)
    throw new StorageError('corrupt', {
      field: key,
      expected: 'an encrypted entry',
      found: 'one that is not',
      action: 'set `allowUnencrypted`, where it was stored before encryption was switched on',
    })
  }
}

const ENCRYPTED = { protected: isText, iv: isText, ciphertext: isText, tag: isText }

/** What the entry of a key is bound to. Never empty, and never what anything else is that the same keys encrypt. */
function placeOf(key: string): string {
  return `storage:${key}`
}

function copyPlain(key: string, value: unknown): StoredValue {
  try {
    return copyValue(value, { keepsCryptoKeys: false })
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new StorageError('corrupt', {
      field: key,
      expected: 'plain JSON: a CryptoKey cannot be encrypted',
      action: 'use this storage without encryption, where its sessions hold CryptoKeys',
      cause,
    })
  }
}

function unopened(key: string, expected: string, version: string): StorageError {
  return new StorageError('corrupt', { field: key, expected, version })
}

/** For those who write plain JavaScript. */
function isStorage(value: unknown): boolean {
  const methods = ['get', 'put', 'delete', 'list']
  return isJsonObject(value) && methods.every((name) => typeof value[name] === 'function')
}
