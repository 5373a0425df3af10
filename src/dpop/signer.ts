import type { Clock } from '../http/clock.ts'
import { type Random, randomText } from '../http/random.ts'
import { hashText } from '../syntax/base64url.ts'
import { ClockOffsets } from './clock-offsets.ts'
import { NonceMemory } from './nonces.ts'
import { signProof } from './proof.ts'
import type { SigningKey } from './signing-key.ts'

/** What a session has learned of the servers it met: it outlives the key that is at work. */
export interface ServerMemory {
  readonly nonces: NonceMemory
  readonly clocks: ClockOffsets
}

/** Nothing is known of any server yet. */
export function emptyMemory(clock: Clock): ServerMemory {
  return { nonces: new NonceMemory(clock), clocks: new ClockOffsets(clock) }
}

/** A DPoP key at work: with the nonces and the clocks of the servers it has met. */
export class DpopSigner {
  readonly key: SigningKey
  readonly memory: ServerMemory
  readonly nonces: NonceMemory
  readonly clocks: ClockOffsets
  readonly #random: Random
  #hashed: { readonly accessToken: string; readonly hash: string } | undefined

  /** @param memory what was learned with this key before. @default nothing */
  constructor(
    key: SigningKey,
    outside: { readonly clock: Clock; readonly random: Random },
    memory: ServerMemory = emptyMemory(outside.clock),
  ) {
    this.key = key
    this.memory = memory
    this.nonces = memory.nonces
    this.clocks = memory.clocks
    this.#random = outside.random
  }

  /** Signs a fresh proof for one sending of a request, with the nonce of its origin where one is known. */
  async proof(request: { method: string; url: string | URL; accessToken?: string | undefined }): Promise<string> {
    const { method, accessToken } = request
    const url = new URL(request.url)
    const tokenHash = accessToken === undefined ? undefined : await this.#hashOf(accessToken)
    return signProof(this.key, {
      method,
      url,
      issuedAt: this.clocks.nowAt(url.origin),
      id: randomText(this.#random),
      nonce: this.nonces.recall(url.origin),
      tokenHash,
    })
  }

  /** The hash of the token at work is kept: making it for each request would take nearly as long as signing. */
  async #hashOf(accessToken: string): Promise<string> {
    const known = this.#hashed
    if (known?.accessToken === accessToken) return known.hash
    const hash = await hashText(accessToken)
    this.#hashed = { accessToken, hash }
    return hash
  }
}
