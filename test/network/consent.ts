import type { Account, Directory } from './directory.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import type { PushedRequest } from './pushed-requests.ts'

export interface ApproveOptions {
  /** Who signs in. @default the account of login_hint, else the only account there is */
  readonly account?: Account
  /** The DID that the session is made for, where it is to be another than the account's. */
  readonly sub?: string
  /** @default the scope that was asked for */
  readonly scope?: string
  /** null: no `iss` in the callback. @default the issuer */
  readonly iss?: string | null
}

export interface DenyOptions {
  /** @default 'access_denied' */
  readonly error?: string
  readonly iss?: string | null
}

/** The user on the consent page. */
export class Consent {
  readonly #server: AuthorizationServer
  readonly #directory: Directory

  constructor(server: AuthorizationServer, directory: Directory) {
    this.#server = server
    this.#directory = directory
  }

  /** Signs in and consents. The callback URL that the browser is sent to. */
  approve(authorizationUrl: string | URL, options: ApproveOptions = {}): string {
    const request = this.#open(authorizationUrl)
    const sub = options.sub ?? options.account?.did ?? this.#findAccount(request.params.get('login_hint')).did
    const code = this.#server.requests.grant(request, sub, options.scope ?? request.params.get('scope') ?? '')
    return this.#callback(request, { code }, options.iss)
  }

  deny(authorizationUrl: string | URL, options: DenyOptions = {}): string {
    const { error = 'access_denied' } = options
    const answer = { error, error_description: 'The user rejected the request' }
    return this.#callback(this.#open(authorizationUrl), answer, options.iss)
  }

  #open(authorizationUrl: string | URL): PushedRequest {
    const endpoint = new URL(String(this.#server.metadata.authorization_endpoint))
    return this.#server.requests.open(new URL(authorizationUrl), endpoint)
  }

  #findAccount(hint: string | null): Account {
    const accounts = [...this.#directory.accounts.values()]
    const hinted = accounts.find(({ did, handle }) => did === hint || handle === hint?.toLowerCase())
    const account = hint === null && accounts.length === 1 ? accounts[0] : hinted
    if (!account) throw new Error(`whose consent? login_hint is ${hint}, and ${accounts.length} accounts exist`)
    return account
  }

  #callback(request: PushedRequest, answer: Record<string, string>, iss?: string | null): string {
    const url = new URL(request.params.get('redirect_uri') ?? '')
    const issuer = iss === undefined ? String(this.#server.metadata.issuer) : iss
    const params = { ...(issuer !== null && { iss: issuer }), state: request.params.get('state') ?? '', ...answer }
    const isFragment = request.params.get('response_mode') === 'fragment'
    const target = isFragment ? new URLSearchParams() : url.searchParams
    for (const [name, value] of Object.entries(params)) target.set(name, value)
    if (isFragment) url.hash = target.toString()
    return url.href
  }
}
