/** Who calls: an account whose access token was proved, or that signed in with its password. */
export interface Caller {
  readonly did: string
  /** The scope of its session, tokens separated by blanks. A password session may do everything. */
  readonly scope: string
  /** Undefined for a password session. */
  readonly clientId: string | undefined
}

/** Answers an XRPC method: with a Response, or with what is its JSON. */
export type MethodHandler = (request: Request, caller: Caller | undefined) => unknown

/** A call of one of our own methods. */
export interface MethodCall {
  readonly request: Request
  readonly params: URLSearchParams
  readonly caller: Caller | undefined
}

/** One of our own methods. It refuses by throwing an XrpcRefusal. */
export interface Method {
  readonly verb: 'GET' | 'POST'
  readonly answer: (call: MethodCall) => unknown
}

/** Methods by NSID. */
export type Methods = Readonly<Record<string, Method>>

/** The answer of a handler as a response. */
export async function respondWith(answer: unknown): Promise<Response> {
  const value = await answer
  if (value instanceof Response) return value
  return value === undefined ? new Response(null) : Response.json(value)
}
