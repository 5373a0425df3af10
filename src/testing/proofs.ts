import { NonceSource } from './nonces.ts'
import { OAuthError } from './oauth-error.ts'
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

  /** The thumbprint of the key that signed. */
  async check(request: Request, accessToken?: string): Promise<string> {
    const header = request.headers.get('dpop')
    if (!header) throw new OAuthError(401, 'invalid_dpop_proof', 'DPoP proof required')
    const facts = { method: request.method, url: request.url, now: this.#options.now() }
    const proof = await openProof(header, facts).catch(rejectProof)
    this.#checkNonce(new URL(request.url).origin, proof.payload.nonce)
    await verifyTokenHash(proof, accessToken).catch(rejectProof)
    const { jti = '' } = proof.payload
    if (this.#seen.has(jti)) throw new OAuthError(401, 'invalid_dpop_proof', 'DPoP proof replayed')
    this.#seen.add(jti)
    return proof.thumbprint
  }

  #checkNonce(origin: string, nonce: string | undefined): void {
    if (nonce === undefined && this.#options.noNonces) return
    if (nonce !== undefined && !this.#options.noNonces && this.#source(origin).isFresh(nonce)) return
    const reason =
      nonce === undefined ? 'Authorization server requires nonce in DPoP proof' : 'DPoP nonce mismatch'
    throw new OAuthError(400, 'use_dpop_nonce', reason)
  }

  #source(origin: string): NonceSource {
    const source = this.#nonces.get(origin) ?? new NonceSource(this.#options.trueTime)
    this.#nonces.set(origin, source)
    return source
  }
}

function rejectProof(cause: Error): never {
  throw new OAuthError(401, 'invalid_dpop_proof', `Failed to verify DPoP proof: ${cause.message}`)
}
