import { parseUrl } from '../syntax/parse-url.ts'
import type { Transport } from './transport.ts'

// As they are written: a URL parser forgives a missing slash, a backslash, a line break and an empty user, which the
// grammar does not (RFC 3986 §3), and two parsers that forgive differently see two different servers.
const AUTHORITY = String.raw`\w+://[^\s/?#@\\%\p{Cc}]+`
const ORIGIN = new RegExp(`^${AUTHORITY}/?$`, 'u')
const ENDPOINT = new RegExp(String.raw`^${AUTHORITY}(?:[/?][^\s#\\\p{Cc}]*)?$`, 'u')

/**
 * Reads the URL of a server and gives its origin. It must be https, or http where `allowLoopback` names it, and be
 * nothing but an origin: no credentials, path, query or fragment.
 */
export function parseOrigin(transport: Pick<Transport, 'allowLoopback'>, value: unknown): string | undefined {
  const url = typeof value === 'string' && ORIGIN.test(value) ? parseUrl(value) : undefined
  return url && isSafe(transport, url) ? url.origin : undefined
}

/**
 * Whether this is the URL of an endpoint that may be sent secrets: https, or http where `allowLoopback` names it, and
 * neither credentials nor a fragment, not even empty ones (RFC 6749 §3.1, §3.2).
 */
export function isEndpoint(transport: Pick<Transport, 'allowLoopback'>, value: unknown): value is string {
  const url = typeof value === 'string' && ENDPOINT.test(value) ? parseUrl(value) : undefined
  return url !== undefined && isSafe(transport, url)
}

function isSafe({ allowLoopback }: Pick<Transport, 'allowLoopback'>, { protocol, origin }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && allowLoopback.has(origin))
}
