const SERVER = '/xrpc/com.atproto.server.'

export const CREATE = `${SERVER}createSession`
export const REFRESH = `${SERVER}refreshSession`
export const DELETE = `${SERVER}deleteSession`

/** Where servers hand out tokens. */
export const TOKEN_PATHS: ReadonlySet<string> = new Set(['/oauth/token', CREATE, REFRESH])
/** Where they take them back. */
export const REVOCATION_PATHS: ReadonlySet<string> = new Set(['/oauth/revoke', DELETE])

/** The token that a request is authorised by: that of a password session, where it is about the session itself. */
export function bearerOf(headers: Headers): string {
  return /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1] ?? ''
}
