/** Random draws that a seed decides: the same seed gives the same draws in the same order. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to just under 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Whether something happens that does so this often. */
  happens(probability: number): boolean {
    return this.next() < probability
  }

  /** From one number to just under another. */
  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  /** A whole number from 1, small ones the most often. */
  small(mean: number): number {
    return 1 + Math.floor(-Math.log(1 - this.next()) * (mean - 1))
  }

  /** One of several. @throws Error where there is none */
  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** One of several by their weights. @throws Error where there is none */
  weigh<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.next() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      left -= weight
      if (left < 0) return item
    }
    return this.pick(items)[1]
  }
}
