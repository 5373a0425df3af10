import type { ClientAuth } from './client-auth.ts'
import type { Client } from './clients.ts'
import { checkRedirectUri } from './clients.ts'
import { invalidGrant, invalidRequest, OAuthError } from '../oauth-error.ts'
import { randomToken } from '../random-token.ts'

const REQUEST_LIFETIME_MS = 300_000
const CODE_LIFETIME_MS = 60_000

/** A request that the client pushed: what the user is asked to consent to. */
export interface PushedRequest {
  readonly client: Client
  readonly auth: ClientAuth
  readonly thumbprint: string
  readonly params: URLSearchParams
  readonly expiresAt: number
}

/** What the user consented to. */
export interface Grant {
  readonly request: PushedRequest
  readonly did: string
  readonly scope: string
  readonly expiresAt: number
}

/** The requests that wait for the user, and the codes that wait for the client. */
export class PushedRequests {
  readonly #now: () => number
  readonly #requests = new Map<string, PushedRequest>()
  readonly #grants = new Map<string, Grant>()

  constructor(now: () => number) {
    this.#now = now
  }

  push(client: Client, auth: ClientAuth, thumbprint: string, params: URLSearchParams): object {
    checkParams(client, thumbprint, params)
    const uri = `urn:ietf:params:oauth:request_uri:${randomToken('request')}`
    const expiresAt = this.#now() + REQUEST_LIFETIME_MS
    this.#requests.set(uri, { client, auth, thumbprint, params, expiresAt })
    return { request_uri: uri, expires_in: REQUEST_LIFETIME_MS / 1000 }
  }

  /** The request behind a URI, still to be opened. */
  peek(uri: string): PushedRequest | undefined {
    return this.#requests.get(uri)
  }

  /** The request that an authorization URL names; each counts once. Throws as the consent page would refuse. */
  open(url: URL, endpoint: URL): PushedRequest {
    const params = new URLSearchParams(url.search)
    for (const [name, value] of endpoint.searchParams) params.delete(name, value)
    if (url.origin + url.pathname !== endpoint.origin + endpoint.pathname) throw new Error(`not ${endpoint.href}`)
    const names = [...params.keys()].toSorted().join(' ')
    if (names !== 'client_id request_uri') throw new Error(`not just client_id and request_uri: ${names}`)
    const uri = params.get('request_uri') ?? ''
    const request = this.#requests.get(uri)
    if (!request) throw new Error('the request_uri is unknown or was used')
    this.#requests.delete(uri)
    if (request.client.id !== params.get('client_id')) throw new Error('the request_uri is of another client')
    if (this.#now() >= request.expiresAt) throw new Error('the request_uri expired')
    return request
  }

  grant(request: PushedRequest, did: string, scope: string): string {
    const code = randomToken('code')
    this.#grants.set(code, { request, did, scope, expiresAt: this.#now() + CODE_LIFETIME_MS })
    return code
  }

  /** The grant behind a code, which is gone from then on. Undefined for a code that is not known. */
  consume(code: string): Grant | undefined {
    const grant = this.#grants.get(code)
    this.#grants.delete(code)
    if (grant && this.#now() >= grant.expiresAt) throw invalidGrant('Code expired')
    return grant
  }
}

function checkParams(client: Client, thumbprint: string, params: URLSearchParams): void {
  const scope = params.get('scope')?.split(' ') ?? []
  const loginHint = params.get('login_hint')
  const jkt = params.get('dpop_jkt')
  if (params.has('request_uri')) throw invalidRequest('request_uri cannot be pushed')
  if (params.get('response_type') !== 'code') throw invalidRequest('response_type must be code')
  if (params.get('code_challenge_method') !== 'S256') throw invalidRequest('code_challenge_method must be S256')
  if (!/^[\w-]{43}$/.test(params.get('code_challenge') ?? '')) throw invalidRequest('Invalid code_challenge')
  if (!params.get('state')) throw invalidRequest('state is required')
  if (jkt !== null && jkt !== thumbprint) throw invalidRequest('dpop_jkt does not match the DPoP proof')
  if (loginHint !== null && !/^(did:[a-z]+:|[a-z0-9-]+\.)[^\s@]+$/i.test(loginHint)) {
    throw invalidRequest('login_hint is neither a handle nor a DID')
  }
  if (params.get('prompt') === 'none' && client.authMethod === 'none') {
    throw invalidRequest('a public client cannot use prompt none')
  }
  checkRedirectUri(client, params.get('redirect_uri') ?? '')
  if (!scope.includes('atproto')) throw new OAuthError(400, 'invalid_scope', 'The atproto scope is required')
  const undeclared = scope.find((token) => !client.scope.includes(token))
  if (undeclared !== undefined) {
    throw new OAuthError(400, 'invalid_scope', `Scope "${undeclared}" is not declared in the client metadata`)
  }
}
