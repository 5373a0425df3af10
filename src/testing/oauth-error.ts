import { SIGNING_ALGORITHMS } from './signing-algorithms.ts'

/** A refusal in the words of the wire: how it is told differs between the servers. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly status: number
  readonly error: string

  constructor(status: number, error: string, description: string) {
    super(description)
    this.status = status
    this.error = error
  }

  /** What RFC 9449 §7.1 asks for beside a 401. As the reference server: a quote is not escaped, its text is left out. */
  get challenge(): string {
    const params = [`algs="${SIGNING_ALGORITHMS.join(' ')}"`, `error="${this.error}"`]
    if (!this.message.includes('"')) params.push(`error_description="${this.message}"`)
    return `DPoP ${params.join(', ')}`
  }
}

export function invalidGrant(description: string): OAuthError {
  return new OAuthError(400, 'invalid_grant', description)
}

export function invalidRequest(description: string): OAuthError {
  return new OAuthError(400, 'invalid_request', description)
}

export function invalidClient(description: string): OAuthError {
  return new OAuthError(400, 'invalid_client', description)
}

export function invalidScope(description: string): OAuthError {
  return new OAuthError(400, 'invalid_scope', description)
}

export function invalidToken(description: string): OAuthError {
  return new OAuthError(401, 'invalid_token', description)
}

export function invalidProof(description: string): OAuthError {
  return new OAuthError(401, 'invalid_dpop_proof', description)
}
