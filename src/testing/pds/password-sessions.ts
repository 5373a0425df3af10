import { base64url, errors, jwtVerify, SignJWT } from 'jose'
import { invalidToken, XrpcRefusal } from './xrpc-refusal.ts'

const HOUR_SECONDS = 3600
const ACCESS_SECONDS = 2 * HOUR_SECONDS
const REFRESH_SECONDS = 90 * 24 * HOUR_SECONDS
/** A used refresh token works for a while, so that a client that lost the answer can ask again. */
const GRACE_MS = 2 * HOUR_SECONDS * 1000

/** What a password session is allowed: `com.atproto.takendown` is that of an account which was taken down. */
export type PasswordScope = 'com.atproto.access' | 'com.atproto.takendown'

export interface PasswordTokens {
  readonly accessJwt: string
  readonly refreshJwt: string
}

/** What a JWT of ours says once it is verified. */
export interface PasswordClaims {
  readonly did: string
  readonly scope: string
  readonly jti: string | undefined
}

interface RefreshRecord {
  readonly did: string
  endsAt: number
  nextId: string | undefined
}

/** Sessions that a password began: access tokens are known by their signature alone, refresh tokens are kept. */
export class PasswordSessions {
  readonly #audience: string
  readonly #now: () => number
  readonly #secret = crypto.getRandomValues(new Uint8Array(32))
  readonly #refreshTokens = new Map<string, RefreshRecord>()

  /** @param audience the DID of the server */
  constructor(audience: string, now: () => number) {
    this.#audience = audience
    this.#now = now
  }

  /** The session of an account that was taken down cannot be refreshed. */
  async create(did: string, scope: PasswordScope): Promise<PasswordTokens> {
    const id = newId()
    if (scope === 'com.atproto.access') this.#keep(id, did)
    return this.#sign(did, scope, id)
  }

  /** The next tokens; asked again within two hours, tokens of the same next session. */
  async refresh(id: string): Promise<PasswordTokens> {
    const record = this.#refreshTokens.get(id)
    const now = this.#now()
    if (!record || record.endsAt <= now) throw new XrpcRefusal(400, 'ExpiredToken', 'Token has been revoked')
    record.endsAt = Math.min(record.endsAt, now + GRACE_MS)
    record.nextId ??= newId()
    if (!this.#refreshTokens.has(record.nextId)) this.#keep(record.nextId, record.did)
    return this.#sign(record.did, 'com.atproto.access', record.nextId)
  }

  revoke(id: string): void {
    this.#refreshTokens.delete(id)
  }

  revokeAll(did: string): void {
    for (const [id, record] of this.#refreshTokens) if (record.did === did) this.#refreshTokens.delete(id)
  }

  /**
   * @param typ `at+jwt`, `refresh+jwt`
   * @throws XrpcRefusal ExpiredToken, InvalidToken
   */
  async verify(
    token: string,
    typ: string,
    options: { readonly allowExpired?: boolean } = {},
  ): Promise<PasswordClaims> {
    const currentDate = new Date(this.#now())
    const clockTolerance = options.allowExpired ? Number.MAX_SAFE_INTEGER : 0
    const expected = { typ, audience: this.#audience, currentDate, clockTolerance }
    const { payload } = await jwtVerify(token, this.#secret, expected).catch((error: unknown) => {
      if (error instanceof errors.JWTExpired) throw new XrpcRefusal(400, 'ExpiredToken', 'Token has expired')
      throw invalidToken('Token could not be verified')
    })
    const { sub = '', scope, jti } = payload
    return { did: sub, scope: String(scope), jti }
  }

  #keep(id: string, did: string): void {
    this.#refreshTokens.set(id, { did, endsAt: this.#now() + REFRESH_SECONDS * 1000, nextId: undefined })
  }

  async #sign(did: string, scope: PasswordScope, jti: string): Promise<PasswordTokens> {
    const [accessJwt, refreshJwt] = await Promise.all([
      this.#signToken('at+jwt', ACCESS_SECONDS, { scope, sub: did }),
      this.#signToken('refresh+jwt', REFRESH_SECONDS, { scope: 'com.atproto.refresh', sub: did, jti }),
    ])
    return { accessJwt, refreshJwt }
  }

  #signToken(typ: string, lifetime: number, claims: Record<string, string>): Promise<string> {
    const iat = Math.floor(this.#now() / 1000)
    return new SignJWT({ ...claims, aud: this.#audience, iat, exp: iat + lifetime })
      .setProtectedHeader({ typ, alg: 'HS256' })
      .sign(this.#secret)
  }
}

function newId(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)))
}
