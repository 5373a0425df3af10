/**
 * Which addresses a URL that came from outside may lead to: those of the public internet. Handles, DID documents and
 * metadata name servers, and whoever writes them must not steer our requests into a private network.
 *
 * @see RFC 6890, and the IANA special-purpose address registries
 */
export function isPublicAddress(address: string): boolean {
  if (address.length > MAX_LENGTH) return false
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const v4 = parseIpv4(bare)
  if (v4 !== undefined) return isPublicIpv4(v4)
  const v6 = parseIpv6(bare)
  return v6 !== undefined && isPublicIpv6(v6)
}

/** More than any address, its brackets and the name of an interface take. */
const MAX_LENGTH = 128

/** Whether a URL's host is the literal of an address, as the URL parser normalises it. */
export function isAddressLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || parseIpv4(hostname) !== undefined
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

const FORBIDDEN_IPV4: readonly (readonly [prefix: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

function isPublicIpv4(address: number): boolean {
  return !FORBIDDEN_IPV4.some(([prefix, bits]) => {
    const start = parseIpv4(prefix) ?? 0
    return address >>> (32 - bits) === start >>> (32 - bits)
  })
}

function isPublicIpv6(groups: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  const embedded = ((g << 16) | h) >>> 0
  const isMapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff
  const isNat64 = a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0
  if (isMapped || isNat64) return isPublicIpv4(embedded)
  const isGlobalUnicast = a >>> 13 === 1
  const isProtocolAssignment = a === 0x2001 && b < 0x200
  const isDocumentation = (a === 0x2001 && b === 0xdb8) || a === 0x3fff
  const is6to4 = a === 0x2002
  return isGlobalUnicast && !isProtocolAssignment && !isDocumentation && !is6to4
}

function parseIpv4(text: string): number | undefined {
  const found = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text)
  if (!found) return undefined
  const parts = found.slice(1).map(Number)
  if (parts.some((part) => part > 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

function parseIpv6(text: string): readonly number[] | undefined {
  const withoutTail = text.replace(/(^|:)(\d+\.\d+\.\d+\.\d+)$/, (all, colon: string, tail: string) => {
    const v4 = parseIpv4(tail)
    return v4 === undefined ? all : `${colon}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`
  })
  const halves = withoutTail.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.map((group) => Number.parseInt(group, 16))
}
