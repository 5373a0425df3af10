import type { ClientAuth } from './client-auth.ts'
import { invalidGrant, invalidToken } from '../oauth-error.ts'
import { randomToken } from '../random-token.ts'

const DAY_MS = 86_400_000

/** A session as the authorization server keeps it. */
export interface ServerSession {
  readonly did: string
  readonly clientId: string
  readonly scope: string
  readonly auth: ClientAuth
  /** Of the DPoP key that it is bound to. */
  readonly thumbprint: string
  readonly refreshCount: number
  readonly deleted: boolean
  readonly accessToken: string
  readonly refreshToken: string | undefined
}

export interface NewSession {
  readonly did: string
  readonly clientId: string
  readonly scope: string
  readonly auth: ClientAuth
  readonly thumbprint: string
  readonly mayRefresh: boolean
}

/** Who asks for a refresh, each part of it proved. */
export interface Refresher {
  readonly clientId: string
  readonly auth: ClientAuth
  readonly thumbprint: string
  readonly isSameAuth: (a: ClientAuth, b: ClientAuth) => boolean
}

type Mutable = { -readonly [K in keyof ServerSession]: ServerSession[K] } & {
  endsAt: number
  refreshEndsAt: number
}

export interface ServerSessionsOptions {
  readonly now: () => number
  /** Of the access tokens that are issued from now on. */
  readonly lifetimeSeconds: () => number
  /** Behind an entryway a PDS only verifies signatures: a token lives to its end, whatever became of the session. */
  readonly isStateless: boolean
}

/** Every session and token of the network. Nothing here waits, so each step is one transaction. */
export class ServerSessions {
  readonly #options: ServerSessionsOptions
  readonly #all: Mutable[] = []
  readonly #refreshTokens = new Map<string, Mutable>()
  readonly #accessTokens = new Map<string, { session: Mutable; expiresAt: number }>()

  constructor(options: ServerSessionsOptions) {
    this.#options = options
  }

  /** All sessions of an account, oldest first, deleted ones too. */
  of(did: string): readonly ServerSession[] {
    return this.#all.filter((session) => session.did === did)
  }

  create({ mayRefresh, ...facts }: NewSession): ServerSession {
    const endsAt = this.#options.now() + (facts.auth.method === 'none' ? 14 : 730) * DAY_MS
    const session: Mutable = {
      ...facts,
      refreshCount: 0,
      deleted: false,
      accessToken: '',
      refreshToken: undefined,
      endsAt,
      refreshEndsAt: endsAt,
    }
    this.#all.push(session)
    this.#issue(session, mayRefresh)
    return session
  }

  /** Turns a refresh token into new tokens, once; whoever asks with anything wrong ends the session. */
  refresh(token: string, refresher: Refresher): ServerSession {
    const session = this.#refreshTokens.get(token)
    if (!session || session.deleted) throw invalidGrant('Invalid refresh token')
    const fault = this.#findFault(session, token, refresher)
    if (fault) {
      session.deleted = true
      throw invalidGrant(fault)
    }
    session.refreshCount += 1
    this.#issue(session, true)
    return session
  }

  #findFault(session: Mutable, token: string, refresher: Refresher): string | undefined {
    if (session.clientId !== refresher.clientId) return 'Token was not issued to this client'
    if (!refresher.isSameAuth(session.auth, refresher.auth)) return 'Client authentication mismatch'
    if (session.thumbprint !== refresher.thumbprint) return 'DPoP key mismatch'
    if (session.refreshToken !== token) return 'Refresh token replayed'
    if (this.#options.now() >= Math.min(session.endsAt, session.refreshEndsAt)) return 'Session expired'
    return undefined
  }

  /** Any refresh token of the chain, or the access token in use, with the right key; anything else does nothing. */
  revoke(token: string, thumbprint: string): void {
    const access = this.#accessTokens.get(token)?.session
    const session = this.#refreshTokens.get(token) ?? (access?.accessToken === token ? access : undefined)
    if (session?.thumbprint === thumbprint) session.deleted = true
  }

  revokeAll(did: string): void {
    for (const each of this.#all) if (each.did === did) each.deleted = true
  }

  /** Ends the session that a refresh token is of, spent or not. */
  endSessionOf(refreshToken: string): void {
    const session = this.#refreshTokens.get(refreshToken)
    if (session) session.deleted = true
  }

  /** The session that an access token was issued for, whatever became of both. */
  ofAccessToken(token: string): ServerSession | undefined {
    return this.#accessTokens.get(token)?.session
  }

  delete(session: ServerSession): void {
    for (const each of this.#all) if (each === session) each.deleted = true
  }

  /** The session that an access token stands for. */
  authenticate(token: string, thumbprint: string): ServerSession {
    const known = this.#accessTokens.get(token)
    if (!known) throw invalidToken('Invalid token')
    if (known.session.thumbprint !== thumbprint) throw invalidToken('Invalid DPoP key binding')
    if (this.#options.now() >= known.expiresAt) throw invalidToken('"exp" claim timestamp check failed')
    const isCurrent = known.session.accessToken === token && !known.session.deleted
    if (!isCurrent && !this.#options.isStateless) throw invalidToken('Invalid token')
    return known.session
  }

  get lifetimeSeconds(): number {
    return this.#options.lifetimeSeconds()
  }

  isAccessToken(token: string): boolean {
    return this.#accessTokens.has(token)
  }

  /** The servers forget the access tokens of an account; its sessions and refresh tokens live on. */
  forgetAccessTokens(did: string): void {
    for (const [token, { session }] of this.#accessTokens) {
      if (session.did === did) this.#accessTokens.delete(token)
    }
  }

  #issue(session: Mutable, mayRefresh: boolean): void {
    const now = this.#options.now()
    session.accessToken = randomToken('access')
    const expiresAt = now + this.lifetimeSeconds * 1000
    this.#accessTokens.set(session.accessToken, { session, expiresAt })
    if (!mayRefresh) return
    session.refreshToken = randomToken('refresh')
    session.refreshEndsAt = now + (session.auth.method === 'none' ? 14 : 90) * DAY_MS
    this.#refreshTokens.set(session.refreshToken, session)
  }
}
