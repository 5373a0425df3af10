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

  /** What RFC 9449 §7.1 asks for beside a 401. */
  get challenge(): string {
    return `DPoP error="${this.error}", error_description="${this.message.replace(/["\\]/g, "'")}"`
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

export function invalidToken(description: string): OAuthError {
  return new OAuthError(401, 'invalid_token', description)
}
