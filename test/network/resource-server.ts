import type { Directory } from './directory.ts'
import { invalidToken, OAuthError } from './oauth-error.ts'
import type { ProofChecker } from './proofs.ts'
import type { Repositories } from './repositories.ts'
import { protectedResourceMetadata } from './server-metadata.ts'
import type { Json } from './server-metadata.ts'
import type { ServerSession, ServerSessions } from './server-sessions.ts'

/** Who calls, where a DPoP access token proved it. */
export type Caller = Pick<ServerSession, 'did' | 'scope' | 'clientId'>

/** Answers an XRPC method. A Bearer token is left for it to judge. */
export type MethodHandler = (request: Request, caller: Caller | undefined) => Response | Promise<Response>

export interface ResourceServerOptions {
  readonly origin: string
  readonly issuer: string
  readonly proofs: ProofChecker
  readonly sessions: ServerSessions
  readonly directory: Directory
  readonly repositories: Repositories
  /** The methods that a test answers, by NSID. They come before our own. */
  readonly handlers: ReadonlyMap<string, MethodHandler>
}

/** A PDS: its metadata, and XRPC for whoever holds an access token and its key. */
export class ResourceServer {
  readonly metadata: Json
  readonly #options: ResourceServerOptions
  readonly #methods: Readonly<Record<string, { readonly verb: string; readonly answer: MethodHandler }>>

  constructor(options: ResourceServerOptions) {
    this.#options = options
    this.metadata = protectedResourceMetadata(options.origin, options.issuer)
    const { directory, repositories } = options
    this.#methods = {
      'com.atproto.identity.resolveHandle': {
        verb: 'GET',
        answer: (request) => directory.resolveHandle(new URL(request.url).searchParams.get('handle')),
      },
      'com.atproto.server.getSession': {
        verb: 'GET',
        answer: (_, caller) => (caller ? this.#getSession(caller.did) : authMissing()),
      },
      'com.atproto.repo.createRecord': {
        verb: 'POST',
        answer: (request, caller) => (caller ? repositories.create(request, caller.did) : authMissing()),
      },
      'com.atproto.repo.getRecord': {
        verb: 'GET',
        answer: (request) => repositories.get(new URL(request.url).searchParams),
      },
    }
  }

  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/oauth-protected-resource') return Response.json(this.metadata)
    if (!pathname.startsWith('/xrpc/')) return new Response('Not Found', { status: 404 })
    const scheme = /^DPoP (.+)$/i.exec(request.headers.get('authorization') ?? '')
    if (!scheme) return this.#call(request, undefined)
    const response = await this.#callWithToken(request, scheme[1] ?? '')
    const nonce = this.#options.proofs.nextNonce(this.#options.origin)
    return nonce === undefined ? response : withHeader(response, 'dpop-nonce', nonce)
  }

  async #callWithToken(request: Request, token: string): Promise<Response> {
    try {
      const thumbprint = await this.#options.proofs.check(request, token)
      return await this.#call(request, this.#options.sessions.authenticate(token, thumbprint))
    } catch (error) {
      if (error instanceof OAuthError) return challenge(error)
      throw error
    }
  }

  async #call(request: Request, caller: Caller | undefined): Promise<Response> {
    const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    if (bearer !== undefined && this.#options.sessions.isAccessToken(bearer)) {
      return challenge(invalidToken('Access token is bound to a DPoP proof, but token type is Bearer'))
    }
    const nsid = new URL(request.url).pathname.slice('/xrpc/'.length)
    const handler = this.#options.handlers.get(nsid)
    if (handler) return handler(request, caller)
    const method = this.#methods[nsid]
    if (!method) return refuse(501, 'MethodNotImplemented', 'Method Not Implemented')
    if (method.verb === request.method) return method.answer(request, caller)
    return refuse(400, 'InvalidRequest', `Incorrect HTTP method (${request.method}) expected ${method.verb}`)
  }

  #getSession(did: string): Response {
    const handle = this.#options.directory.accounts.get(did)?.handle ?? 'handle.invalid'
    return Response.json({ did, handle, active: true })
  }
}

function challenge(error: OAuthError): Response {
  const headers = { 'www-authenticate': error.challenge }
  return Response.json({ error: error.error, message: error.message }, { status: 401, headers })
}

function authMissing(): Response {
  return refuse(401, 'AuthMissing', 'Authentication Required')
}

function refuse(status: number, error: string, message: string): Response {
  return Response.json({ error, message }, { status })
}

/** A copy, since the headers of a response may not be ours to change. */
export function withHeader(response: Response, name: string, value: string): Response {
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  headers.set(name, value)
  return new Response(response.body, { status, statusText, headers })
}
