const DIGITS = '234567abcdefghijklmnopqrstuvwxyz'

/**
 * The record key of a time (a TID): the same for the same time, and later ones sort later. `createTid` of atproof makes a
 * new one each time.
 *
 * @see https://atproto.com/specs/tid
 */
export function tidOf(timeMs: number): string {
  // Microseconds, and ten bits that tell writers of the same moment apart.
  let rest = BigInt(timeMs * 1000) << 10n
  let tid = ''
  for (let digit = 0; digit < 13; digit++) {
    tid = `${DIGITS[Number(rest & 31n)]}${tid}`
    rest >>= 5n
  }
  return tid
}
