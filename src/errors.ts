/** What a code means in words, whether trying again can help, and what to do about it. */
interface Meaning {
  readonly says: string
  readonly retryable?: true
  readonly action?: string
}

const identity = {
  identifier_missing: { says: 'nothing was typed', action: 'type a handle such as alice.example.com' },
  identifier_malformed: {
    says: 'this is neither a handle, a DID nor the URL of a server',
    action: 'type a handle such as alice.example.com',
  },
  identifier_is_link: {
    says: 'this is a link to a page, not a handle',
    action: 'type the handle itself, such as alice.example.com',
  },
  identifier_is_email: {
    says: 'this is an e-mail address, not a handle',
    action: 'type the handle, such as alice.example.com',
  },
  identifier_is_server: {
    says: 'this is the URL of a server, not an account',
    action: "type the account's handle, such as alice.example.com, or its DID",
  },
  server_url_insecure: { says: 'the URL of a server must be https', action: 'type https:// and the host' },
  server_url_malformed: {
    says: 'the URL of a server is nothing but https:// and its host',
    action: 'type https:// and the host, and nothing more',
  },
  handle_incomplete: {
    says: 'the handle lacks its domain',
    action: 'type the whole handle, such as alice.example.com',
  },
  handle_malformed: {
    says: 'the handle is not well-formed',
    action: 'check the spelling: a handle is a domain name such as alice.example.com',
  },
  handle_placeholder: {
    says: 'this stands in the place of a handle that is broken: no account has it',
    action: "type the account's DID, or mend its handle",
  },
  handle_reserved: {
    says: 'the handle ends in a domain that is never resolved',
    action: 'type another handle of the account, or its DID',
  },
  handle_not_found: { says: 'nobody answers for this handle', action: 'check the spelling' },
  handle_ambiguous: { says: 'the handle points to more than one DID', action: "type the account's DID" },
  handle_mismatch: {
    says: "the account's DID document does not claim this handle",
    action: 'type the handle that the account has now, or its DID',
  },
  handle_unresolved: {
    says: 'the handle could not be looked up',
    retryable: true,
    action: "try again in a minute, or type the account's DID",
  },
  did_malformed: {
    says: 'the DID is not well-formed',
    action: "check that the whole DID was copied, or type the account's handle",
  },
  did_unsupported: {
    says: 'this is not a DID that AT Protocol supports',
    action: "type the account's handle, or its did:plc or did:web",
  },
  did_not_found: {
    says: 'no document exists for this DID',
    action: 'check the spelling; where it is right, the account does not exist any more',
  },
  did_tombstoned: {
    says: 'the DID was taken out of use',
    action: 'sign in with another account: this one is gone for good',
  },
  did_unresolved: {
    says: 'the DID document could not be fetched',
    retryable: true,
    action: 'try again in a minute',
  },
  did_document_invalid: {
    says: 'the DID document is not valid',
    action: "ask whoever hosts the account to mend the account's DID document",
  },
} as const

const discovery = {
  resource_metadata_invalid: { says: "the PDS's resource metadata is not valid" },
  resource_mismatch: { says: "the PDS's metadata speaks for another server" },
  server_metadata_invalid: { says: "the authorization server's metadata is not valid" },
  issuer_invalid: { says: 'the issuer is not the bare https origin of a server' },
  issuer_mismatch: { says: 'the metadata names another issuer' },
  metadata_unavailable: { says: 'the server does not serve its metadata' },
  not_a_server: { says: 'neither a PDS nor an authorization server answers here' },
  server_failing: { says: 'the server could not serve its metadata', retryable: true },
  dns_failing: { says: 'the DNS-over-HTTPS server gave no answer of use', retryable: true },
} as const

