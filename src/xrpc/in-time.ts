import { NetworkError } from '../errors/network-error.ts'
import type { Clock } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import { bareUrl } from '../http/transport.ts'
import { CALL_TIMEOUT_MS } from './limits.ts'

/** What of a call has to do with time. */
interface TimedCall {
  readonly path: string
  readonly signal: AbortSignal | null | undefined
  readonly timeoutMs: number | undefined
}

/** Holds a call to its time, whose end is told by the monotonic clock. */
export function inTime<T>(
  clock: Clock,
  { path, signal, timeoutMs = CALL_TIMEOUT_MS }: TimedCall,
  run: (signal: AbortSignal, endsAt: number) => Promise<T>,
): Promise<T> {
  const onTimeout = () =>
    new NetworkError('timeout', { url: bareUrl(path), expected: `an answer in ${timeoutMs} ms` })
  const endsAt = clock.monotonic() + timeoutMs
  return withDeadline(clock, { timeoutMs, onTimeout, signal: signal ?? undefined }, (stop) => run(stop, endsAt))
}
