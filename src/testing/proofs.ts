import { NonceSource } from './nonces.ts'
import { invalidProof, OAuthError } from './oauth-error.ts'
import { openProof, verifyTokenHash } from './verify-proof.ts'

export interface ProofCheckerOptions {
  /** The servers' clock. */
  readonly now: () => number
  /** The same without its offset: nonces age by it. */
  readonly trueTime: () => number
  readonly noNonces: boolean
}

/** Checks the DPoP proof of a request in the reference server's order: proof, nonce, token hash, replay. */
export class ProofChecker {
  readonly #options: ProofCheckerOptions
  readonly #nonces = new Map<string, NonceSource>()
  readonly #seen = new Set<string>()

  constructor(options: ProofCheckerOptions) {
    this.#options = options
  }

  /** The nonce that the next response of a server carries. */
  nextNonce(origin: string): string | undefined {
    return this.#options.noNonces ? undefined : this.#source(origin).next()
  }

  rotate(): void {
    for (const source of this.#nonces.values()) source.rotate()
  }

  /** The thumbprint of the key that signed. Refuses a request without a proof. */
  async check(request: Request, accessToken?: string): Promise<string> {
    const thumbprint = await this.read(request, accessToken)
    if (thumbprint === undefined) throw invalidProof('DPoP proof required')
    return thumbprint
  }

  /** The thumbprint of the key that signed; undefined where there is no proof. Refuses a proof that is not right. */
  async read(request: Request, accessToken?: string): Promise<string | undefined> {
    const header = request.headers.get('dpop')
    if (header === null) return undefined
    if (header === '') throw invalidProof('DPoP header cannot be empty')
    const facts = { method: request.method, url: request.url, now: this.#options.now() }
    const proof = await openProof(header, facts).catch(rejectProof)
    this.#checkNonce(new URL(request.url).origin, proof.payload.nonce)
    await verifyTokenHash(proof, accessToken).catch(rejectProof)
    const { jti = '' } = proof.payload
    // Only a proof that is right in all else uses its jti up.
    if (this.#seen.has(jti)) throw invalidProof('DPoP proof replayed')
    this.#seen.add(jti)
    return proof.thumbprint
  }

  #checkNonce(origin: string, nonce: string | undefined): void {
    const { noNonces } = this.#options
    if (!nonce && noNonces) return
    if (!nonce) throw useNonce('Authorization server requires nonce in DPoP proof')
    if (noNonces || !this.#source(origin).isFresh(nonce)) throw useNonce('DPoP "nonce" mismatch')
  }

  #source(origin: string): NonceSource {
    const source = this.#nonces.get(origin) ?? new NonceSource(this.#options.trueTime)
    this.#nonces.set(origin, source)
    return source
  }
}

function useNonce(description: string): OAuthError {
  return new OAuthError(400, 'use_dpop_nonce', description)
}

function rejectProof(cause: Error): never {
  throw invalidProof(cause.message)
}
