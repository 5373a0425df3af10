import { StorageError } from '../errors.ts'
import type { PlatformKey } from '../syntax/platform.ts'
import { hasShape, isText, oneOf } from '../syntax/shape.ts'
import { calculateThumbprint } from './thumbprint.ts'

/** The public half of a DPoP key, as a proof carries it. */
export type PublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

/** A DPoP key as a storage keeps it: as a private JWK, or as the key itself where the storage can hold one. */
export type StoredDpopKey =
  | (PublicJwk & { readonly d: string })
  | { readonly key: PlatformKey; readonly jwk: PublicJwk }

/** Whether a stored value is a DPoP key. */
export function isStoredDpopKey(value: unknown): value is StoredDpopKey {
  if (hasShape<PublicJwk & { d: string }>(value, { ...PUBLIC_JWK, d: isText })) return true
  return hasShape<{ key: PlatformKey; jwk: PublicJwk }>(value, {
    key: (key) => key instanceof CryptoKey,
    jwk: (jwk) => hasShape<PublicJwk>(jwk, PUBLIC_JWK),
  })
}

const PUBLIC_JWK = { kty: oneOf('EC'), crv: oneOf('P-256'), x: isText, y: isText }
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const

/**
 * The key that a session's tokens are bound to: ES256, the algorithm every AT Protocol server takes. The private half
 * never leaves it but through {@link DpopKey.toStored}.
 */
export class DpopKey {
  readonly publicJwk: PublicJwk
  readonly #privateKey: PlatformKey

  private constructor(privateKey: PlatformKey, publicJwk: PublicJwk) {
    this.#privateKey = privateKey
    this.publicJwk = publicJwk
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
    const importing = crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, ALGORITHM, false, ['sign'])
    const privateKey = await importing.catch((cause: unknown) => {
      throw new StorageError('corrupt', { field: 'dpopKey', expected: 'a private P-256 key', cause })
    })
    return new DpopKey(privateKey, publicOf(stored))
  }

  /** A new key in the form that its storage keeps. One that was brought back cannot leave again but as a CryptoKey. */
  async toStored(): Promise<StoredDpopKey> {
    if (!this.#privateKey.extractable) return { key: this.#privateKey, jwk: this.publicJwk }
    const { d } = await crypto.subtle.exportKey('jwk', this.#privateKey)
    return { ...this.publicJwk, d: d ?? '' }
  }

  /** What names the key where a server or a signer is told which one it is: its `jkt` (RFC 9449 §6.1). */
  thumbprint(): Promise<string> {
    return calculateThumbprint(this.publicJwk)
  }

  /** Signs with ECDSA over SHA-256: the 64 bytes that JWS calls ES256. */
  async sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.#privateKey, data))
  }
}

function publicOf({ x, y }: JsonWebKey | PublicJwk): PublicJwk {
  return { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }
}
