import { NetworkError } from '../errors/network-error.ts'

/**
 * Hands back a URL that is https, or whose origin is one that `allowLoopback` names.
 *
 * @throws NetworkError `insecure_url`
 */
export function assertSecure(allowLoopback: ReadonlySet<string>, url: URL): URL {
  const { protocol, origin, username, password } = url
  if (allowLoopback.has(origin) || (protocol === 'https:' && !username && !password)) return url
  throw new NetworkError('insecure_url', {
    // `data:` and `mailto:` have no origin.
    url: origin === 'null' ? protocol : origin,
    expected: 'https and no credentials',
    found: protocol,
    action: 'for development, name this origin in `allowLoopback`',
  })
}
