import type { Clock } from '../http/clock.ts'
import { type Random, randomText } from '../http/random.ts'
import { ClockOffsets } from './clock-offsets.ts'
import type { DpopKey } from './key.ts'
import { NonceMemory } from './nonces.ts'
import { createProof } from './proof.ts'

/** A DPoP key at work: with the nonces and the clocks of the servers it has met. */
export class DpopSigner {
  readonly key: DpopKey
  readonly nonces: NonceMemory
  readonly clocks: ClockOffsets
  readonly #random: Random

  constructor(key: DpopKey, outside: { readonly clock: Clock; readonly random: Random }) {
    this.key = key
    this.nonces = new NonceMemory(outside.clock)
    this.clocks = new ClockOffsets(outside.clock)
    this.#random = outside.random
  }

  /** Signs a fresh proof for one sending of a request, with the nonce of its origin where one is known. */
  async proof(request: { method: string; url: string; accessToken?: string | undefined }): Promise<string> {
    const { origin } = new URL(request.url)
    return createProof(this.key, {
      ...request,
      issuedAt: this.clocks.nowAt(origin),
      id: randomText(this.#random),
      nonce: this.nonces.recall(origin),
    })
  }
}
