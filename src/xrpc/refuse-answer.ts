import { XrpcError } from '../errors.ts'
import type { Did } from '../syntax/did.ts'
import type { XrpcResult } from './call-options.ts'

/** What of an answer does not do. */
export interface AnswerFault {
  readonly field: string
  readonly expected: string
  readonly found?: unknown
  readonly action?: string
}

/** The error for a successful answer that does not fit its method. */
export function refuseAnswer<D extends Did | undefined>(
  nsid: string,
  { status, headers, rateLimit, client }: XrpcResult<unknown, D>,
  fault: AnswerFault,
): XrpcError {
  return new XrpcError('response_invalid', { ...fault, nsid, error: '', status, headers, rateLimit, client })
}
