import { invalidGrant } from '../oauth-error.ts'
import { randomHex } from '../random-token.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import type { ClientAuth } from './client-auth.ts'
import type { Client } from './clients.ts'

/** Of a request until it is visited, and of a code until it is exchanged. */
const LIFETIME_MS = 300_000
const URI_PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** A request that the client pushed: what the user is asked to consent to. */
export interface PushedRequest {
  readonly client: Client
  readonly auth: ClientAuth
  /** Of the DPoP key that the tokens are to be bound to; undefined: of whichever asks for them. */
  readonly thumbprint: string | undefined
  readonly params: AuthorizationRequest
}

/** What the user consented to. */
export interface Grant {
  readonly request: PushedRequest
  readonly did: string
  readonly scope: string
  /** Whether its account still is there by the time the code is exchanged. */
  readonly isUsable: () => boolean
}

/** A visit of the consent page: the request, and why it is refused where it is. */
export interface Visit {
  readonly uri: string
  readonly request: PushedRequest
  /** Told to the client, which the browser is sent back to. */
  readonly refusal: string | undefined
}

interface Entry {
  readonly request: PushedRequest
  expiresAt: number
  code?: string
}

/** The requests that wait for the user, and the codes that wait for the client. */
export class PushedRequests {
  readonly #now: () => number
  readonly #requests = new Map<string, Entry>()
  readonly #grants = new Map<string, { readonly uri: string; readonly grant: Grant }>()

  constructor(now: () => number) {
    this.#now = now
  }

  push(request: PushedRequest): object {
    const uri = URI_PREFIX + randomHex('req', 16)
    this.#requests.set(uri, { request, expiresAt: this.#now() + LIFETIME_MS })
    return { request_uri: uri, expires_in: LIFETIME_MS / 1000 }
  }

  /** The request behind a URI, still to be visited. */
  peek(uri: string): PushedRequest | undefined {
    return this.#requests.get(uri)?.request
  }

  /** The request that an authorization URL names. Throws where the consent page would show an error and nothing else. */
  visit(url: URL, endpoint: URL): Visit {
    const uri = url.searchParams.get('request_uri')
    const clientId = url.searchParams.get('client_id')
    if (url.origin + url.pathname !== endpoint.origin + endpoint.pathname) throw new Error(`not ${endpoint.href}`)
    if (uri === null || clientId === null) throw new Error('client_id and request_uri are required')
    const entry = this.#requests.get(uri)
    if (!entry) throw new Error('Unknown request_uri: never made, or used up')
    const refusal = this.#findRefusal(entry, clientId)
    if (refusal !== undefined) this.drop(uri)
    entry.expiresAt = this.#now() + LIFETIME_MS
    return { uri, request: entry.request, refusal }
  }

  #findRefusal({ request, code, expiresAt }: Entry, clientId: string): string | undefined {
    if (code !== undefined) return 'This request was already authorized'
    if (this.#now() > expiresAt) return 'This request has expired'
    if (request.client.id !== clientId) return 'This request was initiated for another client'
    return undefined
  }

  /** Forgets a request, and the code that came of it. */
  drop(uri: string): void {
    const code = this.#requests.get(uri)?.code
    if (code !== undefined) this.#grants.delete(code)
    this.#requests.delete(uri)
  }

  /** The code for a request that was consented to. */
  grant(uri: string, grant: Grant): string {
    const code = randomHex('cod', 32)
    this.#requests.set(uri, { request: grant.request, expiresAt: this.#now() + LIFETIME_MS, code })
    this.#grants.set(code, { uri, grant })
    return code
  }

  /** The grant behind a code, which is gone from then on. Undefined for a code that is not known. */
  consume(code: string): Grant | undefined {
    const found = this.#grants.get(code)
    if (!found) return undefined
    const expiresAt = this.#requests.get(found.uri)?.expiresAt ?? 0
    this.drop(found.uri)
    if (this.#now() > expiresAt) throw invalidGrant('This code has expired')
    return found.grant
  }
}
