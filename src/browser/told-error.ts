import { AtproofError } from '../errors/atproof-error.ts'
import { AuthorizationError, isAuthorizationErrorCode } from '../errors/authorization-error.ts'

/** What one window tells another of an error: a code of ours, and nothing of what it holds. */
export function codeOf(error: unknown): string {
  return error instanceof AtproofError ? error.code : 'sign_in_elsewhere'
}

/** The error that a window told of. The code of another family is named in it. */
export function errorOf(code: string, state: string | undefined): AuthorizationError {
  if (isAuthorizationErrorCode(code)) return new AuthorizationError(code, { state, retryable: false })
  const detail = /^[a-z_]{1,40}$/.test(code) ? code : undefined
  return new AuthorizationError('sign_in_elsewhere', { detail, state })
}
