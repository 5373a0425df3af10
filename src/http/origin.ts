import type { Transport } from './transport.ts'

/**
 * Reads the URL of a server and gives its origin. It must be https, or http where `allowLoopback` names it, and be
 * nothing but an origin: no credentials, path, query or fragment.
 */
export function parseOrigin(transport: Pick<Transport, 'allowLoopback'>, value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined
  const url = new URL(value)
  const isBare = `${url.origin}/` === url.href && !/[?#]/.test(value)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && transport.allowLoopback.has(url.origin))
  return isBare && isSafe ? url.origin : undefined
}

/** Whether this is the URL of an endpoint that may be sent secrets: https, or http where `allowLoopback` names it. */
export function isEndpoint(transport: Pick<Transport, 'allowLoopback'>, value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, origin, username, password, hash } = new URL(value)
  if (username || password || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && transport.allowLoopback.has(origin))
}
