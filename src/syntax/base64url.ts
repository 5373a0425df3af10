/** Encodes bytes as base64url without padding (RFC 4648 §5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return encodeBinary(binary)
}

/** Encodes a text whose every unit is a byte. */
export function encodeBinary(binary: string): string {
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Whether a text is base64url without padding, and has a length that some bytes give (RFC 7515 §2). */
export function isBase64url(text: string): boolean {
  return /^[\w-]*$/.test(text) && text.length % 4 !== 1
}

/**
 * Decodes base64url without padding.
 *
 * @throws SyntaxError for what is none, without showing it
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!isBase64url(text)) throw new SyntaxError('expected base64url without padding')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** Encodes text as UTF-8 and that as base64url. */
export function encodeText(text: string): string {
  return encodeBase64url(new TextEncoder().encode(text))
}

/** The SHA-256 of a text, as base64url: what PKCE, `ath` and our storage keys are made of. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return encodeBase64url(new Uint8Array(digest))
}
