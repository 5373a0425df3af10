import { type ClientAuth, findAuthFault } from './client-auth.ts'
import type { Client } from './clients.ts'
import { invalidGrant, invalidToken } from '../oauth-error.ts'
import { randomHex } from '../random-token.ts'
import { writeAccessToken } from './access-token.ts'
import { checkAge, findExpiry } from './session-lifetimes.ts'

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
  readonly client: Client
  readonly scope: string
  readonly auth: ClientAuth
  readonly thumbprint: string
}

/** Who asks, each part of it proved. */
export interface Caller {
  readonly client: Client
  readonly auth: ClientAuth
  readonly thumbprint: string
}

type Mutable = { -readonly [K in keyof ServerSession]: ServerSession[K] } & {
  readonly createdAt: number
  refreshedAt: number
}

export interface ServerSessionsOptions {
  readonly issuer: string
  readonly now: () => number
  /** Of the access tokens that are issued from now on. */
  readonly lifetimeSeconds: () => number
  /** Behind an entryway a PDS only verifies signatures: a token lives to its end, whatever became of the session. */
  readonly isStateless: boolean
  /** Told of each new session. */
  readonly onCreate: (session: ServerSession) => void
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

  create({ client, ...facts }: NewSession): ServerSession {
    const now = this.#options.now()
    const session: Mutable = {
      ...facts,
      clientId: client.id,
      refreshCount: 0,
      deleted: false,
      accessToken: '',
      refreshToken: undefined,
      createdAt: now,
      refreshedAt: now,
    }
    this.#issue(session, client)
    this.#all.push(session)
    this.#options.onCreate(session)
    return session
  }

  /** Turns a refresh token into new tokens, once; whoever asks with anything wrong ends the session. */
  refresh(token: string, caller: Caller): ServerSession {
    const session = this.#refreshTokens.get(token)
    if (!session || session.deleted) throw invalidGrant('Invalid refresh token')
    try {
      if (session.refreshToken !== token) throw invalidGrant('Refresh token replayed')
      this.#checkCaller(session, caller)
      checkAge(session, caller.client, this.#options.now())
      this.#issue(session, caller.client)
    } catch (error) {
      session.deleted = true
      throw error
    }
    session.auth = caller.auth
    session.refreshCount += 1
    return session
  }

  #checkCaller(session: ServerSession, { client, auth, thumbprint }: Caller): void {
    if (session.clientId !== client.id) throw invalidGrant('Token was not issued to this client')
    if (session.thumbprint !== thumbprint) throw invalidGrant('DPoP proof does not match the expected JKT')
    const fault = findAuthFault(session.auth, auth)
    if (fault !== undefined) throw invalidGrant(fault)
  }

  /** Any refresh token of the chain, or the access token in use, from whom it was issued to; anything else does nothing. */
  revoke(token: string, caller: Caller): void {
    const access = this.#accessTokens.get(token)?.session
    const session = this.#refreshTokens.get(token) ?? (access?.accessToken === token ? access : undefined)
    if (!session) return
    this.#checkCaller(session, caller)
    session.deleted = true
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

  /** How long the access token of a session has left, in whole seconds. */
  secondsLeft(session: ServerSession): number {
    const expiresAt = this.#accessTokens.get(session.accessToken)?.expiresAt ?? 0
    return Math.floor((expiresAt - this.#options.now()) / 1000)
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

  #issue(session: Mutable, client: Client): void {
    const { issuer, lifetimeSeconds } = this.#options
    const now = this.#options.now()
    const expiresAt = findExpiry(session, client, { now, lifetimeMs: lifetimeSeconds() * 1000 })
    session.accessToken = writeAccessToken(session, { issuer, issuedAt: now, expiresAt })
    this.#accessTokens.set(session.accessToken, { session, expiresAt })
    session.refreshedAt = now
    if (!client.grantTypes.includes('refresh_token')) return
    session.refreshToken = randomHex('ref', 32)
    this.#refreshTokens.set(session.refreshToken, session)
  }
}
