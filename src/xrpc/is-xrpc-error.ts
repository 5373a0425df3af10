import { XrpcError } from '../errors/xrpc-error.ts'
import type { AskedErrorName } from './asked-error-name.ts'
import type { XrpcClient } from './xrpc-client.ts'
import type { ErrorNameOf, MethodName } from './registry.ts'

/** An error that a method answered, by its name. */
export interface AnsweredError<N extends MethodName, E extends string> extends XrpcError<XrpcClient> {
  readonly nsid: N
  readonly error: E
}

/**
 * Narrows an error to what a method answered. The names of its lexicon complete; any other may be given as well, but for
 * those that only other methods declare. Without a name, `switch (error.error)` completes them.
 *
 * @example
 * if (isXrpcError(error, 'com.atproto.repo.getRecord', 'RecordNotFound')) return undefined
 */
export function isXrpcError<N extends MethodName, E extends ErrorNameOf<N>>(
  error: unknown,
  nsid: N,
  name?: AskedErrorName<N, E>,
): error is AnsweredError<N, E> {
  return error instanceof XrpcError && error.nsid === nsid && (name === undefined || error.error === name)
}
