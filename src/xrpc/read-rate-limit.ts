import type { RateLimit } from '../errors.ts'

/**
 * Reads `RateLimit-Limit`, `-Remaining` and `-Reset`, which the reference server gives in seconds since the epoch.
 *
 * @see https://docs.bsky.app/docs/advanced-guides/rate-limits
 */
export function readRateLimit(headers: Headers): RateLimit | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`))
  if (!isCount(limit) || !isCount(remaining) || !isCount(reset)) return undefined
  return { limit: Number(limit), remaining: Number(remaining), resetsAt: Number(reset) * 1000 }
}

function isCount(value: string | null | undefined): value is string {
  return typeof value === 'string' && /^\d{1,15}$/.test(value)
}
