import { randomToken } from './random-token.ts'

/** As the reference server: a new nonce each minute; the previous, this and the next are taken, the next is given. */
const ROTATION_MS = 60_000

/** The DPoP nonces of one server. */
export class NonceSource {
  readonly #trueTime: () => number
  #nonces = new Map<number, string>()

  constructor(trueTime: () => number) {
    this.#trueTime = trueTime
  }

  next(): string {
    const slot = this.#slot() + 1
    const nonce = this.#nonces.get(slot) ?? randomToken('nonce')
    this.#nonces.set(slot, nonce)
    return nonce
  }

  isFresh(nonce: string): boolean {
    const slot = this.#slot()
    return [slot - 1, slot, slot + 1].some((each) => this.#nonces.get(each) === nonce)
  }

  /** Every nonce that was handed out becomes stale. */
  rotate(): void {
    this.#nonces = new Map()
  }

  #slot(): number {
    return Math.floor(this.#trueTime() / ROTATION_MS)
  }
}
