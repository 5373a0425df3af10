import { AuthorizationError } from '../errors/authorization-error.ts'
import type { SessionError, SessionErrorCode } from '../errors/session-error.ts'
import type { BaseRecord } from './record.ts'
import { sessionError } from './session-error.ts'

const CODES: readonly SessionErrorCode[] = [
  'client_key_missing',
  'client_key_unusable',
  'signer_failed',
  'assertion_invalid',
]

/** What kept a session's request from being signed, as an error of that session. Nothing was sent. */
export function signingError(error: unknown, record: BaseRecord): unknown {
  const code = error instanceof AuthorizationError && CODES.find((each) => each === error.code)
  return code ? ofSession(code, error, record) : error
}

function ofSession(code: SessionErrorCode, error: AuthorizationError, record: BaseRecord): SessionError {
  const { field, expected, found, action, cause } = error
  return sessionError(code, record, { field, expected, found, action, cause })
}
