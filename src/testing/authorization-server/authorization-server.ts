import {
  invalidClient,
  invalidGrant,
  invalidProof,
  invalidRequest,
  invalidToken,
  OAuthError,
} from '../oauth-error.ts'
import type { ProofChecker } from '../proofs.ts'
import { authorizationServerMetadata, type Json } from '../server-metadata.ts'
import type { WireFetch } from '../wire.ts'
import { checkAuthorizationRequest, parseAuthorizationRequest } from './authorization-request.ts'
import { authenticateClient, type ClientAuth, type Credentials, parseCredentials } from './client-auth.ts'
import { type Client, Clients } from './clients.ts'
import { CodeExchange } from './code-exchange.ts'
import { addEndpointHeaders, answerDocument, answerPreflight } from './oauth-headers.ts'
import { PushedRequests } from './pushed-requests.ts'
import { type Parameters, readBody } from './read-body.ts'
import type { Caller, ServerSession, ServerSessions } from './server-sessions.ts'
import { checkShape, parseRevocation, parseTokenRequest } from './token-requests.ts'

/** What an endpoint is given: the parameters, and the check of the proof, which comes after they were read. */
type Endpoint = (body: Parameters, prove: () => Promise<string | undefined>) => Promise<Response>

export interface AuthorizationServerOptions {
  readonly issuer: string
  readonly now: () => number
  readonly proofs: ProofChecker
  readonly sessions: ServerSessions
  /** Fetches client metadata documents and key sets, as this server. */
  readonly fetch: WireFetch
}

/** The authorization server: metadata, pushed requests, tokens, revocation. In all the order of the reference server. */
export class AuthorizationServer {
  readonly metadata: Json
  readonly requests: PushedRequests
  readonly #options: AuthorizationServerOptions
  readonly #clients: Clients
  readonly #codes: CodeExchange
  readonly #documents: Readonly<Record<string, () => object>>
  readonly #endpoints: Readonly<Record<string, Endpoint>>
  readonly #assertions = new Set<string>()

  constructor(options: AuthorizationServerOptions) {
    this.#options = options
    this.metadata = authorizationServerMetadata(options.issuer)
    this.requests = new PushedRequests(options.now)
    this.#clients = new Clients(options)
    this.#codes = new CodeExchange(this.requests, options.sessions)
    this.#documents = {
      '/.well-known/oauth-authorization-server': () => this.metadata,
      '/oauth/jwks': () => ({ keys: [] }),
    }
    this.#endpoints = {
      '/oauth/par': (body, prove) => this.#push(body, prove),
      '/oauth/token': (body, prove) => this.#token(body, prove),
      '/oauth/revoke': (body, prove) => this.#revoke(body, prove),
    }
  }

  /** Says that a PDS takes tokens of this server (RFC 9728 §4). */
  addResource(origin: string): void {
    const listed = this.metadata['protected_resources']
    this.metadata['protected_resources'] = [...(Array.isArray(listed) ? listed : []), origin]
  }

  /** Undefined for a path that is not of an authorization server. */
  async handle(request: Request): Promise<Response | undefined> {
    const { pathname } = new URL(request.url)
    const [document, endpoint] = [this.#documents[pathname], this.#endpoints[pathname]]
    if (request.method === 'OPTIONS' && (document ?? endpoint)) return answerPreflight()
    if (document && request.method === 'GET') return answerDocument(document())
    if (endpoint && request.method === 'POST') {
      const nonce = this.#options.proofs.nextNonce(this.#options.issuer)
      return addEndpointHeaders(await this.#answer(request, endpoint), nonce)
    }
    // RFC 9126 §2.3 asks for it there.
    return pathname === '/oauth/par' ? new Response(null, { status: 405 }) : undefined
  }

  async #answer(request: Request, endpoint: Endpoint): Promise<Response> {
    try {
      return await endpoint(await readBody(request), () => this.#options.proofs.read(request))
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      const headers: Record<string, string> = error.status === 401 ? { 'www-authenticate': error.challenge } : {}
      const body = { error: error.error, error_description: error.message }
      return Response.json(body, { status: error.status, headers })
    }
  }

  async #push(body: Parameters, prove: () => Promise<string | undefined>): Promise<Response> {
    const credentials = parseCredentials(body, invalidClient)
    const params = parseAuthorizationRequest(body)
    // RFC 9449 §10: the key may be named without a proof. The reference server asks for neither.
    const proofKey = await prove()
    const client = await this.#clients.find(credentials.clientId)
    const auth = await this.#authenticate(client, credentials, proofKey)
    if (params.dpop_jkt !== undefined && proofKey !== undefined && params.dpop_jkt !== proofKey) {
      throw invalidToken('Invalid DPoP key binding')
    }
    const thumbprint = params.dpop_jkt ?? proofKey
    const request = { client, auth, thumbprint, params: checkAuthorizationRequest(client, params) }
    return Response.json(this.requests.push(request), { status: 201 })
  }

  async #token(body: Parameters, prove: () => Promise<string | undefined>): Promise<Response> {
    const credentials = parseCredentials(body, invalidGrant)
    const params = parseTokenRequest(body)
    const caller = await this.#identify(credentials, await prove())
    const { grant_type } = params
    if (!caller.client.grantTypes.includes(grant_type)) {
      throw invalidGrant(`"${grant_type}" grant type is not allowed for this client`)
    }
    if (grant_type === 'authorization_code') return this.#answerTokens(await this.#codes.exchange(params, caller))
    if (grant_type !== 'refresh_token') throw invalidGrant(`Grant type "${grant_type}" is not supported`)
    checkShape(params.refresh_token, 'ref', 'refresh token')
    return this.#answerTokens(this.#options.sessions.refresh(params.refresh_token, caller))
  }

  async #revoke(body: Parameters, prove: () => Promise<string | undefined>): Promise<Response> {
    const credentials = parseCredentials(body, invalidRequest)
    const token = parseRevocation(body)
    const proofKey = await prove()
    try {
      const caller = await this.#identify(credentials, proofKey)
      this.#options.sessions.revoke(token, caller)
    } catch (error) {
      // RFC 7009 §2.2: a token that cannot be revoked is no error to the client.
      if (!(error instanceof OAuthError)) throw error
    }
    return Response.json({})
  }

  /** Who asks, where a proof is needed. */
  async #identify(credentials: Credentials, thumbprint: string | undefined): Promise<Caller> {
    const client = await this.#clients.find(credentials.clientId)
    if (thumbprint === undefined) throw invalidProof('DPoP proof required')
    return { client, auth: await this.#authenticate(client, credentials, thumbprint), thumbprint }
  }

  #authenticate(client: Client, { assertion }: Credentials, proofKey: string | undefined): Promise<ClientAuth> {
    const { issuer, now } = this.#options
    return authenticateClient(client, assertion, { issuer, now: now(), proofKey, seen: this.#assertions })
  }

  #answerTokens(session: ServerSession): Response {
    const { accessToken, refreshToken, scope, did } = session
    return Response.json({
      access_token: accessToken,
      token_type: 'DPoP',
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      scope,
      expires_in: this.#options.sessions.secondsLeft(session),
      sub: did,
    })
  }
}
