import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'
import type { JWTPayload, ProtectedHeaderParameters } from 'jose'
import { hashBase64url } from './hash.ts'

/** The claims of a DPoP proof, none of them checked yet. */
export interface ProofPayload extends JWTPayload {
  readonly htm?: string
  readonly htu?: string
  readonly ath?: string
  readonly nonce?: string
}

export interface DecodedProof {
  readonly header: ProtectedHeaderParameters
  readonly payload: ProofPayload
}

export interface VerifiedProof extends DecodedProof {
  /** RFC 7638 thumbprint of the key. */
  readonly thumbprint: string
}

export interface ProofFacts {
  readonly method: string
  /** The request's URL; its query and fragment are not part of the proof. */
  readonly url: string
  /** The access token that goes along: `ath` must be there exactly then. */
  readonly accessToken?: string | undefined
  /** The verifier's clock in ms; left out, `iat` has to be there but may be any date. */
  readonly now?: number | undefined
}

/** Reads a proof without verifying anything. */
export function decodeProof(jwt: string): DecodedProof {
  return { header: decodeProtectedHeader(jwt), payload: decodeJwt<ProofPayload>(jwt) }
}

/** Verifies a proof as a server does, save its nonce and that it is new. Throws an Error that says what is wrong. */
export async function verifyProof(jwt: string, facts: ProofFacts): Promise<VerifiedProof> {
  const proof = await openProof(jwt, facts)
  await verifyTokenHash(proof, facts.accessToken)
  return proof
}

/** Signature, header, date and the request, in the reference server's order; the part before the nonce. */
export async function openProof(jwt: string, facts: ProofFacts): Promise<VerifiedProof> {
  const { protectedHeader, payload } = await jwtVerify<ProofPayload>(jwt, EmbeddedJWK, {
    typ: 'dpop+jwt',
    requiredClaims: ['iat'],
    // What the reference server allows: 10 s, and 180 s for clocks that differ.
    ...(facts.now !== undefined && { maxTokenAge: 10, clockTolerance: 180, currentDate: new Date(facts.now) }),
  }).catch((cause: Error) => {
    throw new Error(`Failed to verify DPoP proof: ${cause.message}`, { cause })
  })
  if (payload.nonce !== undefined && typeof payload.nonce !== 'string')
    throw new Error('Invalid DPoP "nonce" type')
  if (typeof payload.jti !== 'string' || !payload.jti) throw new Error('DPoP "jti" missing')
  if (payload.htm !== facts.method) throw new Error('DPoP "htm" mismatch')
  verifyTarget(payload.htu, new URL(facts.url))
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {})
  return { header: protectedHeader, payload, thumbprint }
}

function verifyTarget(htu: unknown, { origin, pathname }: URL): void {
  if (typeof htu !== 'string') throw new Error('Invalid DPoP "htu" type')
  if (!URL.canParse(htu)) throw new Error('DPoP "htu" is not a valid URL')
  const named = new URL(htu)
  if (named.username || named.password) throw new Error('DPoP "htu" must not contain credentials')
  // Stricter than the reference server, which takes both "for legacy reasons": RFC 9449 §4.2 has them left out.
  if (/[?#]/.test(htu)) throw new Error('DPoP "htu" must not contain a query or fragment')
  if (named.origin + named.pathname !== origin + pathname) throw new Error('DPoP "htu" mismatch')
}

/** RFC 9449 §4.3: `ath` where a token goes along, and nowhere else. */
export async function verifyTokenHash({ payload }: DecodedProof, accessToken: string | undefined): Promise<void> {
  if (accessToken === undefined && payload.ath !== undefined) throw new Error('DPoP "ath" claim not allowed')
  if (accessToken === undefined) return
  if (payload.ath !== (await hashBase64url(accessToken))) throw new Error('DPoP "ath" mismatch')
}
