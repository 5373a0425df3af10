import { XrpcError } from '../errors.ts'
import type { XrpcClient } from './client.ts'
import type { ErrorNameOf, MethodName } from './registry.ts'

/**
 * Narrows an error to what a method answered. The names of its lexicon complete; any other may be given as well.
 *
 * @example
 * if (isXrpcError(error, 'com.atproto.repo.getRecord', 'RecordNotFound')) return undefined
 */
export function isXrpcError<N extends MethodName, E extends ErrorNameOf<N>>(
  error: unknown,
  nsid: N,
  name?: E,
): error is XrpcError<XrpcClient> & { readonly nsid: N; readonly error: E } {
  return error instanceof XrpcError && error.nsid === nsid && (name === undefined || error.error === name)
}
