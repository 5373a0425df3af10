import type { ServerSessions } from '../authorization-server/server-sessions.ts'
import { OAuthError } from '../oauth-error.ts'
import type { ProofChecker } from '../proofs.ts'
import type { Caller } from './method.ts'
import type { PasswordClaims, PasswordSessions } from './password-sessions.ts'
import { Permissions } from './permissions.ts'
import { invalidToken, XrpcRefusal } from './xrpc-refusal.ts'

/** A caller, and what its session may do. */
export interface SignedIn extends Caller {
  readonly permissions: Permissions
  /** Signed in with `allowTakendown`, to an account that was taken down. */
  readonly isTakenDown: boolean
}

export interface AuthenticationOptions {
  readonly origin: string
  readonly proofs: ProofChecker
  /** OAuth sessions, those of the authorization server. */
  readonly sessions: Pick<ServerSessions, 'authenticate' | 'isAccessToken'>
  readonly passwords: PasswordSessions
}

/** Which refusals an endpoint knows. */
export interface AccountOptions {
  /** Takes the tokens of an account that was taken down. @default false */
  readonly allowsTakenDown?: boolean
}

const SCHEMES: ReadonlySet<string> = new Set(['basic', 'bearer', 'dpop'])

interface Credentials {
  readonly scheme: string
  readonly token: string
}

/** Finds out who calls, and writes into the answer's headers what the reference server does on the way. */
export class Authentication {
  readonly #options: AuthenticationOptions

  constructor(options: AuthenticationOptions) {
    this.#options = options
  }

  /** An account by its OAuth or password session. @throws XrpcRefusal 401 for nobody, and for a bad token */
  async account(request: Request, headers: Headers, options: AccountOptions = {}): Promise<SignedIn> {
    const { scheme, token } = readCredentials(request) ?? { scheme: 'none', token: '' }
    markPrivate(headers)
    switch (scheme) {
      case 'dpop':
        return this.#proveToken(request, token, headers)
      case 'bearer':
        return this.#openToken(token, options)
      case 'none':
        throw authMissing()
      default:
        throw invalidToken('Unexpected authorization type')
    }
  }

  /** Whoever shows a token; undefined for whoever shows none. */
  async anyone(request: Request, headers: Headers): Promise<SignedIn | undefined> {
    const credentials = readCredentials(request)
    if (credentials && credentials.scheme !== 'basic') {
      return this.account(request, headers, { allowsTakenDown: true })
    }
    markPrivate(headers)
    return undefined
  }

  /** The holder of a refresh token of a password session. */
  async refresher(
    request: Request,
    headers: Headers,
    options: { readonly allowExpired?: boolean } = {},
  ): Promise<PasswordClaims> {
    markPrivate(headers)
    const credentials = readCredentials(request)
    if (credentials?.scheme !== 'bearer') throw authMissing()
    return this.#options.passwords.verify(credentials.token, 'refresh+jwt', options)
  }

  /** A nonce that is good as the answer leaves: those from before it may have been made stale on the way. */
  renewNonce(headers: Headers): void {
    const nonce = headers.has('dpop-nonce') && this.#options.proofs.nextNonce(this.#options.origin)
    if (nonce) headers.set('dpop-nonce', nonce)
  }

  async #proveToken(request: Request, token: string, headers: Headers): Promise<SignedIn> {
    const { proofs, sessions, origin } = this.#options
    try {
      // A token that is none is told before a proof that is missing.
      const thumbprint = sessions.isAccessToken(token)
        ? await proofs.check(request, token)
        : await proofs.read(request, token)
      const { did, scope, clientId } = sessions.authenticate(token, thumbprint ?? '')
      if (!scope.split(' ').includes('atproto')) {
        throw invalidToken('OAuth token does not have "atproto" scope')
      }
      return { did, scope, clientId, permissions: Permissions.ofScope(scope), isTakenDown: false }
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      headers.set('www-authenticate', error.challenge)
      throw new XrpcRefusal(401, error.error, error.message)
    } finally {
      const nonce = proofs.nextNonce(origin)
      const exposed = [nonce && 'DPoP-Nonce', headers.has('www-authenticate') && 'WWW-Authenticate']
      if (nonce !== undefined) headers.set('dpop-nonce', nonce)
      for (const name of exposed) if (name) headers.append('access-control-expose-headers', name)
    }
  }

  async #openToken(token: string, { allowsTakenDown = false }: AccountOptions): Promise<SignedIn> {
    const { sessions, passwords } = this.#options
    if (sessions.isAccessToken(token)) throw invalidToken('Malformed token')
    const { did, scope } = await passwords.verify(token, 'at+jwt')
    const isTakenDown = scope === 'com.atproto.takendown'
    if (isTakenDown && !allowsTakenDown) throw invalidToken('Bad token scope')
    return { did, scope, clientId: undefined, permissions: Permissions.full(), isTakenDown }
  }
}

function readCredentials(request: Request): Credentials | undefined {
  const header = request.headers.get('authorization')
  if (!header) return undefined
  const [name = '', token, ...more] = header.split(' ')
  if (token === undefined || more.length > 0) throw invalidToken('Malformed authorization header')
  const scheme = name.toLowerCase()
  if (SCHEMES.has(scheme)) return { scheme, token }
  throw invalidToken(`Unsupported authorization type: ${name}`)
}

function markPrivate(headers: Headers): void {
  headers.set('cache-control', 'private')
  headers.set('vary', 'Authorization')
}

function authMissing(): XrpcRefusal {
  return new XrpcRefusal(401, 'AuthMissing', 'Authentication Required')
}
