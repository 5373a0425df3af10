const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz'
const LENGTH = 13

/**
 * Makes record keys and revisions from the network's clock. Each is greater than the one before, also while the clock
 * stands still.
 *
 * @see https://atproto.com/specs/tid
 */
export class TidClock {
  readonly #now: () => number
  #lastMicroseconds = 0

  constructor(now: () => number) {
    this.#now = now
  }

  next(): string {
    this.#lastMicroseconds = Math.max(Math.floor(this.#now()) * 1000, this.#lastMicroseconds + 1)
    // The ten bits of a clock's own name stay zero: there is one clock, and logs and snapshots stay as they are.
    const bits = BigInt(this.#lastMicroseconds) << 10n
    const digit = (index: number) => Number((bits >> BigInt(5 * (LENGTH - 1 - index))) & 31n)
    return Array.from({ length: LENGTH }, (_, index) => ALPHABET[digit(index)]).join('')
  }
}
