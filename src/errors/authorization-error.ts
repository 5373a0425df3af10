import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
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

/** The codes of an {@link AuthorizationError}. */
export type AuthorizationErrorCode = keyof typeof MEANINGS

/** Whether a text that came from elsewhere is one of the codes. */
export function isAuthorizationErrorCode(text: string): text is AuthorizationErrorCode {
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

  constructor(code: AuthorizationErrorCode, facts: AuthorizationErrorFacts = {}) {
    super(code, MEANINGS[code], facts)
    this.error = facts.error
    this.state = facts.state
    this.retryAt = facts.retryAt
  }
}
