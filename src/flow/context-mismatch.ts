import { AuthorizationError } from '../errors/authorization-error.ts'

/** The error for a callback that came to another browser than the one that began, however its sign-in was kept. */
export function contextMismatch(): AuthorizationError {
  return new AuthorizationError('context_mismatch', { field: 'context', expected: 'the context of this sign-in' })
}
