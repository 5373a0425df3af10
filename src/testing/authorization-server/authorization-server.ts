import { authenticateClient, isSameAuth } from './client-auth.ts'
import type { ClientAuth } from './client-auth.ts'
import { findClient } from './clients.ts'
import type { Client } from './clients.ts'
import { invalidGrant, invalidRequest, OAuthError } from '../oauth-error.ts'
import type { ProofChecker } from '../proofs.ts'
import { PushedRequests } from './pushed-requests.ts'
import type { Grant } from './pushed-requests.ts'
import { authorizationServerMetadata, type Json } from '../server-metadata.ts'
import type { WireFetch } from '../wire.ts'
import type { ServerSession, ServerSessions } from './server-sessions.ts'
import { hashBase64url } from '../hash.ts'

/** What an endpoint is given: the form, and the thumbprint of the key that proved it. */
type Endpoint = (form: URLSearchParams, thumbprint: string) => Promise<Response>

export interface AuthorizationServerOptions {
  readonly issuer: string
  readonly now: () => number
  readonly proofs: ProofChecker
  readonly sessions: ServerSessions
  /** Fetches client metadata documents and key sets, as this server. */
  readonly fetch: WireFetch
}

/** The authorization server: metadata, pushed requests, tokens, revocation. */
export class AuthorizationServer {
  readonly metadata: Json
  readonly requests: PushedRequests
  readonly #options: AuthorizationServerOptions
  readonly #endpoints: Readonly<Record<string, Endpoint>>
  readonly #assertions = new Set<string>()
  /** What became of each code that was used; `undefined` where no session came of it. */
  readonly #usedCodes = new Map<string, ServerSession | undefined>()

  constructor(options: AuthorizationServerOptions) {
    this.#options = options
    this.metadata = authorizationServerMetadata(options.issuer)
    this.requests = new PushedRequests(options.now)
    this.#endpoints = {
      '/oauth/par': (form, thumbprint) => this.#push(form, thumbprint),
      '/oauth/token': (form, thumbprint) => this.#token(form, thumbprint),
      '/oauth/revoke': (form, thumbprint) => this.#revoke(form, thumbprint),
    }
  }

  /** Undefined for a path that is not of an authorization server. */
  async handle(request: Request): Promise<Response | undefined> {
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/oauth-authorization-server') return Response.json(this.metadata)
    const endpoint = this.#endpoints[pathname]
    if (!endpoint) return undefined
    if (request.method !== 'POST') return new Response(null, { status: 405 })
    const response = await this.#answer(request, endpoint)
    const nonce = this.#options.proofs.nextNonce(this.#options.issuer)
    if (nonce !== undefined) response.headers.set('dpop-nonce', nonce)
    response.headers.set('cache-control', 'no-store')
    return response
  }

  async #answer(request: Request, endpoint: Endpoint): Promise<Response> {
    try {
      const form = await readForm(request)
      const thumbprint = await this.#options.proofs.check(request)
      return await endpoint(form, thumbprint)
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      const headers = error.status === 401 ? { 'www-authenticate': error.challenge } : undefined
      const body = { error: error.error, error_description: error.message }
      return Response.json(body, { status: error.status, ...(headers && { headers }) })
    }
  }

  async #push(form: URLSearchParams, thumbprint: string): Promise<Response> {
    const { client, auth } = await this.#authenticate(form)
    return Response.json(this.requests.push(client, auth, thumbprint, form), { status: 201 })
  }

  async #token(form: URLSearchParams, thumbprint: string): Promise<Response> {
    // Measured: a token request without its client is an invalid grant, and ends nothing.
    if (!form.get('client_id')) throw invalidGrant('client_id is required')
    const { client, auth } = await this.#authenticate(form)
    const challenge = await hashBase64url(form.get('code_verifier') ?? '')
    // From here on nothing waits: consuming a token and issuing the next is one step.
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return this.#answerTokens(this.#exchange(form, { client, auth, thumbprint, challenge }))
      case 'refresh_token': {
        const refresher = { clientId: client.id, auth, thumbprint, isSameAuth }
        return this.#answerTokens(this.#options.sessions.refresh(form.get('refresh_token') ?? '', refresher))
      }
      default:
        throw invalidGrant('Unsupported grant_type')
    }
  }

  #exchange(form: URLSearchParams, caller: Caller): ServerSession {
    const code = form.get('code') ?? ''
    if (this.#usedCodes.has(code)) {
      const session = this.#usedCodes.get(code)
      if (session) this.#options.sessions.delete(session)
      throw invalidGrant('Code replayed')
    }
    const grant = this.requests.consume(code)
    if (!grant) throw invalidGrant('Invalid code')
    this.#usedCodes.set(code, undefined)
    const mismatch = findMismatch(grant, form, caller)
    if (mismatch) throw invalidGrant(mismatch)
    const { client, auth, thumbprint } = caller
    const { did, scope } = grant
    const facts = { did, scope, clientId: client.id, auth, thumbprint, mayRefresh: client.mayRefresh }
    const session = this.#options.sessions.create(facts)
    this.#usedCodes.set(code, session)
    return session
  }

  async #revoke(form: URLSearchParams, thumbprint: string): Promise<Response> {
    if (!form.get('token')) throw invalidRequest('token is required')
    try {
      await this.#authenticate(form)
      this.#options.sessions.revoke(form.get('token') ?? '', thumbprint)
    } catch (error) {
      // RFC 7009 §2.2: a token that cannot be revoked is no error to the client.
      if (!(error instanceof OAuthError)) throw error
    }
    return Response.json({})
  }

  async #authenticate(form: URLSearchParams): Promise<{ client: Client; auth: ClientAuth }> {
    const { issuer, now, fetch } = this.#options
    const client = await findClient(form.get('client_id') ?? '', fetch)
    const auth = await authenticateClient(client, form, { issuer, now: now(), seen: this.#assertions })
    return { client, auth }
  }

  #answerTokens(session: ServerSession): Response {
    const json = {
      access_token: session.accessToken,
      token_type: 'DPoP',
      ...(session.refreshToken !== undefined && { refresh_token: session.refreshToken }),
      scope: session.scope,
      expires_in: this.#options.sessions.lifetimeSeconds,
      sub: session.did,
    }
    return Response.json(json)
  }
}

interface Caller {
  readonly client: Client
  readonly auth: ClientAuth
  readonly thumbprint: string
  readonly challenge: string
}

function findMismatch({ request }: Grant, form: URLSearchParams, caller: Caller): string | undefined {
  if (request.client.id !== caller.client.id) return 'Code was not issued to this client'
  if (!isSameAuth(request.auth, caller.auth)) return 'Client authentication mismatch'
  if (request.thumbprint !== caller.thumbprint) return 'DPoP key mismatch'
  if (request.params.get('redirect_uri') !== form.get('redirect_uri')) return 'redirect_uri mismatch'
  if (!/^[\w.~-]{43,128}$/.test(form.get('code_verifier') ?? '')) return 'Invalid code_verifier'
  if (request.params.get('code_challenge') !== caller.challenge) return 'code_verifier mismatch'
  return undefined
}

async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) throw invalidRequest('not form-urlencoded')
  const form = new URLSearchParams(await request.text())
  for (const name of form.keys()) if (form.getAll(name).length > 1) throw invalidRequest(`${name} is given twice`)
  return form
}
