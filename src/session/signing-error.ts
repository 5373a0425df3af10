import { AuthorizationError } from '../errors/authorization-error.ts'
import type { BaseRecord } from './record.ts'
import { serverSessionError } from './server-session-error.ts'
import { sessionError } from './session-error.ts'

/** What kept a session's request from being signed, as an error of that session. Nothing was sent. */
export function signingError(error: unknown, record: BaseRecord): unknown {
  if (!(error instanceof AuthorizationError)) return error
  const { code, field, expected, found, action, cause } = error
  const facts = { field, expected, found, action, cause }
  switch (code) {
    case 'client_key_missing':
      return sessionError(code, record, facts)
    case 'client_key_unusable':
    case 'signer_failed':
    case 'assertion_invalid':
      return serverSessionError(code, record, facts)
    default:
      return error
  }
}
