/** As many at a time as there may be. */
const MOST = 65_536

/**
 * Bytes drawn at random that begin as no known file does: a PDS looks for a media type in them, and some begin with two
 * bytes only (`FF FB` is an MP3).
 */
export function untypedBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += MOST) crypto.getRandomValues(bytes.subarray(at, at + MOST))
  // The small letters from p on, and what follows them in ASCII.
  return bytes.map((byte) => 0x70 | (byte & 0x0f))
}
