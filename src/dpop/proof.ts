import { encodeBase64url, encodeText, hashText } from '../syntax/base64url.ts'
import type { DpopKey } from './key.ts'

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
export async function createProof(key: DpopKey, facts: ProofFacts): Promise<string> {
  const { origin, pathname } = new URL(facts.url)
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.publicJwk }
  const claims = {
    jti: facts.id,
    htm: facts.method,
    htu: origin + pathname,
    iat: Math.floor(facts.issuedAt / 1000),
    ...(facts.nonce !== undefined && { nonce: facts.nonce }),
    ...(facts.accessToken !== undefined && { ath: await hashText(facts.accessToken) }),
  }
  const input = `${encodeText(JSON.stringify(header))}.${encodeText(JSON.stringify(claims))}`
  const signature = await key.sign(new TextEncoder().encode(input))
  return `${input}.${encodeBase64url(signature)}`
}
