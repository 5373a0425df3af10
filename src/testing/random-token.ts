import { base64url } from 'jose'

/** An opaque value that a log or a leak check can recognise by its prefix. */
export function randomToken(prefix: string): string {
  return `${prefix}-${base64url.encode(crypto.getRandomValues(new Uint8Array(18)))}`
}

/** `length` characters of the base32 alphabet that DIDs and CIDs are written in. */
export function randomBase32(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => alphabet[byte % 32]).join('')
}
