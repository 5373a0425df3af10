import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'

/** Who calls: an account whose access token was proved, or that signed in with its password. */
export interface Caller {
  readonly did: string
  /** The scope of its session, tokens separated by blanks. A password session may do everything. */
  readonly scope: string
  /** Undefined for a password session. */
  readonly clientId: string | undefined
}

/**
 * Answers an XRPC method: with a Response, or with what is its JSON; undefined is an answer without a body. One that
 * throws is a 500 InternalServerError, whose message says what was thrown.
 */
export type MethodHandler = (request: Request, caller: Caller | undefined) => unknown

/**
 * One of our own methods: asks the call for its parameters, its caller and its input, in this order, as the reference
 * server checks them. It refuses by throwing an XrpcRefusal.
 */
export interface Method {
  readonly verb: 'GET' | 'POST'
  readonly answer: (call: Call) => unknown
}

/** Methods by NSID. */
export type Methods = Readonly<Record<string, Method>>

/** A method that is asked with GET. */
export function query(answer: Method['answer']): Method {
  return { verb: 'GET', answer }
}

/** A method that is asked with POST. */
export function procedure(answer: Method['answer']): Method {
  return { verb: 'POST', answer }
}

/** The answer of a handler as a response. */
export async function respondWith(answer: unknown): Promise<Response> {
  const value = await answer
  if (value instanceof Response) return value
  return value === undefined ? new Response(null) : answerJson(value)
}
