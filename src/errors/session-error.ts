import { AtproofError, type ErrorFacts, type Meaning } from './atproof-error.ts'
import type { ServerSessionErrorCode } from './server-session-meanings.ts'

const MEANINGS = {
  signed_out: { says: 'the session was signed out', action: 'sign in again' },
  needs_reauth: { says: 'the session has ended', action: 'sign in again' },
  refresh_pending: { says: 'another refresh of this session has not been answered yet', retryable: true },
  refresh_unanswered: { says: 'the answer to a refresh did not arrive', retryable: true },
  refresh_refused: { says: 'the authorization server refused to refresh', retryable: true },
  client_key_missing: { says: "the client key this session is bound to is not among this deployment's keys" },
  issuer_unverified: { says: "the account's authorization server could not be confirmed", retryable: true },
} as const

/** Those that a session can meet anywhere. */
export type CommonSessionErrorCode = keyof typeof MEANINGS

/** The codes of a {@link SessionError}. */
export type SessionErrorCode = CommonSessionErrorCode | ServerSessionErrorCode

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

  constructor(code: CommonSessionErrorCode, facts: SessionErrorFacts)
  /** @param meaning that of a code which no page meets: the texts of those are not in its bundle */
  constructor(code: SessionErrorCode, facts: SessionErrorFacts, meaning: Meaning)
  constructor(code: SessionErrorCode, facts: SessionErrorFacts, meaning?: Meaning) {
    super(code, meaning ?? (isCommon(code) ? MEANINGS[code] : { says: code }), facts)
    this.sessionId = facts.sessionId
    this.did = facts.did
    this.handle = facts.handle
    this.reason = facts.reason
  }
}

function isCommon(code: SessionErrorCode): code is CommonSessionErrorCode {
  return Object.hasOwn(MEANINGS, code)
}
