import { encodeBase64url } from '../syntax/base64url.ts'

/** Makes this many unpredictable bytes. */
export type Random = (length: number) => Uint8Array

/** The runtime's cryptographic randomness. */
export const systemRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length))

/** An unguessable text of 43 characters: 256 bits as base64url. Fit for a state, a verifier, a `jti`, an id. */
export function randomText(random: Random): string {
  return encodeBase64url(random(32))
}
