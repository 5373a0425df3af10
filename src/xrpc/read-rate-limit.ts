import type { RateLimit } from '../errors/xrpc-error.ts'

/**
 * Reads `RateLimit-Limit`, `-Remaining`, `-Reset`, which the reference server gives in seconds since the epoch, and `-Policy`.
 *
 * @see https://docs.bsky.app/docs/advanced-guides/rate-limits
 */
export function readRateLimit(headers: Headers): RateLimit | undefined {
  const limit = headers.get('ratelimit-limit')
  // Most servers' answers have none of them.
  if (!isCount(limit)) return undefined
  const [remaining, reset] = [headers.get('ratelimit-remaining'), headers.get('ratelimit-reset')]
  if (!isCount(remaining) || !isCount(reset)) return undefined
  const policy = headers.get('ratelimit-policy') ?? undefined
  return { limit: Number(limit), remaining: Number(remaining), resetsAt: Number(reset) * 1000, policy }
}

function isCount(value: string | null): value is string {
  return value !== null && /^\d{1,15}$/.test(value)
}
