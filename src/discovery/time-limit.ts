import type { ErrorFacts } from '../errors/atproof-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { Deadline } from '../http/deadline.ts'

/** The deadline of a lookup, whose error names who or what was asked. */
export interface TimeLimit extends Deadline {
  readonly onTimeout: () => NetworkError
}

/** The limit of one lookup. */
export function timeLimit(
  asked: Pick<ErrorFacts, 'field' | 'url'>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): TimeLimit {
  const onTimeout = () => new NetworkError('timeout', { ...asked, expected: `an answer in ${timeoutMs} ms` })
  return { timeoutMs, onTimeout, signal }
}
