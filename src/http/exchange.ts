import { NetworkError } from '../errors/network-error.ts'
import { assertAllowed } from './allowed-url.ts'
import { withDeadline } from './deadline.ts'
import { assertNoRedirect, bareUrl, fetchOnce, type Transport } from './transport.ts'

/** The limits of one request. */
export interface RequestLimits {
  /** Time until the answer is read. @default 10_000 */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** How long a request of discovery or sign-in may take, in ms. */
export const REQUEST_TIMEOUT_MS = 10_000

/**
 * Sends one request and reads its answer in one time limit. Follows no redirect: no token, code or assertion ever goes
 * where the first server points.
 *
 * @throws NetworkError `insecure_url`, `address_forbidden`, `unreachable`, `connection_failed`, `timeout`,
 *   `redirected`, `answer_cut_off`
 */
export async function exchange<T>(
  transport: Transport,
  request: { readonly url: string; readonly init: RequestInit },
  limits: RequestLimits,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { url, init } = request
  assertAllowed(transport, url)
  const timeoutMs = limits.timeoutMs ?? REQUEST_TIMEOUT_MS
  const onTimeout = () =>
    new NetworkError('timeout', { url: bareUrl(url), expected: `an answer in ${timeoutMs} ms` })
  return withDeadline(transport.clock, { timeoutMs, onTimeout, signal: limits.signal }, async (signal) => {
    const response = await fetchOnce(transport, url, { ...init, signal })
    assertNoRedirect(url, response)
    return read(response)
  })
}

/**
 * Part of a request whose answer must come from the server itself: how old an answer may be is decided here, and a
 * browser's own cache knows nothing of it.
 */
export function pastCaches({ refusesCacheMode }: Pick<Transport, 'refusesCacheMode'>): RequestInit {
  return refusesCacheMode ? {} : { cache: 'no-cache' }
}
