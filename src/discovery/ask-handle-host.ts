import type { ErrorFacts } from '../errors/atproof-error.ts'
import { IdentityError } from '../errors/identity-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import { assertAllowed } from '../http/allowed-url.ts'
import { readText } from '../http/body.ts'
import { withDeadline } from '../http/deadline.ts'
import { pastCaches } from '../http/exchange.ts'
import { bareUrl, fetchOnce, isRedirect, type Transport } from '../http/transport.ts'
import { isAtprotoDid } from '../syntax/account-did.ts'
import type { Handle } from '../syntax/handle.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import { isFailing } from './fetch-metadata.ts'
import type { Finding } from './finding.ts'
import { HANDLE_HOST_TIMEOUT_MS, MAX_DID_TEXT_BYTES, MOST_HANDLE_REDIRECTS } from './limits.ts'
import { timeLimit } from './time-limit.ts'

/**
 * Asks a handle's own host which DID it points to: `/.well-known/atproto-did`, any 2xx, of any media type, after at most
 * five redirects. Each of them is held against the address rules.
 *
 * @throws NetworkError
 * @throws IdentityError `handle_unresolved` for a host that answers that it fails
 * @see https://atproto.com/specs/handle#handle-resolution
 */
export async function askHandleHost(
  { transport }: { readonly transport: Transport },
  handle: Handle,
  signal: AbortSignal,
): Promise<Finding> {
  // Called off the object: a browser's fetch refuses a `this` that is not the window.
  const { clock, fetch } = transport
  const start = `https://${handle}/.well-known/atproto-did`
  return withDeadline(clock, timeLimit({ url: start }, HANDLE_HOST_TIMEOUT_MS, signal), async (stop) => {
    const init = { ...pastCaches(transport), signal: stop }
    let url = start
    for (let hops = 0; hops <= MOST_HANDLE_REDIRECTS; hops += 1) {
      assertAllowed(transport, url)
      const response = await fetchOnce(transport, url, init)
      // A browser shows nothing of a redirect, and guards the network behind it by rules of its own.
      if (response.type === 'opaqueredirect') return readDid(url, await fetch(url, init))
      const location = response.headers.get('location')
      if (!isRedirect(response) || location === null) return readDid(url, response)
      const next = parseUrl(location, url)
      if (!next) throw unresolved(url, { field: 'location', expected: 'a URL' })
      url = next.href
    }
    throw new NetworkError('too_many_redirects', { url: start, expected: `at most ${MOST_HANDLE_REDIRECTS}` })
  })
}

async function readDid(url: string, response: Response): Promise<Finding> {
  const { ok, status } = response
  if (isFailing(status)) throw unresolved(url, { field: 'status', expected: '200', found: status, response })
  if (!ok) return { did: undefined, why: `status ${status}` }
  const did = (await readText(response, MAX_DID_TEXT_BYTES)).trim()
  return isAtprotoDid(did) ? { did } : { did: undefined, why: `status ${status} and no DID` }
}

function unresolved(url: string, facts: ErrorFacts): IdentityError {
  return new IdentityError('handle_unresolved', { url: bareUrl(url), ...facts })
}
