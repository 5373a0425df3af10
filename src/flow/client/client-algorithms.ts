/** What a key must be to sign with an algorithm. */
export type KeyType =
  | { readonly kty: 'EC'; readonly crv: 'P-256' | 'P-384' | 'P-521'; readonly bytes: number }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly bytes: number }
  | { readonly kty: 'RSA'; readonly crv?: undefined }

/** The algorithm of a client key, as JWS names it. */
export type SigningAlgorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'

const ED25519: KeyType = { kty: 'OKP', crv: 'Ed25519', bytes: 32 }
const RSA: KeyType = { kty: 'RSA' }

/**
 * What a client assertion can be signed with: the algorithms that WebCrypto has in every runtime. `ES256K` is none of
 * them. Those of one curve stand in the order in which a key without an `alg` is taken to be for them.
 *
 * @see RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2
 */
const ALGORITHMS: Readonly<Record<SigningAlgorithm, KeyType>> = {
  ES256: { kty: 'EC', crv: 'P-256', bytes: 32 },
  ES384: { kty: 'EC', crv: 'P-384', bytes: 48 },
  ES512: { kty: 'EC', crv: 'P-521', bytes: 66 },
  EdDSA: ED25519,
  Ed25519: ED25519,
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
}

/** All of them. */
export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = Object.keys(ALGORITHMS).filter(isSigningAlgorithm)

/** Whether this is an algorithm that a client assertion can be signed with. */
export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return typeof value === 'string' && Object.hasOwn(ALGORITHMS, value)
}

/** What a key for an algorithm must be. */
export function keyTypeOf(alg: SigningAlgorithm): KeyType {
  return ALGORITHMS[alg]
}

/** The algorithms that a key of this type and curve can sign with: none for a key that is not known here. */
export function algorithmsFor(kty: unknown, crv: unknown): readonly SigningAlgorithm[] {
  return SIGNING_ALGORITHMS.filter((alg) => {
    const type = keyTypeOf(alg)
    return type.kty === kty && (type.crv === undefined || type.crv === crv)
  })
}
