const LOOPBACK = new Set(['127.0.0.1', '[::1]'])

/** What kind of redirect URI this is: each has rules of its own. Undefined for one that no client may have. */
export type RedirectKind = 'web' | 'loopback' | 'private-use'

/** Tells the kinds apart, as the reference server does (RFC 8252 §7). */
export function readRedirectUri(uri: string): RedirectKind | undefined {
  if (!URL.canParse(uri)) return undefined
  const { protocol, hostname, pathname, host } = new URL(uri)
  if (protocol === 'http:') return LOOPBACK.has(hostname) ? 'loopback' : undefined
  if (protocol === 'https:') return isPublicName(hostname) ? 'web' : undefined
  // `com.example.app:/callback`: a domain name in reverse, one slash.
  return protocol.includes('.') && host === '' && !pathname.startsWith('//') ? 'private-use' : undefined
}

/** Whether a client that declared one may use the other: exactly, and for a loopback address with any port. */
export function isSameRedirect(declared: string, requested: string): boolean {
  if (declared === requested) return true
  if (readRedirectUri(declared) !== 'loopback') return false
  const [mine, theirs] = [new URL(declared), new URL(requested)]
  // RFC 8252 §7.3: any port will do where none is declared; a declared one is part of what is compared.
  if (!mine.port) theirs.port = ''
  return mine.href === theirs.href
}

/** Names that only this machine or nobody knows: no client is there (RFC 2606, RFC 6761). */
export function isLocalName(hostname: string): boolean {
  return !hostname.includes('.') || /\.(test|local|localhost|invalid|example)$/i.test(hostname)
}

function isPublicName(hostname: string): boolean {
  return !LOOPBACK.has(hostname) && hostname.includes('.') && !hostname.endsWith('.local')
}