const authorization = {
  client_metadata_invalid: { says: "the client's own metadata is not valid" },
  client_key_missing: {
    says: 'no client key fits',
    action: 'add a private key that the server accepts to `keys`',
  },
  client_key_unusable: {
    says: 'a client key cannot be used for signing here',
    action: 'look at the key: its private half, its public half, and whether this runtime knows its algorithm',
  },
  signer_failed: { says: '`signAssertion` gave no assertion', retryable: true },
  assertion_invalid: {
    says: 'what `signAssertion` gave is no assertion that a server could take',
    action: 'mend `signAssertion`: nothing was sent',
  },
  prompt_unsupported: { says: 'the authorization server does not offer this prompt' },
  request_refused: { says: 'the authorization server refused the sign-in request' },
  scope_refused: {
    says: 'the authorization server does not grant this scope',
    action: "name it in the `scope` of the client's metadata, or give a `fallbackScope`",
  },
  client_refused: {
    says: 'the authorization server does not accept this client',
    action: 'serve `clientMetadata` at the client id; a server may keep an older one for minutes',
  },
  callback_malformed: { says: 'the callback is not a well-formed authorization response' },
  parameter_repeated: { says: 'the callback carries a parameter twice' },
  state_missing: { says: 'the callback carries no state' },
  state_unknown: { says: 'no sign-in is waiting for this callback', action: 'sign in again' },
  state_spent: { says: 'this callback was used before', action: 'sign in again' },
  context_missing: {
    says: 'the browser brought no context with the callback',
    action: 'keep what `authorize` returns for the host of the redirect URI: in a cookie, with SameSite=Lax',
  },
  context_mismatch: {
    says: 'the callback belongs to another sign-in: of another browser, or one that this browser began before a newer one',
    action: 'sign in again',
  },
  sign_in_expired: { says: 'nobody came back from the consent page in time', action: 'sign in again' },
  issuer_missing: { says: 'the callback does not name its issuer' },
  callback_issuer_mismatch: { says: 'the callback names another issuer than the sign-in' },
  access_denied: { says: 'the person refused, or the server refused for them' },
  interaction_required: {
    says: 'the server has to ask the person, and `prompt` did not let it',
    action: 'sign in again without the prompt `none`',
  },
  authorization_failed: {
    says: 'the authorization server ended the sign-in with an error',
    action: 'sign in again',
  },
  code_missing: { says: 'the callback carries neither a code nor an error' },
  refresh_refused: { says: 'the authorization server refused to refresh' },
  code_refused: { says: 'the authorization server did not accept the code', action: 'sign in again' },
  token_response_invalid: { says: 'the token response is not valid' },
  wrong_account: { says: 'the server signed in another account than was asked for' },
  account_issuer_mismatch: { says: 'the account belongs to another authorization server' },
  scope_missing: { says: 'the server did not grant the scope `atproto`' },
  password_refused: {
    says: 'the server did not take the identifier or the password',
    action: "check both; an app password is made in the account's settings, and may have been deleted there",
  },
  second_factor_required: {
    says: 'the server wants a second factor',
    action:
      'ask the person for the code that the server has sent them by e-mail, and call again with it as `authFactorToken`; an app password needs none',
  },
  second_factor_refused: {
    says: 'the server did not take the code of the second factor',
    action: 'check the code, or call again without `authFactorToken`, which has a new one sent',
  },
  account_taken_down: { says: 'the account was taken down', action: 'ask whoever hosts the account' },
  account_deactivated: {
    says: 'the account is deactivated',
    action: 'activate the account again where it was deactivated',
  },
  rate_limited: { says: 'the server takes no more tries for now', retryable: true },
  server_failing: { says: 'the authorization server failed', retryable: true, action: 'sign in again' },
} as const

const session = {
  signed_out: { says: 'the session was signed out', action: 'sign in again' },
  needs_reauth: { says: 'the session has ended', action: 'sign in again' },
  refresh_pending: { says: 'another refresh of this session has not been answered yet', retryable: true },
  refresh_unanswered: { says: 'the answer to a refresh did not arrive', retryable: true },
  refresh_refused: { says: 'the authorization server refused to refresh', retryable: true },
  client_key_missing: { says: "the client key this session is bound to is not among this deployment's keys" },
  client_key_unusable: { says: 'the client key this session is bound to cannot be used for signing here' },
  signer_failed: { says: '`signAssertion` gave no assertion for the session', retryable: true },
  assertion_invalid: {
    says: 'what `signAssertion` gave for the session is no assertion that a server could take',
  },
  issuer_unverified: { says: "the account's authorization server could not be confirmed", retryable: true },
  key_cannot_leave: {
    says: "the session's private key cannot be exported: the storage keeps it as a CryptoKey that nobody can read",
    action:
      'sign in again where the session is to go on; over a storage that keeps JSON, such as fileStorage, sessions can be exported',
  },
  session_exists: {
    says: 'an older state of the session is stored here already',
    action: 'restore it and sign in again: `authorize` with its client leads back into it',
  },
} as const

