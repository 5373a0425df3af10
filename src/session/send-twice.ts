import { NetworkError } from '../errors/network-error.ts'
import type { Clock } from '../http/clock.ts'
import { ENDED, sleepAwake } from '../http/deadline.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { REFRESH_TIMEOUT_MS } from './limits.ts'

/** What came of sending: an answer that proves something, or why there is none. */
export interface Delivery<Answer> {
  readonly answer?: Answer
  readonly failure?: unknown
  /** The server certainly never saw the request. */
  readonly isUnsent?: boolean
}

/**
 * Row R17: sends a request; on a dead connection, or after 20 seconds without an answer, once more, letter for
 * letter. A server that has acted refuses the copy and harms nothing, or answers it as it did the first; one that has not
 * acts on it. So only a 200 proves anything once the copy is out, and the first request is still listened to.
 */
export async function sendTwice<Answer extends { readonly status: number }>(
  clock: Clock,
  send: (limits: RequestLimits) => Promise<Answer>,
): Promise<Delivery<Answer>> {
  const enough = new AbortController()
  const { signal } = enough
  const first = send({ timeoutMs: 2 * REFRESH_TIMEOUT_MS, signal })
  const early = await settledWithin(clock, REFRESH_TIMEOUT_MS, first)
  if (early?.status === 'fulfilled') return { answer: early.value }
  const failure: unknown = early?.reason
  if (failure instanceof NetworkError) {
    if (ANSWERED.has(failure.code)) return { failure, isUnsent: isTurnedAway(failure) }
    if (BEFORE_SENDING.has(failure.code)) return { failure, isUnsent: true }
  }
  const copy = send({ timeoutMs: REFRESH_TIMEOUT_MS, signal })
  const answers = [first, copy].map(async (sending) => {
    const answer = await sending
    if (answer.status !== 200) throw new Error('proves nothing')
    return answer
  })
  const proof = Promise.any(answers).then(
    (answer) => ({ answer }),
    () => ({ failure }),
  )
  return proof.finally(() => enough.abort())
}

/** Failures that began with an answer: the server was there, and another copy would tell no more. */
const ANSWERED: ReadonlySet<string> = new Set(['redirected', 'answer_cut_off', 'too_large'])

/** Failures of a request that never left. */
const BEFORE_SENDING: ReadonlySet<string> = new Set(['unreachable', 'insecure_url', 'address_forbidden'])

/** A redirect that nobody followed. A fetch that follows it against its orders has sent the token on. */
function isTurnedAway({ code, response }: NetworkError): boolean {
  return code === 'redirected' && response?.redirected !== true
}

/** How a promise settles, or undefined where it takes longer. */
async function settledWithin<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
): Promise<PromiseSettledResult<T> | undefined> {
  const enough = new AbortController()
  const late = sleepAwake(clock, ms, enough.signal).catch(() => {}) // settled first
  const settled = Promise.allSettled([promise]).then(([outcome]) => outcome)
  return (await Promise.race([settled, late]).finally(() => enough.abort(ENDED))) ?? undefined
}
