import { NetworkError } from '../errors/network-error.ts'
import type { Clock } from './clock.ts'

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** How requests leave: everything outside that a test or an app may replace. */
export interface Transport {
  readonly fetch: Fetch
  readonly clock: Clock
  /** Origins that may be http and on this machine. */
  readonly allowLoopback: ReadonlySet<string>
  /** Refuses a URL that must not be sent anything. @throws NetworkError `insecure_url`, `address_forbidden` */
  readonly guard: (url: URL) => void
  /** Whether a failed fetch certainly never reached its server. */
  readonly isUnsent: (error: unknown) => boolean
  /** Whether what one request of a server begins must not be waited for by another. @default false */
  readonly isolatesRequests?: boolean
  /** Whether `fetch` throws for a `cache` mode. @default false */
  readonly refusesCacheMode?: boolean
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
 * Whether this is a redirect, or what came of one that a `fetch` followed although it was told not to. A browser hides a
 * redirect behind an opaque response with the status 0.
 */
export function isRedirect({ type, status, redirected }: Response): boolean {
  return redirected || type === 'opaqueredirect' || (status >= 300 && status < 400)
}

/**
 * Refuses a redirect: nothing that was sent is carried on to wherever an answer points.
 *
 * @throws NetworkError `redirected`
 */
export function assertNoRedirect(url: string, response: Response): void {
  if (!isRedirect(response)) return
  response.body?.cancel().catch(() => {}) // nobody reads it
  throw new NetworkError('redirected', { url: bareUrl(url), found: response.status, response })
}

/** A URL as it may stand in a message: its query can hold what nobody should read. */
export function bareUrl(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
