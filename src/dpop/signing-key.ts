import { StorageError } from '../errors/storage-error.ts'
import { importSystemKey } from '../http/system-keys.ts'
import type { PlatformKey } from '../syntax/platform.ts'
import { type PublicJwk, publicHalfOf, type StoredDpopKey } from './stored-key.ts'

/** What a key is to WebCrypto. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const JWS_ALGORITHMS = { 'P-256': 'ES256', secp256k1: 'ES256K' } as const

/** A private half: with the platform, or what signs with one that WebCrypto does not take. */
export type PrivateHalf = PlatformKey | ReturnType<NonNullable<typeof importSystemKey>>

/** A key that proofs are signed with: ES256, the algorithm every AT Protocol server takes. Its private half never leaves it. */
export class SigningKey {
  readonly publicJwk: PublicJwk
  readonly #privateHalf: PrivateHalf

  constructor(privateHalf: PrivateHalf, publicJwk: PublicJwk) {
    this.#privateHalf = privateHalf
    this.publicJwk = publicJwk
  }

  /** What JWS calls its signatures. */
  get algorithm(): 'ES256' | 'ES256K' {
    return JWS_ALGORITHMS[this.publicJwk.crv]
  }

  /** Signs with ECDSA over SHA-256: the 64 bytes that JWS wants. */
  async sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const half = this.#privateHalf
    if (typeof half === 'function') return half(data)
    return new Uint8Array(await crypto.subtle.sign(ALGORITHM, half, data))
  }
}

/**
 * Brings a stored key back.
 *
 * @throws StorageError `corrupt`
 */
export async function restoreKey(stored: StoredDpopKey): Promise<SigningKey> {
  return new SigningKey(await importPrivateHalf(stored), publicHalfOf(stored))
}

/**
 * Takes the private half of a stored key.
 *
 * @throws StorageError `corrupt`
 */
export async function importPrivateHalf(stored: StoredDpopKey): Promise<PrivateHalf> {
  if ('key' in stored) return stored.key
  const { kty, crv, x, y, d } = stored
  try {
    // A key of another library, which WebCrypto cannot use.
    if (crv !== 'P-256' && importSystemKey) return importSystemKey(stored)
    return await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, ALGORITHM, false, ['sign'])
  } catch (cause) {
    const expected = `a private ${crv} key that this runtime can sign with`
    throw new StorageError('corrupt', { field: 'dpopKey', expected, cause })
  }
}
