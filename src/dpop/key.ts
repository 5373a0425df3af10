import { StorageError } from '../errors/storage-error.ts'
import { importSystemKey } from '../http/system-keys.ts'
import type { PlatformKey } from '../syntax/platform.ts'
import { hasShape, isText, oneOf } from '../syntax/shape.ts'
import { calculateThumbprint } from './thumbprint.ts'

/** The public half of a DPoP key, as a proof carries it. */
export type PublicJwk = {
  readonly kty: 'EC'
  /** secp256k1 only in sessions of another library: no key is made on it here. */
  readonly crv: 'P-256' | 'secp256k1'
  readonly x: string
  readonly y: string
}

/** A DPoP key with its private half. */
export type PrivateJwk = PublicJwk & { readonly d: string }

/** A DPoP key as a storage keeps it: as a private JWK, or as the key itself where the storage can hold one. */
export type StoredDpopKey = PrivateJwk | { readonly key: PlatformKey; readonly jwk: PublicJwk }

/** Whether a stored value is a DPoP key. */
export function isStoredDpopKey(value: unknown): value is StoredDpopKey {
  if (isPrivateJwk(value)) return true
  return hasShape<{ key: PlatformKey; jwk: PublicJwk }>(value, {
    key: (key) => key instanceof CryptoKey,
    jwk: (jwk) => hasShape<PublicJwk>(jwk, PUBLIC_JWK),
  })
}

/** Whether a value has the form of a private DPoP key as JSON. */
export function isPrivateJwk(value: unknown): value is PrivateJwk {
  return hasShape<PrivateJwk>(value, { ...PUBLIC_JWK, d: isText })
}

/** The public half of a stored key. Each sign-in has a key of its own: another one is of another sign-in. */
export function publicHalfOf(stored: StoredDpopKey): PublicJwk {
  return 'key' in stored ? stored.jwk : publicOf(stored)
}

/** A stored key as JSON, private half included. Undefined for one that its platform does not let out. */
export async function exportKey(stored: StoredDpopKey): Promise<PrivateJwk | undefined> {
  if (!('key' in stored)) return { ...publicOf(stored), d: stored.d }
  if (!stored.key.extractable) return undefined
  const { d = '' } = await crypto.subtle.exportKey('jwk', stored.key)
  return { ...stored.jwk, d }
}

const PUBLIC_JWK = { kty: oneOf('EC'), crv: oneOf('P-256', 'secp256k1'), x: isText, y: isText }
const JWS_ALGORITHMS = { 'P-256': 'ES256', secp256k1: 'ES256K' } as const
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** A private half: with the platform, or as text beside what signs with it. */
type PrivateHalf = PlatformKey | { readonly sign: Sign; readonly stored: PrivateJwk }

/** Signs with ECDSA over SHA-256. */
type Sign = ReturnType<NonNullable<typeof importSystemKey>>

/**
 * The key that a session's tokens are bound to: ES256, the algorithm every AT Protocol server takes. The private half
 * never leaves it but through {@link DpopKey.toStored}.
 */
export class DpopKey {
  readonly publicJwk: PublicJwk
  readonly #privateHalf: PrivateHalf

  private constructor(privateHalf: PrivateHalf, publicJwk: PublicJwk) {
    this.#privateHalf = privateHalf
    this.publicJwk = publicJwk
  }

  /** What JWS calls its signatures. */
  get algorithm(): 'ES256' | 'ES256K' {
    return JWS_ALGORITHMS[this.publicJwk.crv]
  }

  /** Makes a new key. One that is not extractable can be stored only where CryptoKeys can. */
  static async generate(options: { readonly extractable: boolean }): Promise<DpopKey> {
    const pair = await crypto.subtle.generateKey(ALGORITHM, options.extractable, ['sign', 'verify'])
    return new DpopKey(pair.privateKey, publicOf(await crypto.subtle.exportKey('jwk', pair.publicKey)))
  }

  /**
   * Brings a stored key back.
   *
   * @throws StorageError `corrupt`
   */
  static async fromStored(stored: StoredDpopKey): Promise<DpopKey> {
    if ('key' in stored) return new DpopKey(stored.key, stored.jwk)
    const { kty, crv, x, y, d } = stored
    if (crv === 'secp256k1') return new DpopKey(importForeign(stored), publicOf(stored))
    const importing = crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, ALGORITHM, false, ['sign'])
    const privateKey = await importing.catch((cause: unknown) => {
      throw new StorageError('corrupt', { field: 'dpopKey', expected: 'a private P-256 key', cause })
    })
    return new DpopKey(privateKey, publicOf(stored))
  }

  /** A new key in the form that its storage keeps. One that was brought back cannot leave again but as a CryptoKey. */
  async toStored(): Promise<StoredDpopKey> {
    const half = this.#privateHalf
    if ('stored' in half) return half.stored
    if (!half.extractable) return { key: half, jwk: this.publicJwk }
    const { d } = await crypto.subtle.exportKey('jwk', half)
    return { ...this.publicJwk, d: d ?? '' }
  }

  /** What names the key where a server or a signer is told which one it is: its `jkt` (RFC 9449 §6.1). */
  thumbprint(): Promise<string> {
    return calculateThumbprint(this.publicJwk)
  }

  /** Signs with ECDSA over SHA-256: the 64 bytes that JWS wants. */
  async sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const half = this.#privateHalf
    if ('stored' in half) return half.sign(data)
    return new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, half, data))
  }
}

/** A key of another library, which WebCrypto cannot use. */
function importForeign(stored: PrivateJwk): PrivateHalf {
  if (!importSystemKey) {
    const expected = 'a P-256 key: this runtime cannot sign with any other'
    throw new StorageError('corrupt', { field: 'dpopKey', expected, found: stored.crv })
  }
  try {
    return { sign: importSystemKey(stored), stored }
  } catch (cause) {
    throw new StorageError('corrupt', { field: 'dpopKey', expected: 'a private secp256k1 key', cause })
  }
}

function publicOf({ crv, x, y }: JsonWebKey | PublicJwk): PublicJwk {
  return { kty: 'EC', crv: crv === 'secp256k1' ? crv : 'P-256', x: x ?? '', y: y ?? '' }
}
