import { NetworkError } from '../errors.ts'
import { isAddressLiteral, isPrivateName, isPublicAddress } from './address.ts'
import type { Clock } from './clock.ts'
import { withDeadline } from './deadline.ts'

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** How requests leave: everything outside that a test or an app may replace. */
export interface Transport {
  readonly fetch: Fetch
  readonly clock: Clock
  /** Origins that may be http and on this machine. */
  readonly allowLoopback: ReadonlySet<string>
  /** Whether a failed fetch certainly never reached its server. */
  readonly isUnsent: (error: unknown) => boolean
  /** Whether what one request of a server begins must not be waited for by another. @default false */
  readonly isolatesRequests?: boolean
  /** Whether `fetch` throws for a `cache` mode. @default false */
  readonly refusesCacheMode?: boolean
}

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

/** Fetches without following redirects, and says of a failure whether the request can have been seen. */
export async function fetchOnce(transport: Transport, url: string, init: RequestInit): Promise<Response> {
  try {
    // Called off the object: a browser's fetch refuses a `this` that is not the window.
    const { fetch } = transport
    return await fetch(url, { ...init, redirect: 'manual' })
  } catch (cause) {
    if (init.signal?.aborted) throw init.signal.reason
    const reason = cause instanceof Error ? cause.cause : undefined
    if (reason instanceof NetworkError) throw reason
    const code = transport.isUnsent(cause) ? 'unreachable' : 'connection_failed'
    throw new NetworkError(code, { url: bareUrl(url), cause })
  }
}

/**
 * Part of a request whose answer must come from the server itself: how old an answer may be is decided here, and a
 * browser's own cache knows nothing of it.
 */
export function pastCaches({ refusesCacheMode }: Pick<Transport, 'refusesCacheMode'>): RequestInit {
  return refusesCacheMode ? {} : { cache: 'no-cache' }
}

/** Refuses a URL that is not https to a public host, unless its origin is one that `allowLoopback` names. */
export function assertAllowed(transport: Pick<Transport, 'allowLoopback'>, url: string): void {
  const { protocol, hostname, origin, username, password } = new URL(url)
  if (transport.allowLoopback.has(origin)) return
  if (protocol !== 'https:' || username || password) {
    throw new NetworkError('insecure_url', {
      // `data:` and `mailto:` have no origin.
      url: origin === 'null' ? protocol : origin,
      expected: 'https and no credentials',
      found: protocol,
      action: 'for development, name this origin in `allowLoopback`',
    })
  }
  if (isAddressLiteral(hostname) ? !isPublicAddress(hostname) : isPrivateName(hostname)) {
    throw new NetworkError('address_forbidden', {
      field: 'host',
      expected: 'a host of the public internet',
      found: hostname,
    })
  }
}

/**
 * Whether this is a redirect, or what came of one that a `fetch` followed although it was told not to. A browser hides a
 * redirect behind an opaque response with the status 0.
 */
export function isRedirect({ type, status, redirected }: Response): boolean {
  return redirected || type === 'opaqueredirect' || (status >= 300 && status < 400)
}

function assertNoRedirect(url: string, response: Response): void {
  if (!isRedirect(response)) return
  response.body?.cancel().catch(() => {}) // nobody reads it
  throw new NetworkError('redirected', { url: bareUrl(url), found: response.status, response })
}

/** A URL as it may stand in a message: its query can hold what nobody should read. */
export function bareUrl(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
