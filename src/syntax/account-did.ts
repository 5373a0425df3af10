import { type Did, isDid } from './did.ts'

const WEB = 'did:web:'

/**
 * Whether this is a did:web whose host and path make a URL.
 *
 * @see https://w3c-ccg.github.io/did-method-web/
 */
export function isDidWeb(value: unknown): value is Did {
  if (!isDid(value) || !value.startsWith(WEB)) return false
  const [host = '', ...path] = value.slice(WEB.length).split(':')
  return host !== '' && URL.canParse(`https://${[host.replaceAll('%3A', ':'), ...path].join('/')}`)
}

/**
 * Whether this is a DID that an account can have: a did:plc, or a did:web of a host alone. Only `localhost` has a port, for
 * development.
 *
 * @see https://atproto.com/specs/did#blessed-did-methods
 */
export function isAtprotoDid(value: unknown): value is Did {
  if (typeof value === 'string' && /^did:plc:[a-z2-7]{24}$/.test(value)) return true
  if (!isDidWeb(value)) return false
  const host = value.slice(WEB.length)
  return !host.includes(':') && (!host.includes('%3A') || host.startsWith('localhost%3A'))
}
