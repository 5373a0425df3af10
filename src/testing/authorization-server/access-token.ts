import { base64url } from 'jose'
import { randomHex } from '../random-token.ts'
import type { ServerSession } from './server-sessions.ts'

export interface AccessTokenFacts {
  readonly issuer: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** An access token with the claims of the reference server. Nobody verifies it: what it stands for is looked up. */
export function writeAccessToken(
  session: ServerSession,
  { issuer, issuedAt, expiresAt }: AccessTokenFacts,
): string {
  const claims = {
    jti: randomHex('tok', 16),
    sub: session.did,
    iat: Math.floor(issuedAt / 1000),
    exp: Math.floor(expiresAt / 1000),
    aud: `did:web:${new URL(issuer).hostname}`,
    cnf: { jkt: session.thumbprint },
    client_id: session.clientId,
    iss: issuer,
  }
  const parts = [{ typ: 'at+jwt', alg: 'HS256' }, claims].map((part) => base64url.encode(JSON.stringify(part)))
  return `${parts.join('.')}.${base64url.encode(crypto.getRandomValues(new Uint8Array(32)))}`
}
