import type { RateLimit } from '../errors/xrpc-error.ts'
import { parseRetryAfter } from '../http/pause.ts'
import { isRetryable } from './is-retryable.ts'

/** The last day that a Date can name: a server that asks for more means never. */
const LAST_TIME_MS = 8.64e15

/**
 * When a server wants a call again that it refused for now: `Retry-After`, or the end of a window without calls left.
 *
 * @param now by the clock of this machine
 * @returns by that clock, in ms since the epoch; undefined where the server does not say
 */
export function readRetryAt(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  rateLimit: RateLimit | undefined,
  now: number,
): number | undefined {
  if (!isRetryable(status)) return undefined
  const date = Date.parse(headers.get('date') ?? '')
  // The server names times by its own clock.
  const serverNow = Number.isNaN(date) ? now : date
  const pause = parseRetryAfter({ headers }, serverNow) ?? restOfWindow(status, rateLimit, serverNow)
  return pause === undefined ? undefined : Math.min(now + pause, LAST_TIME_MS)
}

/** A window with calls left is not what refused: a PDS adds its own to what a service behind it answers. */
function restOfWindow(status: number, rateLimit: RateLimit | undefined, now: number): number | undefined {
  if (status !== 429 || !rateLimit || rateLimit.remaining > 0) return undefined
  return Math.max(0, rateLimit.resetsAt - now)
}
