/** The alphabet that DIDs are written in. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** `length` characters that look random and are the same for the same text: FNV-1a, once a character. No secret. */
export function hashBase32(text: string, length: number): string {
  return Array.from({ length }, (_, place) => ALPHABET[hash(`${place} ${text}`) % ALPHABET.length]).join('')
}

function hash(text: string): number {
  let state = 0x811c9dc5
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193)
  // The high bits depend on all of the text, the low ones hardly do.
  return (state >>> 0) >>> 27
}
