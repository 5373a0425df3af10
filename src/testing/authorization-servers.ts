import { AuthorizationServer } from './authorization-server/authorization-server.ts'
import { Consent } from './authorization-server/consent.ts'
import { type ServerSession, ServerSessions } from './authorization-server/server-sessions.ts'
import type { ProofChecker } from './proofs.ts'
import type { WireFetch } from './wire.ts'

/** What the authorization servers of a network share. */
export interface AuthorizationServersOptions {
  readonly now: () => number
  readonly proofs: ProofChecker
  readonly lifetimeSeconds: () => number
  /** A PDS behind an entryway only verifies signatures. */
  readonly isStateless: boolean
  /** The fetch of the server at a host. */
  readonly fetchFor: (host: string) => WireFetch
}

/** One authorization server, and the sessions that it keeps. */
export interface AuthorizationServerEntry {
  readonly server: AuthorizationServer
  readonly sessions: ServerSessions
}

/** The authorization servers of a network, by their issuers. */
export class AuthorizationServers {
  readonly #options: AuthorizationServersOptions
  /** All that were ever made, oldest first. */
  readonly #made: ServerSession[] = []
  readonly #entries = new Map<string, AuthorizationServerEntry>()

  constructor(options: AuthorizationServersOptions) {
    this.#options = options
  }

  get(issuer: string): AuthorizationServer | undefined {
    return this.#entries.get(issuer)?.server
  }

  /** The one of an issuer, made where there is none. */
  ensure(issuer: string): AuthorizationServerEntry {
    const known = this.#entries.get(issuer)
    if (known) return known
    const { now, proofs, lifetimeSeconds, isStateless, fetchFor } = this.#options
    const onCreate = (session: ServerSession) => void this.#made.push(session)
    const sessions = new ServerSessions({ issuer, now, lifetimeSeconds, isStateless, onCreate })
    const fetch = fetchFor(new URL(issuer).host)
    const server = new AuthorizationServer({ issuer, now, proofs, sessions, fetch })
    const entry = { server, sessions }
    this.#entries.set(issuer, entry)
    return entry
  }

  /** The consent page that an authorization URL leads to. Throws where it leads nowhere. */
  consentAt(url: URL): Consent {
    for (const { server } of this.#entries.values()) {
      const endpoint = new URL(String(server.metadata['authorization_endpoint']))
      if (endpoint.origin === url.origin) return new Consent(server)
    }
    throw new Error(`no authorization server of this network is at ${url.origin}`)
  }

  /** Those of a DID, oldest first, deleted ones too. */
  sessionsOf(did: string): readonly ServerSession[] {
    return this.#made.filter((session) => session.did === did)
  }

  revokeSessions(did: string): void {
    for (const sessions of this.#sessions()) sessions.revokeAll(did)
  }

  expireAccessTokens(did: string): void {
    for (const sessions of this.#sessions()) sessions.forgetAccessTokens(did)
  }

  /** Ends the session that a refresh token is of. */
  endSessionOf(refreshToken: string): void {
    for (const sessions of this.#sessions()) sessions.endSessionOf(refreshToken)
  }

  /** The session whose access token a request carries. */
  sessionBehind(request: Request): ServerSession | undefined {
    const token = /^DPoP (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    if (token === undefined) return undefined
    for (const sessions of this.#sessions()) {
      const session = sessions.ofAccessToken(token)
      if (session) return session
    }
    return undefined
  }

  #sessions(): ServerSessions[] {
    return [...this.#entries.values()].map(({ sessions }) => sessions)
  }
}
