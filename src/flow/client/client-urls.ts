import { parseUrl } from '../../syntax/parse-url.ts'

/** Names that only one machine or nobody knows: no server fetches anything there (RFC 2606, RFC 6761). */
const LOCAL_DOMAINS: ReadonlySet<string> = new Set(['test', 'local', 'localhost', 'invalid', 'example'])

/** What a URI is written with (RFC 3986 §2). A URL parser takes more, and reads it in its own way. */
const URI = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/

/** Whether this can be the id of a client: the https URL of its metadata document, letter for letter. */
export function isClientId(text: string): boolean {
  const url = parseUrl(text)
  return (
    url?.protocol === 'https:' &&
    // A server compares the client id with the URL that it fetched.
    url.href === text &&
    url.port === '' &&
    // Neither an empty path nor that of a folder: servers take neither.
    !url.pathname.endsWith('/') &&
    !hasExtras(url, text) &&
    !isAddress(url.hostname) &&
    !isLocalName(url.hostname)
  )
}

/** Whether this is the https URL of something on the public internet: a picture, a page, a key set. */
export function isPublicUrl(text: string): boolean {
  const url = /^https:\/\/[^/]/.test(text) && URI.test(text) ? parseUrl(text) : undefined
  if (!url) return false
  const { username, password, hostname } = url
  if (username || password || hostname === '127.0.0.1' || hostname === '[::1]') return false
  return isAddress(hostname) || (hostname.includes('.') && !hostname.endsWith('.local'))
}

/** Whether one URL is on the origin of another, at its path or at one above it. */
export function isParentUrl(parent: string, child: string): boolean {
  const [above, below] = [new URL(parent), new URL(child)]
  if (above.origin !== below.origin) return false
  const folder = above.pathname.endsWith('/') ? above.pathname : `${above.pathname}/`
  return below.pathname === above.pathname || below.pathname.startsWith(folder)
}

/** What kind of redirect URI this is; each has rules of its own. Undefined for one that no client may have. */
export type RedirectKind = 'web' | 'loopback' | 'private-use'

/**
 * Tells the kinds of redirect URIs apart.
 *
 * @see RFC 8252 §7
 */
export function redirectKindOf(uri: string): RedirectKind | undefined {
  // RFC 6749 §3.1.2: no fragment, not even an empty one.
  if (!URI.test(uri) || uri.includes('#') || !parseUrl(uri)) return undefined
  if (isLoopbackUri(uri)) return 'loopback'
  if (isWebUri(uri)) return 'web'
  // A domain name in reverse, one slash, and then no second one.
  return /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:\/(?!\/)/.test(uri) ? 'private-use' : undefined
}

/** The scheme of a native client's own redirect URIs: its host in reverse. */
export function privateUseScheme(clientId: string): string {
  return new URL(clientId).hostname.split('.').toReversed().join('.')
}

/** RFC 8252 §8.3: the literal of the address, since the name `localhost` may lead elsewhere. */
export function isLoopbackUri(uri: string): boolean {
  return /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?]|$)/.test(uri) && parseUrl(uri) !== undefined
}

/** A loopback redirect URI without the port that it may have. */
export function withoutPort(uri: string): string {
  return uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\])):\d+/, '$1')
}

/** Servers compare redirect URIs as texts, so that a default port spelled out makes another URI. */
function isWebUri(uri: string): boolean {
  return isPublicUrl(uri) && !isLocalName(new URL(uri).hostname) && !/^https:\/\/[^/?]*:443(?:[/?]|$)/.test(uri)
}

function hasExtras({ username, password }: URL, text: string): boolean {
  return text.includes('#') || username !== '' || password !== ''
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^(?:\d+\.){3}\d+$/.test(hostname)
}

function isLocalName(hostname: string): boolean {
  const labels = hostname.split('.')
  return labels.length < 2 || LOCAL_DOMAINS.has(labels.at(-1) ?? '')
}