const network = {
  unreachable: { says: 'no connection to the server could be made', retryable: true },
  connection_failed: { says: 'the request failed; whether it reached the server is not known', retryable: true },
  timeout: { says: 'the server did not answer in time', retryable: true },
  answer_cut_off: { says: 'the answer broke off', retryable: true },
  redirected: { says: 'the server answered with a redirect where none is followed' },
  too_many_redirects: { says: 'the server redirects without end' },
  too_large: { says: 'the answer is too large' },
  insecure_url: { says: 'the URL is not https' },
  address_forbidden: { says: 'the address is not one of the public internet' },
} as const

const storage = {
  read_failed: { says: 'the storage could not be read', retryable: true },
  write_failed: { says: 'the storage could not be written', retryable: true },
  corrupt: { says: 'the storage holds something that is not a record of ours' },
} as const

const xrpc = {
  error_response: { says: 'the server answered with an error' },
  response_invalid: { says: "the server's answer does not fit the method" },
} as const

/** The codes of an {@link IdentityError}. */
export type IdentityErrorCode = keyof typeof identity
/** The codes of a {@link DiscoveryError}. */
export type DiscoveryErrorCode = keyof typeof discovery
/** The codes of an {@link AuthorizationError}. */
export type AuthorizationErrorCode = keyof typeof authorization
/** The codes of a {@link SessionError}. */
export type SessionErrorCode = keyof typeof session
/** The codes of a {@link NetworkError}. */
export type NetworkErrorCode = keyof typeof network
/** The codes of a {@link StorageError}. */
export type StorageErrorCode = keyof typeof storage
/** The codes of an {@link XrpcError}. */
export type XrpcErrorCode = keyof typeof xrpc

/** The facts an error is made of. None of them is ever a token, a code, a verifier or a key. */
export interface ErrorFacts {
  /** The field, parameter or header that is wrong. */
  readonly field?: string | undefined
  /** What it should have been, in words or as a value. */
  readonly expected?: string | undefined
  /** What came. Shown as JSON, what is not seen escaped, shortened to 200 characters; left out of the message where it is undefined. */
  readonly found?: unknown
  /** The URL that was asked, without its query. */
  readonly url?: string | undefined
  /** What the server said of it. */
  readonly detail?: string | undefined
  readonly retryable?: boolean | undefined
  readonly action?: string | undefined
  readonly cause?: unknown
  /** The response, its body possibly used. Kept non-enumerable. */
  readonly response?: Response | undefined
}

/** What every error of this library is. `code` says what happened, `action` what to do where there is something to do. */
export abstract class AtproofError<Code extends string = string> extends Error {
  abstract override readonly name: string
  readonly code: Code
  /** Whether the same call can succeed later without anybody doing anything. */
  readonly retryable: boolean
  readonly action: string | undefined
  readonly field: string | undefined
  readonly expected: string | undefined
  readonly found: unknown
  readonly url: string | undefined
  declare readonly response: Response | undefined

  constructor(code: Code, meaning: Meaning, facts: ErrorFacts) {
    super(describe(meaning, facts), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.retryable = facts.retryable ?? meaning.retryable ?? false
    this.action = facts.action ?? meaning.action
    this.field = facts.field
    this.expected = facts.expected
    this.found = facts.found
    this.url = facts.url
    const { response } = facts
    // Behind a getter, since a debugger shows the headers of a response, and a server may repeat in them what it was sent.
    Object.defineProperty(this, 'response', { get: () => response, enumerable: false })
  }
}

/** A handle or DID that cannot be turned into an account. */
export class IdentityError extends AtproofError<IdentityErrorCode> {
  override readonly name = 'IdentityError'

