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

/** Signature, header, date and the request; the part of the checks that comes before the nonce. */
export async function openProof(jwt: string, facts: ProofFacts): Promise<VerifiedProof> {
  const embedded = decodeProtectedHeader(jwt).jwk
  if (embedded && 'd' in embedded) throw new Error('the proof shows its private key')
  const { protectedHeader, payload } = await jwtVerify<ProofPayload>(jwt, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['iat', 'jti'],
    // What the reference server allows: 10 s, and 180 s for clocks that differ.
    ...(facts.now === undefined ? {} : { maxTokenAge: 10, clockTolerance: 180, currentDate: new Date(facts.now) }),
  })
  const { origin, pathname } = new URL(facts.url)
  if (!payload.jti) throw new Error('jti is empty')
  if (payload.iss !== undefined) throw new Error('iss is not a claim of a proof')
  if (payload.htm !== facts.method) throw new Error(`htm mismatch: ${payload.htm}, not ${facts.method}`)
  if (payload.htu !== origin + pathname) throw new Error(`htu mismatch: ${payload.htu}, not ${origin + pathname}`)
  if (payload.nonce !== undefined && typeof payload.nonce !== 'string') throw new Error('nonce is not a string')
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {})
  return { header: protectedHeader, payload, thumbprint }
}

/** RFC 9449 §4.3: `ath` where a token goes along, and nowhere else. */
export async function verifyTokenHash({ payload }: DecodedProof, accessToken: string | undefined): Promise<void> {
  const expected = accessToken === undefined ? undefined : await hashBase64url(accessToken)
  if (payload.ath !== expected) throw new Error(`ath mismatch: ${payload.ath}, not ${expected}`)
}
