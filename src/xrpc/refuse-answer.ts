import { XrpcError } from '../errors/xrpc-error.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid } from '../syntax/nsid.ts'
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
  const found = tellable(fault.found)
  return new XrpcError('response_invalid', {
    ...fault,
    found,
    nsid,
    error: '',
    status,
    headers,
    rateLimit,
    client,
  })
}

/**
 * What may be told of a value that a server chose: names, and what kind of thing it is. A server can repeat the token that
 * it was sent wherever it likes.
 */
function tellable(value: unknown): unknown {
  if (typeof value === 'string') return isTypeName(value) ? value : 'a string'
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
}

/** The name of a definition: `com.example.note`, `com.example.defs#view`. A token has parts that are too long for one. */
function isTypeName(text: string): boolean {
  const [nsid = '', name = 'main', ...others] = text.split('#')
  return isNsid(nsid) && /^[a-zA-Z][a-zA-Z0-9]{0,30}$/.test(name) && others.length === 0
}