  constructor(code: IdentityErrorCode, facts: ErrorFacts = {}) {
    super(code, identity[code], facts)
  }
}

/** A server whose metadata is missing, wrong, or speaks for somebody else. */
export class DiscoveryError extends AtproofError<DiscoveryErrorCode> {
  override readonly name = 'DiscoveryError'

  constructor(code: DiscoveryErrorCode, facts: ErrorFacts = {}) {
    super(code, discovery[code], facts)
  }
}

/** What an {@link AuthorizationError} knows beyond the facts of every error. */
export interface AuthorizationErrorFacts extends ErrorFacts {
  /** The `error` of the OAuth response. */
  readonly error?: string | undefined
  /** The state that the app gave to `authorize`. */
  readonly state?: string | undefined
  /** When the server takes another try, in ms since the epoch. */
  readonly retryAt?: number | undefined
}

/** A sign-in that did not come to its end. */
export class AuthorizationError extends AtproofError<AuthorizationErrorCode> {
  override readonly name = 'AuthorizationError'
  /** The `error` of the OAuth response, where there was one (RFC 6749 §4.1.2.1, §5.2). */
  readonly error: string | undefined
  /** The state that the app gave to `authorize`, once the callback was matched to its sign-in. */
  readonly state: string | undefined
  /** When the server takes another try, in ms since the epoch: with the code `rate_limited`, where the server says so. */
  readonly retryAt: number | undefined

  constructor(code: AuthorizationErrorCode, facts: AuthorizationErrorFacts = {}) {
    super(code, authorization[code], facts)
    this.error = facts.error
    this.state = facts.state
    this.retryAt = facts.retryAt
  }
}

/** Why a session needs its person again. */
export type EndReason =
  | 'revoked'
  | 'expired'
  | 'refresh_response_lost'
  | 'account_moved'
  | 'wrong_account'
  | 'scope_reduced'
  | 'bad_token_response'

/** What a {@link SessionError} knows beyond the facts of every error. */
export interface SessionErrorFacts extends ErrorFacts {
  readonly sessionId: string
  readonly did: string
  readonly handle?: string | undefined
  readonly reason?: EndReason | undefined
}

/** A session that has ended, or cannot be refreshed now. It names the account, so that an app can offer the way back. */
export class SessionError extends AtproofError<SessionErrorCode> {
  override readonly name = 'SessionError'
  readonly sessionId: string
  readonly did: string
  readonly handle: string | undefined
  /** Why the session ended: with the code `needs_reauth` only. */
  readonly reason: EndReason | undefined

  constructor(code: SessionErrorCode, facts: SessionErrorFacts) {
    super(code, session[code], facts)
    this.sessionId = facts.sessionId
    this.did = facts.did
    this.handle = facts.handle
    this.reason = facts.reason
  }
}

/** A request that got no answer, or one that must not be read. */
export class NetworkError extends AtproofError<NetworkErrorCode> {
  override readonly name = 'NetworkError'

  constructor(code: NetworkErrorCode, facts: ErrorFacts = {}) {
    super(code, network[code], facts)
  }
}

/** What a {@link StorageError} knows beyond the facts of every error. */
export interface StorageErrorFacts extends ErrorFacts {
  readonly version?: string | undefined
}

/** A storage that failed. No session is lost by it: what could not be written lives on in memory. */
export class StorageError extends AtproofError<StorageErrorCode> {
  override readonly name = 'StorageError'
  /** With `corrupt`: which writing it is that cannot be read. Whoever gives it as `ifVersion` writes over it. */
  readonly version: string | undefined

