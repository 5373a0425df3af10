import { AtproofError, type ErrorFacts, type Meaning } from './atproof-error.ts'
import type { ClientDeploymentErrorCode } from './client-deployment-meanings.ts'
import type { PasswordErrorCode } from './password-meanings.ts'

const MEANINGS = {
  client_key_missing: {
    says: 'no client key fits',
    action: 'add a private key that the server accepts to `keys`',
  },
  signer_failed: { says: '`signAssertion` gave no assertion', retryable: true },
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
  popup_closed: { says: 'the window of the sign-in was closed', action: 'sign in again' },
  sign_in_elsewhere: {
    says: 'the sign-in did not come to its end in the window or tab that went on with it',
    action: 'sign in again',
  },
  sign_in_left: { says: 'the person came back from the consent page by going back', action: 'sign in again' },
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
  server_failing: { says: 'the authorization server failed', retryable: true, action: 'sign in again' },
} as const

/** Those of a sign-in with a consent page. */
export type SignInErrorCode = keyof typeof MEANINGS

/** The codes of an {@link AuthorizationError}. */
export type AuthorizationErrorCode = SignInErrorCode | ClientDeploymentErrorCode | PasswordErrorCode

/** Whether a text that came from elsewhere is a code of a sign-in with a consent page. */
export function isAuthorizationErrorCode(text: string): text is SignInErrorCode {
  return Object.hasOwn(MEANINGS, text)
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

  constructor(code: SignInErrorCode, facts?: AuthorizationErrorFacts)
  /** @param meaning that of a code which no page meets: the texts of those are not in its bundle */
  constructor(code: AuthorizationErrorCode, facts: AuthorizationErrorFacts, meaning: Meaning)
  constructor(code: AuthorizationErrorCode, facts: AuthorizationErrorFacts = {}, meaning?: Meaning) {
    super(code, meaning ?? (isAuthorizationErrorCode(code) ? MEANINGS[code] : { says: code }), facts)
    this.error = facts.error
    this.state = facts.state
    this.retryAt = facts.retryAt
  }
}
