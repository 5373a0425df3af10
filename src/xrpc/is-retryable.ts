/** Statuses after which the same call can succeed later. What is wrong behind a PDS for a moment shows as 500. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

/** Whether the same call can succeed later. */
export function isRetryable(status: number): boolean {
  return RETRYABLE.has(status)
}
