import { copyResponse } from '../copy-response.ts'
import type { Directory } from '../directory.ts'
import { invalidToken, OAuthError } from '../oauth-error.ts'
import type { ProofChecker } from '../proofs.ts'
import { type Json, protectedResourceMetadata } from '../server-metadata.ts'
import type { ServerSessions } from '../authorization-server/server-sessions.ts'
import { type Caller, type MethodHandler, type Methods, respondWith } from './method.ts'
import { repoMethods } from './repo-methods.ts'
import type { Repositories } from './repositories.ts'
import { serverMethods } from './server-methods.ts'
import { XrpcRefusal } from './xrpc-refusal.ts'

/** What a PDS is made of. What several of them share comes from outside. */
export interface PdsOptions {
  readonly origin: string
  readonly issuer: string
  readonly proofs: ProofChecker
  /** Those of its authorization server. */
  readonly sessions: ServerSessions
  readonly directory: Directory
  readonly repositories: Repositories
  /** The methods that a test answers, by NSID. They come before our own. */
  readonly handlers: ReadonlyMap<string, MethodHandler>
}

/** A PDS: its metadata, and XRPC for whoever holds an access token and its key. */
export class Pds {
  readonly origin: string
  readonly issuer: string
  readonly metadata: Json
  readonly #options: PdsOptions
  readonly #methods: Methods

  constructor(options: PdsOptions) {
    this.#options = options
    this.origin = options.origin
    this.issuer = options.issuer
    this.metadata = protectedResourceMetadata(options.origin, options.issuer)
    this.#methods = { ...serverMethods(options), ...repoMethods(options) }
  }

  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/oauth-protected-resource') return Response.json(this.metadata)
    if (!pathname.startsWith('/xrpc/')) return new Response('Not Found', { status: 404 })
    const scheme = /^DPoP (.+)$/i.exec(request.headers.get('authorization') ?? '')
    if (!scheme) return this.#call(request, undefined)
    const response = copyResponse(await this.#callWithToken(request, scheme[1] ?? ''))
    const nonce = this.#options.proofs.nextNonce(this.#options.origin)
    if (nonce !== undefined) response.headers.set('dpop-nonce', nonce)
    return response
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
    const { pathname, searchParams } = new URL(request.url)
    const nsid = pathname.slice('/xrpc/'.length)
    try {
      const handler = this.#options.handlers.get(nsid)
      if (handler) return await respondWith(handler(request, caller))
      const method = this.#methods[nsid]
      if (!method) throw new XrpcRefusal(501, 'MethodNotImplemented', 'Method Not Implemented')
      if (method.verb !== request.method) {
        const message = `Incorrect HTTP method (${request.method}) expected ${method.verb}`
        throw new XrpcRefusal(400, 'InvalidRequest', message)
      }
      return await respondWith(method.answer({ request, params: searchParams, caller }))
    } catch (error) {
      if (error instanceof XrpcRefusal) return error.toResponse()
      throw error
    }
  }
}

function challenge(error: OAuthError): Response {
  const headers = { 'www-authenticate': error.challenge }
  return Response.json({ error: error.error, message: error.message }, { status: 401, headers })
}
