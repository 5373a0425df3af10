import type { PlatformKey } from '../syntax/platform.ts'
import { hasShape, isText, oneOf } from '../syntax/shape.ts'

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

const PUBLIC_JWK = { kty: oneOf('EC'), crv: oneOf('P-256', 'secp256k1'), x: isText, y: isText }

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
  const { kty, crv, x, y } = 'key' in stored ? stored.jwk : stored
  return { kty, crv, x, y }
}
