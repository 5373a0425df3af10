import { AtproofError } from '../errors/atproof-error.ts'
import type { AuthorizationError } from '../errors/authorization-error.ts'
import type { DiscoveryError } from '../errors/discovery-error.ts'
import type { IdentityError } from '../errors/identity-error.ts'
import type { NetworkError } from '../errors/network-error.ts'
import type { SessionError } from '../errors/session-error.ts'
import type { StorageError } from '../errors/storage-error.ts'
import type { XrpcError } from '../errors/xrpc-error.ts'

/** The errors of this library, by their names. */
export interface ErrorFamilies {
  readonly AuthorizationError: AuthorizationError
  readonly DiscoveryError: DiscoveryError
  readonly IdentityError: IdentityError
  readonly NetworkError: NetworkError
  readonly SessionError: SessionError
  readonly StorageError: StorageError
  readonly XrpcError: XrpcError
}

/**
 * Narrows an error to one of this library by its name: also to those whose classes a page loads with a sign-in only, so that
 * `instanceof` cannot ask for them.
 *
 * @example
 * if (isAtproofError(error, 'AuthorizationError')) draft.value = error.state ?? ''
 */
export function isAtproofError<N extends keyof ErrorFamilies>(error: unknown, name: N): error is ErrorFamilies[N] {
  return error instanceof AtproofError && error.name === name
}