  constructor(code: StorageErrorCode, facts: StorageErrorFacts = {}) {
    super(code, storage[code], facts)
    this.version = facts.version
  }
}

/** The server's account of how many requests are left: `RateLimit-*` headers. */
export interface RateLimit {
  /** How many requests the window allows. */
  readonly limit: number
  /** How many of them are left. */
  readonly remaining: number
  /** When the window ends, in ms since the epoch, by the server's clock. */
  readonly resetsAt: number
  /** The server's rule as it says it, such as `3000;w=300`: 3000 requests in 300 seconds. */
  readonly policy: string | undefined
}

/** What an {@link XrpcError} knows beyond the facts of every error. */
export interface XrpcErrorFacts<Client> extends ErrorFacts {
  readonly nsid: string
  readonly status: number
  readonly error: string
  readonly headers: Headers
  readonly rateLimit: RateLimit | undefined
  /** When the server wants the call again, in ms since the epoch. */
  readonly retryAt?: number | undefined
  readonly client: Client
}

/** An error that the server answered to an XRPC call. Narrow it with `isXrpcError`. */
export class XrpcError<Client = unknown> extends AtproofError<XrpcErrorCode> {
  override readonly name = 'XrpcError'
  /** The method that was called. */
  readonly nsid: string
  /** The HTTP status. */
  readonly status: number
  /** The error's name as the server gave it, or the empty string where it gave none. */
  readonly error: string
  readonly rateLimit: RateLimit | undefined
  /**
   * When the server wants the call again, in ms since the epoch by the clock of this machine: from `Retry-After`, or from
   * the end of a window that has no calls left (`RateLimit-Reset`). Undefined where the server does not say.
   */
  readonly retryAt: number | undefined
  declare readonly headers: Headers
  /** The client over the session as it is after this call. */
  declare readonly client: Client

  constructor(code: XrpcErrorCode, facts: XrpcErrorFacts<Client>) {
    super(code, xrpc[code], facts)
    this.nsid = facts.nsid
    this.status = facts.status
    this.error = facts.error
    this.rateLimit = facts.rateLimit
    this.retryAt = facts.retryAt
    const { headers } = facts
    // As with the response.
    Object.defineProperty(this, 'headers', { get: () => headers, enumerable: false })
    Object.defineProperty(this, 'client', { value: facts.client, enumerable: false })
  }
}

/** Says of an error, one of ours or not, that trying the same again cannot help, and what does. */
export function withoutRetry<E extends Error>(error: E, action: string): E {
  return Object.assign(error, { retryable: false, action })
}

/** A mistake in the caller's own arguments: a TypeError that says what was expected and what came. */
export function wrongArgument(field: string, expected: string, found: unknown): TypeError {
  return new TypeError(`${field}: expected ${expected}, found ${show(found)}`)
}

function describe(meaning: Meaning, facts: ErrorFacts): string {
  const parts = [
    facts.field,
    facts.expected === undefined ? undefined : `expected ${facts.expected}`,
    facts.found === undefined ? undefined : `found ${show(facts.found)}`,
  ].filter((part) => part !== undefined)
  const where = facts.url === undefined ? '' : ` at ${facts.url}`
  const what = parts.length > 0 ? ` (${parts.join(', ')})` : ''
  return meaning.says + where + what + (facts.detail ? `: ${shorten(facts.detail)}` : '')
}

/** A value as a message names it: short, and with what a reader would not see escaped. */
export function show(found: unknown): string {
  if (found === undefined || typeof found === 'function' || typeof found === 'symbol') return typeof found
  if (typeof found === 'bigint') return `${found}n`
  if (typeof found === 'number') return String(found)
  if (typeof found !== 'object') return shorten(JSON.stringify(found))
  if (found === null) return 'null'
  return Array.isArray(found) ? `an array of ${found.length}` : 'an object'
}

/** What a reader does not see, or takes for something else: marks without a width, controls, blanks other than the common one. */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** The first 200 characters, those that are not seen as JSON would escape them. */
function shorten(text: string): string {
  const start = text.slice(0, 200).replace(UNSEEN, escaped)
  return text.length > 200 ? `${start}…` : start
}

function escaped(mark: string): string {
  return Array.from({ length: mark.length }, (_, at) => `\\u${hex(mark.charCodeAt(at))}`).join('')
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, '0')
}
