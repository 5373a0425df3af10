/**
 * Does work that asks several at once, of whom not all are needed. The signal for those ends what is still under way when
 * the work is done, and when the caller gives up.
 */
export async function untilDecided<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const decided = new AbortController()
  try {
    return await work(signal ? AbortSignal.any([signal, decided.signal]) : decided.signal)
  } finally {
    decided.abort()
  }
}
