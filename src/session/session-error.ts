import { type CommonSessionErrorCode, SessionError, type SessionErrorFacts } from '../errors/session-error.ts'
import type { BaseRecord } from './record.ts'

/** What names a session. */
export type Named = Pick<BaseRecord, 'sessionId' | 'did' | 'handle'>

/** What an error knows beside that. */
export type OwnFacts = Omit<SessionErrorFacts, keyof Named>

/** An error that names the session's account. */
export function sessionError(
  code: CommonSessionErrorCode,
  { sessionId, did, handle }: Named,
  facts: OwnFacts = {},
): SessionError {
  return new SessionError(code, { sessionId, did, handle, ...facts })
}

/** The error of a session whose refresh may still be on its way, here or in another process. */
export function refreshPending(record: BaseRecord): SessionError {
  return sessionError('refresh_pending', record, { field: 'attempt', expected: 'the answer to a refresh' })
}

/** The error of a session that has ended, for the reason that its record gives. */
export function needsReauth(record: BaseRecord, cause?: unknown): SessionError {
  return sessionError('needs_reauth', record, { reason: record.reason, detail: record.reason, cause })
}
