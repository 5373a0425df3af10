import { encodeBase64url, hashText } from '../syntax/base64url.ts'
import { encodeJson } from './encode-json.ts'
import type { SigningKey } from './signing-key.ts'

/** What a proof says. */
export interface ProofFacts {
  /** The HTTP method of the request. */
  readonly method: string
  /** The URL of the request. Query and fragment are left out of the proof. */
  readonly url: string
  /** When it is signed, in ms since the epoch, as the server's clock has it. */
  readonly issuedAt: number
  /** A unique `jti`. */
  readonly id: string
  readonly nonce?: string | undefined
  /** The access token that the request carries: never at an authorization server. */
  readonly accessToken?: string | undefined
}

/**
 * Signs a DPoP proof: that this request is sent by whoever holds the key. Signed with WebCrypto itself, since it stands
 * on the path of every request.
 *
 * @see RFC 9449 §4.2
 */
export async function createProof(key: SigningKey, facts: ProofFacts): Promise<string> {
  const { accessToken } = facts
  return signProof(key, {
    ...facts,
    url: new URL(facts.url),
    tokenHash: accessToken === undefined ? undefined : await hashText(accessToken),
  })
}

/** What a proof says, for whoever has read the URL and hashed the access token already. */
interface PreparedFacts extends Omit<ProofFacts, 'accessToken' | 'url'> {
  readonly url: URL
  /** The SHA-256 of the access token, as base64url. */
  readonly tokenHash: string | undefined
}

/** Signs a proof as {@link createProof} does. */
export async function signProof(key: SigningKey, facts: PreparedFacts): Promise<string> {
  const header = { typ: 'dpop+jwt', alg: key.algorithm, jwk: key.publicJwk }
  const claims = {
    jti: facts.id,
    htm: facts.method,
    htu: facts.url.origin + facts.url.pathname,
    iat: Math.floor(facts.issuedAt / 1000),
    // JSON leaves out what is undefined.
    nonce: facts.nonce,
    ath: facts.tokenHash,
  }
  const input = `${encodeJson(header)}.${encodeJson(claims)}`
  const signature = await key.sign(new TextEncoder().encode(input))
  return `${input}.${encodeBase64url(signature)}`
}
