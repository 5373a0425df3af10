import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
  error_response: { says: 'the server answered with an error' },
  response_invalid: { says: "the server's answer does not fit the method" },
} as const

/** The codes of an {@link XrpcError}. */
export type XrpcErrorCode = keyof typeof MEANINGS

/** The server's account of how many requests are left: `RateLimit-*` headers. */
export interface RateLimit {
  /** How many requests the window allows. */
  readonly limit: number
  /** How many of them are left. */
  readonly remaining: number
  /** When the window ends, in ms since the epoch, by the server's clock. */
  readonly resetsAt: number
  /** The server's rule as it says it, such as `3000;w=300`: 3000 requests in 300 seconds. */
  readonly policy: string | undefined
}

/** What an {@link XrpcError} knows beyond the facts of every error. */
export interface XrpcErrorFacts<Client> extends ErrorFacts {
  readonly nsid: string
  readonly status: number
  readonly error: string
  readonly headers: Headers
  readonly rateLimit: RateLimit | undefined
  /** When the server wants the call again, in ms since the epoch. */
  readonly retryAt?: number | undefined
  readonly client: Client
}

/** An error that the server answered to an XRPC call. Narrow it with `isXrpcError`. */
export class XrpcError<Client = unknown> extends AtproofError<XrpcErrorCode> {
  override readonly name = 'XrpcError'
  /** The method that was called. */
  readonly nsid: string
  /** The HTTP status. */
  readonly status: number
  /** The error's name as the server gave it, or the empty string where it gave none. */
  readonly error: string
  readonly rateLimit: RateLimit | undefined
  /**
   * When the server wants the call again, in ms since the epoch by the clock of this machine: from `Retry-After`, or from
   * the end of a window that has no calls left (`RateLimit-Reset`). Undefined where the server does not say.
   */
  readonly retryAt: number | undefined
  declare readonly headers: Headers
  /** The client over the session as it is after this call. */
  declare readonly client: Client

  constructor(code: XrpcErrorCode, facts: XrpcErrorFacts<Client>) {
    super(code, MEANINGS[code], facts)
    this.nsid = facts.nsid
    this.status = facts.status
    this.error = facts.error
    this.rateLimit = facts.rateLimit
    this.retryAt = facts.retryAt
    const { headers } = facts
    // As with the response.
    Object.defineProperty(this, 'headers', { get: () => headers, enumerable: false })
    Object.defineProperty(this, 'client', { value: facts.client, enumerable: false })
  }
}
