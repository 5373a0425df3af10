import { NetworkError } from '../errors/network-error.ts'
import type { Transport } from './transport.ts'

/**
 * Refuses a URL that is not https, or whose host the transport forbids, unless its origin is one that `allowLoopback`
 * names.
 *
 * @throws NetworkError `insecure_url`, `address_forbidden`
 */
export function assertSecure(
  { allowLoopback, forbidsHost }: Pick<Transport, 'allowLoopback' | 'forbidsHost'>,
  url: URL,
): void {
  const { protocol, hostname, origin, username, password } = url
  if (allowLoopback.has(origin)) return
  if (protocol !== 'https:' || username || password) {
    throw new NetworkError('insecure_url', {
      // `data:` and `mailto:` have no origin.
      url: origin === 'null' ? protocol : origin,
      expected: 'https and no credentials',
      found: protocol,
      action: 'for development, name this origin in `allowLoopback`',
    })
  }
  if (forbidsHost?.(hostname)) {
    const expected = 'a host of the public internet'
    throw new NetworkError('address_forbidden', { field: 'host', expected, found: hostname })
  }
}
