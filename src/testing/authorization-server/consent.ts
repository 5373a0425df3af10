import type { AuthorizationServer } from './authorization-server.ts'
import type { PushedRequest } from './pushed-requests.ts'

/** How a person consents, and what their server then says of it. */
export interface ApproveOptions {
  /** Less than was asked for, or more. @default the scope that was asked for */
  readonly scope?: string
  /** The DID that the session is made for, where a server lies. @default the account's */
  readonly sub?: string
  /** The `iss` of the callback; null: none. @default the issuer */
  readonly iss?: string | null
}

/** How a person refuses, and what their server then says of it. */
export interface DenyOptions {
  /** @default 'access_denied' */
  readonly error?: string
  /** The `iss` of the callback; null: none. @default the issuer */
  readonly iss?: string | null
}

/** The consent page of one authorization server. */
export class Consent {
  readonly #server: AuthorizationServer

  constructor(server: AuthorizationServer) {
    this.#server = server
  }

  approve(url: string | URL, account: { readonly did: string }, options: ApproveOptions): string {
    const request = this.#open(url)
    const scope = options.scope ?? request.params.get('scope') ?? ''
    const code = this.#server.requests.grant(request, options.sub ?? account.did, scope)
    return this.#callback(request, { code }, options.iss)
  }

  deny(url: string | URL, options: DenyOptions): string {
    const { error = 'access_denied' } = options
    const answer = { error, error_description: 'The user rejected the request' }
    return this.#callback(this.#open(url), answer, options.iss)
  }

  /** The account that the app asked for, by its handle or DID. */
  hintOf(url: string | URL): string | undefined {
    const uri = new URL(url).searchParams.get('request_uri') ?? ''
    return this.#server.requests.peek(uri)?.params.get('login_hint') ?? undefined
  }

  #open(url: string | URL): PushedRequest {
    const endpoint = new URL(String(this.#server.metadata['authorization_endpoint']))
    return this.#server.requests.open(new URL(url), endpoint)
  }

  #callback(request: PushedRequest, answer: Record<string, string>, iss?: string | null): string {
    const url = new URL(request.params.get('redirect_uri') ?? '')
    const issuer = iss === undefined ? String(this.#server.metadata['issuer']) : iss
    const params = { ...(issuer !== null && { iss: issuer }), state: request.params.get('state') ?? '', ...answer }
    const isFragment = request.params.get('response_mode') === 'fragment'
    const target = isFragment ? new URLSearchParams() : url.searchParams
    for (const [name, value] of Object.entries(params)) target.set(name, value)
    if (isFragment) url.hash = target.toString()
    return url.href
  }
}
