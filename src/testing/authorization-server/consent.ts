import type { AccountStatus } from '../account.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import type { PushedRequest, Visit } from './pushed-requests.ts'

/** How a person consents, and what their server then says of it. */
export interface ApproveOptions {
  /** What of the requested scope the person leaves granted. @default all of it */
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

/** Who consents. */
interface Person {
  readonly did: string
  readonly status: AccountStatus
}

/** The consent page of one authorization server. */
export class Consent {
  readonly #server: AuthorizationServer

  constructor(server: AuthorizationServer) {
    this.#server = server
  }

  approve(url: string | URL, person: Person, options: ApproveOptions): string {
    const visit = this.#visit(url)
    if (visit.refusal !== undefined) return this.#turnAway(visit, options.iss)
    if (person.status === 'takendown') throw new Error('Account was taken down')
    const asked = visit.request.params.scope.split(' ')
    const left = new Set(options.scope?.split(' ') ?? asked)
    const scope = asked.filter((token) => left.has(token))
    if (person.status === 'deactivated') return this.#refuse(visit, 'This account has been deactivated', options)
    if (!scope.includes('atproto')) return this.#refuse(visit, 'The "atproto" scope is required', options)
    const isUsable = () => person.status !== 'takendown'
    const grant = { request: visit.request, did: options.sub ?? person.did, scope: scope.join(' '), isUsable }
    const code = this.#server.requests.grant(visit.uri, grant)
    return sendBack(visit.request, { ...stateOf(visit), ...this.#issuer(options.iss), code })
  }

  deny(url: string | URL, options: DenyOptions): string {
    const visit = this.#visit(url)
    if (visit.refusal !== undefined) return this.#turnAway(visit, options.iss)
    return this.#refuse(visit, 'The user rejected the request', options)
  }

  /** The account that the app asked for, by its handle or DID. */
  hintOf(url: string | URL): string | undefined {
    const uri = new URL(url).searchParams.get('request_uri') ?? ''
    return this.#server.requests.peek(uri)?.params.login_hint
  }

  #visit(url: string | URL): Visit {
    const endpoint = new URL(String(this.#server.metadata['authorization_endpoint']))
    return this.#server.requests.visit(new URL(url), endpoint)
  }

  /** The page was shown, and ends with an error. */
  #refuse(visit: Visit, error_description: string, { error = 'access_denied', iss }: DenyOptions): string {
    this.#server.requests.drop(visit.uri)
    return sendBack(visit.request, { ...stateOf(visit), ...this.#issuer(iss), error, error_description })
  }

  /** The page is not shown: the server itself sends the browser back, and names itself first. */
  #turnAway(visit: Visit, iss: string | null | undefined): string {
    const answer = { error: 'access_denied', error_description: visit.refusal ?? '' }
    return sendBack(visit.request, { ...this.#issuer(iss), ...stateOf(visit), ...answer })
  }

  #issuer(iss: string | null | undefined): { readonly iss?: string } {
    const issuer = iss === undefined ? String(this.#server.metadata['issuer']) : iss
    return issuer === null ? {} : { iss: issuer }
  }
}

function stateOf({ request }: Visit): { readonly state?: string } {
  const { state } = request.params
  return state === undefined ? {} : { state }
}

/** The callback: in the order given, behind what the redirect URI has of its own. */
function sendBack({ params }: PushedRequest, answer: Readonly<Record<string, string>>): string {
  const url = new URL(params.redirect_uri)
  const isFragment = params.response_mode === 'fragment'
  const target = isFragment ? new URLSearchParams() : url.searchParams
  for (const [name, value] of Object.entries(answer)) target.set(name, value)
  if (isFragment) url.hash = target.toString()
  return url.href
}
