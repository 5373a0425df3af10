import { NetworkError } from '../errors/network-error.ts'
import { XrpcError } from '../errors/xrpc-error.ts'
import { type Clock, MINUTE, SECOND } from '../http/clock.ts'
import type { Random } from '../http/random.ts'

/** Whether and how a call that failed is sent again. */
export interface RetryOptions {
  /** How often a call is sent again at most. @default 2 */
  readonly limit?: number | undefined
  /**
   * Whether procedures are sent again, too, where the server has certainly not acted: it refused for too many requests
   * (429), or no connection to it came about. Queries are in any case, also after 500, 502, 503, 504 and dead connections.
   *
   * @default false
   */
  readonly procedures?: boolean | undefined
  /**
   * The longest pause before a call is sent again, in ms. Where the server asks for more, the call fails at once, with
   * `retryAt` on its error.
   *
   * @default 60_000
   */
  readonly longestWaitMs?: number | undefined
}

export const RETRIES = 2
export const LONGEST_RETRY_WAIT_MS: number = MINUTE

/** Statuses after which the same call can succeed later. What is wrong behind a PDS for a moment shows as 500. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
/** Failures of a connection, after which nobody knows whether the server acted. */
const DEAD: ReadonlySet<string> = new Set(['unreachable', 'connection_failed', 'answer_cut_off'])

/** Whether the same call can succeed later. */
export function isRetryable(status: number): boolean {
  return RETRYABLE.has(status)
}

/** What is to be known of a call to send it again. */
export interface Retrying {
  readonly options: RetryOptions | undefined
  /** The path of its URL, without the query. */
  readonly path: string
  readonly isQuery: boolean
  /** Whether its body can be sent again. */
  readonly isRepeatable: boolean
  readonly clock: Clock
  readonly random: Random
  /** When its time is over, by the monotonic clock. */
  readonly endsAt: number
  readonly signal: AbortSignal
}

/**
 * Calls, and again where that can help and does no harm. A pause that does not fit into the call's time is not begun: the
 * call fails at once, with the server's answer.
 *
 * @see https://atproto.com/specs/xrpc#error-responses
 */
export async function withRetries<T>(retrying: Retrying, call: () => Promise<T>): Promise<T> {
  const { options: { limit = RETRIES } = {}, clock, signal } = retrying
  for (let retries = 0; ; retries++) {
    try {
      return await call()
    } catch (error) {
      if (retries >= limit || !mayRepeat(retrying, error)) throw error
      const pause = pauseAfter(retrying, error, retries)
      if (pause === undefined || clock.monotonic() + pause >= retrying.endsAt) throw error
      await clock.sleep(pause, signal)
    }
  }
}

/** A query harms nobody; a procedure must not be acted on twice. */
function mayRepeat({ options, path, isQuery, isRepeatable }: Retrying, error: unknown): boolean {
  if (!isRepeatable) return false
  if (error instanceof NetworkError) {
    // Of another request: a refresh that failed has its own pauses.
    if (error.url !== undefined && !error.url.endsWith(path)) return false
    return isQuery ? DEAD.has(error.code) : options?.procedures === true && error.code === 'unreachable'
  }
  // An answer that does not fit its method has a status that is no failure.
  if (!(error instanceof XrpcError)) return false
  return isQuery ? isRetryable(error.status) : options?.procedures === true && error.status === 429
}

/**
 * How long to wait: as the server asks, or 1 s, 2 s, 4 s and so on. Callers that failed together do not come back together.
 *
 * @returns undefined where the server asks for more than the caller allows
 */
function pauseAfter({ options, clock, random }: Retrying, error: unknown, retries: number): number | undefined {
  const { longestWaitMs = LONGEST_RETRY_WAIT_MS } = options ?? {}
  const [byte = 0] = random(1)
  const share = byte / 256
  const retryAt = error instanceof XrpcError ? error.retryAt : undefined
  if (retryAt === undefined) return Math.min(SECOND * 2 ** retries, longestWaitMs) * (0.5 + share / 2)
  const asked = Math.max(0, retryAt - clock.now())
  return asked > longestWaitMs ? undefined : asked + SECOND * share
}
