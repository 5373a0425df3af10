import * as fc from 'fast-check'

/** A range of addresses: its first, and how many bits of it all of them share. */
export interface Range {
  readonly start: bigint
  readonly bits: number
}

/** Ranges of IPv4 that are not on the public internet (IANA IPv4 Special-Purpose Address Registry, RFC 5771, RFC 1112). */
export const PRIVATE_V4: readonly Range[] = [
  v4Range(0, 0, 0, 0, 8),
  v4Range(10, 0, 0, 0, 8),
  v4Range(100, 64, 0, 0, 10),
  v4Range(127, 0, 0, 0, 8),
  v4Range(169, 254, 0, 0, 16),
  v4Range(172, 16, 0, 0, 12),
  v4Range(192, 0, 0, 0, 24),
  v4Range(192, 0, 2, 0, 24),
  v4Range(192, 88, 99, 0, 24),
  v4Range(192, 168, 0, 0, 16),
  v4Range(198, 18, 0, 0, 15),
  v4Range(198, 51, 100, 0, 24),
  v4Range(203, 0, 113, 0, 24),
  v4Range(224, 0, 0, 0, 4),
  v4Range(240, 0, 0, 0, 4),
]

/** Ranges of IPv6 that hold an IPv4 address in their last 32 bits, which says where they lead. */
export const EMBEDDING_V6: readonly Range[] = [
  { start: 0xffffn << 32n, bits: 96 },
  { start: (0x64n << 112n) | (0xff9bn << 96n), bits: 96 },
]

/** The only range of IPv6 that is handed out on the public internet (IANA IPv6 Address Space). */
const GLOBAL_UNICAST: Range = v6Range(0x2000, 0, 3)

/** What of it is not (IANA IPv6 Special-Purpose Address Registry). */
export const SPECIAL_V6: readonly Range[] = [
  v6Range(0x2001, 0, 23),
  v6Range(0x2001, 0xdb8, 32),
  v6Range(0x2002, 0, 16),
  v6Range(0x3fff, 0, 16), // a sixteenth of it is for documentation, the rest nobody has
]

/** Others that are not, and lie outside of it. */
export const LOCAL_V6: readonly Range[] = [
  { start: 0n, bits: 96 },
  { start: 1n, bits: 128 },
  v6Range(0x64, 0xff9b, 32),
  v6Range(0x100, 0, 64),
  v6Range(0x5f00, 0, 16),
  v6Range(0xfc00, 0, 7),
  v6Range(0xfe80, 0, 10),
  v6Range(0xfec0, 0, 10),
  v6Range(0xff00, 0, 8),
]

/** Whether an IPv4 address is on the public internet. */
export function isPublicV4(address: bigint): boolean {
  return !PRIVATE_V4.some((range) => isIn(range, address, 32))
}

/** Whether an IPv6 address is on the public internet. */
export function isPublicV6(address: bigint): boolean {
  if (EMBEDDING_V6.some((range) => isIn(range, address, 128))) return isPublicV4(address & 0xffffffffn)
  return isIn(GLOBAL_UNICAST, address, 128) && !SPECIAL_V6.some((range) => isIn(range, address, 128))
}

/** Any address of so many bits, mostly at the edges of ranges. */
export function addressNear(ranges: readonly Range[], width: 32 | 128): fc.Arbitrary<bigint> {
  const any = fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n })
  const inRange = fc
    .tuple(fc.constantFrom(...ranges), any)
    .map(([range, other]) => range.start | (other & maskOf(range, width)))
  const atEdge = fc
    .tuple(fc.constantFrom(...ranges), fc.constantFrom(-1n, 0n, 1n), fc.boolean())
    .map(([range, step, isStart]) => (isStart ? range.start : range.start + maskOf(range, width)) + step)
    .map((address) => BigInt.asUintN(width, address))
  return fc.oneof(any, inRange, atEdge)
}

/** An IPv4 address with dots. */
export function writeV4(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.')
}

/** The eight groups of an IPv6 address. */
export function groupsOf(address: bigint): string[] {
  return Array.from({ length: 8 }, (_, at) => ((address >> BigInt(112 - at * 16)) & 0xffffn).toString(16))
}

function isIn({ start, bits }: Range, address: bigint, width: number): boolean {
  const rest = BigInt(width - bits)
  return address >> rest === start >> rest
}

function maskOf({ bits }: Range, width: number): bigint {
  return (1n << BigInt(width - bits)) - 1n
}

function v4Range(a: number, b: number, c: number, d: number, bits: number): Range {
  return { start: [a, b, c, d].reduce((sum, part) => (sum << 8n) | BigInt(part), 0n), bits }
}

function v6Range(first: number, second: number, bits: number): Range {
  return { start: (BigInt(first) << 112n) | (BigInt(second) << 96n), bits }
}
