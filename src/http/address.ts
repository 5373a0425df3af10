import { parseUrl } from '../syntax/parse-url.ts'

/**
 * Which addresses a URL that came from outside may lead to: those of the public internet. Handles, DID documents and
 * metadata name servers, and whoever writes them must not steer our requests into a private network.
 *
 * @see RFC 6890, and the IANA special-purpose address registries
 */
export function isPublicAddress(address: string): boolean {
  if (address.length > MAX_LENGTH) return false
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (isIpv4(bare)) return isPublicIpv4(numberOf(bare))
  // As a URL parser writes it: in lower case, without leading zeros, its longest run of zeros left out (RFC 5952).
  const v6 = /^[\da-f:.]+$/i.test(bare) ? (parseUrl(`http://[${bare}]`)?.hostname.slice(1, -1) ?? '') : ''
  const [, high = '', low = ''] = EMBEDDED_IPV4.exec(v6) ?? []
  if (high) return isPublicIpv4(Number.parseInt(high, 16) * 2 ** 16 + Number.parseInt(low, 16))
  return PUBLIC_IPV6.test(v6)
}

/** More than any address, its brackets and the name of an interface take. */
const MAX_LENGTH = 128

/** Whether a URL's host is the literal of an address, as the URL parser normalises it. */
export function isAddressLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || isIpv4(hostname)
}

/** Whether a URL's host is this machine itself, as `allowLoopback` may name it. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\]|.*\.localhost)$/.test(hostname)
}

/**
 * Names that lead to this machine or its own network by definition (RFC 6761, RFC 6762, RFC 8375), and those of one label,
 * which only a private network knows.
 */
export function isPrivateName(hostname: string): boolean {
  return /^[^.]*\.?$|(?:^|\.)(?:localhost|local|internal|localdomain|home\.arpa)\.?$/.test(hostname)
}

const FORBIDDEN_IPV4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]
/** An address of IPv4 in one of IPv6: mapped (`::ffff:0:0/96`), or behind NAT64 (`64:ff9b::/96`). */
const EMBEDDED_IPV4 = /^(?:::ffff|64:ff9b:):([\da-f]+):([\da-f]+)$/
/** Global unicast, `2000::/3`, but for protocol assignments (`2001::/23`), documentation and 6to4. */
const PUBLIC_IPV6 = /^(?!2001:(?:1?[\da-f]{0,2}|db8):|2002:|3fff:)[23][\da-f]{3}:/

function isPublicIpv4(address: number): boolean {
  return !FORBIDDEN_IPV4.some((range) => {
    const [start = '', bits] = range.split('/')
    return (address ^ numberOf(start)) >>> (32 - Number(bits)) === 0
  })
}

/** Four decimal numbers without leading zeros: a URL parser writes everything else as that, or refuses it. */
function isIpv4(text: string): boolean {
  return /^[\d.]+$/.test(text) && parseUrl(`http://${text}`)?.hostname === text
}

function numberOf(ipv4: string): number {
  return ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
