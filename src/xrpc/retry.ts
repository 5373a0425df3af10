import { NetworkError } from '../errors/network-error.ts'
import { withoutRetry } from '../errors/without-retry.ts'
import { XrpcError } from '../errors/xrpc-error.ts'
import { type Clock, MINUTE, SECOND } from '../http/clock.ts'
import { bareUrl } from '../http/transport.ts'
import type { CallUnderWay } from './call.ts'
import { isRetryable } from './is-retryable.ts'
import { readRetryAt } from './read-retry-at.ts'

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

const READ_MORE = "raise `maxResponseBytes`, or read the answer as it comes, with `as: 'stream'`"

export const RETRIES = 2
export const LONGEST_RETRY_WAIT_MS: number = MINUTE

/** Failures of a connection, after which nobody knows whether the server acted. */
const DEAD: ReadonlySet<string> = new Set(['unreachable', 'connection_failed', 'answer_cut_off'])

/**
 * Goes on after a failure: calls again where that can help and does no harm. A pause that does not fit into the call's
 * time is not begun: the call fails at once, with the server's answer.
 *
 * @throws what failed last
 * @see https://atproto.com/specs/xrpc#error-responses
 */
export async function sendAgain<T>(underWay: CallUnderWay, failure: unknown, send: () => Promise<T>): Promise<T> {
  const { caller, settings, request, endsAt } = underWay
  const { limit = RETRIES } = settings.retry ?? {}
  let last = failure
  for (let retries = 0; retries < limit && mayRepeat(underWay, last); retries++) {
    const pause = pauseAfter(underWay, last, retries)
    if (pause === undefined || caller.clock.monotonic() + pause >= endsAt) break
    await caller.clock.sleep(pause, request.signal)
    try {
      return await send()
    } catch (error) {
      last = error
    }
  }
  throw explained(last)
}

/** What is too large stays so: says how it can be read. */
function explained(error: unknown): unknown {
  const isTooLarge = error instanceof NetworkError && error.code === 'too_large'
  return isTooLarge ? withoutRetry(error, READ_MORE) : error
}

/** A query harms nobody; a procedure must not be acted on twice. */
function mayRepeat({ call, settings, request }: CallUnderWay, error: unknown): boolean {
  if (!request.isRepeatable) return false
  const isQuery = call.method === 'GET'
  const { procedures = false } = settings.retry ?? {}
  if (error instanceof NetworkError) {
    // Of another request: a refresh that failed has its own pauses.
    if (error.url !== undefined && !error.url.endsWith(bareUrl(request.path))) return false
    return isQuery ? DEAD.has(error.code) : procedures && error.code === 'unreachable'
  }
  // An answer that does not fit its method has a status that is no failure.
  if (!(error instanceof XrpcError)) return false
  return isQuery ? isRetryable(error.status) : procedures && error.status === 429
}

/**
 * How long to wait: as the server asks, or 1 s, 2 s, 4 s and so on. Callers that failed together do not come back together.
 *
 * @returns undefined where the server asks for more than the caller allows
 */
function pauseAfter(
  { caller: { clock, random }, settings }: CallUnderWay,
  error: unknown,
  retries: number,
): number | undefined {
  const { longestWaitMs = LONGEST_RETRY_WAIT_MS } = settings.retry ?? {}
  const [byte = 0] = random(1)
  const share = byte / 256
  const retryAt = error instanceof XrpcError ? (error.retryAt ?? askedFor(error, clock)) : undefined
  if (retryAt === undefined) return Math.min(SECOND * 2 ** retries, longestWaitMs) * (0.5 + share / 2)
  const asked = Math.max(0, retryAt - clock.now())
  return asked > longestWaitMs ? undefined : asked + SECOND * share
}

/** When the server wants the call again, by an answer that nothing could read when it came. */
function askedFor({ response, rateLimit }: XrpcError, clock: Clock): number | undefined {
  return response && readRetryAt(response, rateLimit, clock.now())
}
