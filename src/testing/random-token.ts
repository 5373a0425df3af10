import { base64url } from 'jose'

/** An opaque value that a log or a leak check can recognise by its prefix. */
export function randomToken(prefix: string): string {
  return `${prefix}-${base64url.encode(crypto.getRandomValues(new Uint8Array(18)))}`
}

/** The same as the reference server writes it: `ref-` and 64 hexadecimal digits for 32 bytes. */
export function randomHex(prefix: string, bytes: number): string {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  )
  return `${prefix}-${digits.join('')}`
}
