import { NetworkError } from '../errors/network-error.ts'
import { isAddressLiteral, isPrivateName, isPublicAddress } from './address.ts'
import { assertSecure } from './secure-url.ts'
import type { Transport } from './transport.ts'

/**
 * Refuses a URL that is not https to a public host, unless its origin is one that `allowLoopback` names.
 *
 * @throws NetworkError `insecure_url`, `address_forbidden`
 */
export function assertAllowed({ allowLoopback }: Pick<Transport, 'allowLoopback'>, url: string | URL): void {
  const { origin, hostname } = assertSecure(allowLoopback, new URL(url))
  if (allowLoopback.has(origin) || !isForbiddenHost(hostname)) return
  const expected = 'a host of the public internet'
  throw new NetworkError('address_forbidden', { field: 'host', expected, found: hostname })
}

/** Whether a host, as a URL has it, is none of the public internet by its name or address. */
function isForbiddenHost(hostname: string): boolean {
  return isAddressLiteral(hostname) ? !isPublicAddress(hostname) : isPrivateName(hostname)
}
