import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
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

/** The codes of a {@link SessionError}. */
export type SessionErrorCode = keyof typeof MEANINGS

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
    super(code, MEANINGS[code], facts)
    this.sessionId = facts.sessionId
    this.did = facts.did
    this.handle = facts.handle
    this.reason = facts.reason
  }
}
