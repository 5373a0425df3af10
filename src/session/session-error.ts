import { SessionError, type SessionErrorCode, type SessionErrorFacts } from '../errors/session-error.ts'
import type { BaseRecord } from './record.ts'

/** An error that names the session's account. */
export function sessionError(
  code: SessionErrorCode,
  { sessionId, did, handle }: Pick<BaseRecord, 'sessionId' | 'did' | 'handle'>,
  facts: Omit<SessionErrorFacts, 'sessionId' | 'did' | 'handle'> = {},
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
