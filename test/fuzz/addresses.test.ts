import * as fc from 'fast-check'
import { isIP } from 'node:net'
import { expect } from 'vitest'
import { isAddressLiteral, isPublicAddress } from '../../src/http/address.ts'
import { assertAllowed } from '../../src/http/allowed-url.ts'
import {
  addressNear,
  EMBEDDING_V6,
  groupsOf,
  isPublicV4,
  isPublicV6,
  LOCAL_V6,
  PRIVATE_V4,
  SPECIAL_V6,
  writeV4,
} from './addresses.ts'
import { changed, endless } from './arbitraries.ts'
import { expectQuick, outcomeOf } from './expectations.ts'
import { fuzz } from './fuzz.ts'

const v4 = addressNear(PRIVATE_V4, 32)
const v6 = fc.oneof(
  addressNear([...SPECIAL_V6, ...LOCAL_V6, ...EMBEDDING_V6], 128),
  fc.tuple(fc.constantFrom(...EMBEDDING_V6), v4).map(([range, address]) => range.start | address),
)

/** An address of IPv6 in one of the ways in which it may be written (RFC 4291 §2.2). */
const writtenV6 = fc
  .tuple(v6, fc.boolean(), fc.boolean(), fc.nat(7), fc.nat(8), fc.constantFrom('', '%eth0', '%25'), fc.boolean())
  .map(([address, hasTail, isUpper, from, to, zone, isBracketed]) => {
    const groups = groupsOf(address)
    const tail = hasTail ? [...groups.slice(0, 6), writeV4(address & 0xffffffffn)] : groups
    const end = Math.min(to, hasTail ? 6 : 8)
    const isZeros = from < end && groups.slice(from, end).every((group) => group === '0')
    const text = isZeros ? `${tail.slice(0, from).join(':')}::${tail.slice(end).join(':')}` : tail.join(':')
    const written = (isUpper ? text.toUpperCase() : text) + zone
    return { address, text: isBracketed ? `[${written}]` : written }
  })

fuzz('[M1] an IPv4 address is public where no registry says otherwise', 5000, v4, (address) => {
  expect(isPublicAddress(writeV4(address))).toBe(isPublicV4(address))
})

fuzz('[M1] an IPv6 address is public however it is written', 6000, writtenV6, ({ address, text }) => {
  expect(isPublicAddress(text)).toBe(isPublicV6(address))
})

fuzz(
  '[M1] what is no address is not public',
  4000,
  changed(
    fc.oneof(
      v4.map(writeV4),
      writtenV6.map(({ text }) => text),
    ),
  ),
  (text) => {
    if (!isPublicAddress(text)) return
    let bare = text.startsWith('[') ? text.slice(1) : text
    if (bare.endsWith(']')) bare = bare.slice(0, -1)
    expect(isIP(withoutZeros(bare.split('%')[0] ?? ''))).not.toBe(0)
  },
)

/** Leading zeros are read as decimal here, and never come from a URL or a resolver, which leave none. */
function withoutZeros(text: string): string {
  const at = text.lastIndexOf(':') + 1
  const parts = text.slice(at).split('.')
  return parts.length === 4 ? text.slice(0, at) + parts.map(Number).join('.') : text
}

/** An IPv4 address as URLs may spell it: with fewer parts, in octal, in hexadecimal. */
const spelledV4 = fc
  .tuple(
    v4,
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([address, count, bases, hasDot]) => {
    const shifts = [24n, 16n, 8n].slice(0, count - 1)
    const last = address & ((1n << BigInt(32 - shifts.length * 8)) - 1n)
    const parts = [...shifts.map((shift) => (address >> shift) & 0xffn), last]
    const text = parts.map((part, at) => spell(part, bases[at] ?? 10)).join('.')
    return { address, text: hasDot ? `${text}.` : text }
  })

function spell(part: bigint, base: number): string {
  if (base === 8) return `0${part.toString(8)}`
  return base === 16 ? `0x${part.toString(16)}` : part.toString()
}

fuzz('[M1] no spelling of a private address gets past', 5000, spelledV4, ({ address, text }) => {
  const url = `https://${text}/`
  expect(isAddressLiteral(new URL(url).hostname)).toBe(true)
  const outcome = outcomeOf(() => assertAllowed({ allowLoopback: new Set() }, url))
  if (isPublicV4(address)) expect(outcome).toEqual({ value: undefined })
  else expect(outcome).toHaveProperty('error.code', 'address_forbidden')
})

const piece = fc.constantFrom(':', '1.', 'f:', '::', '1', '%', '[', ']', '0')

fuzz('[M1] an address of a megabyte is refused at once', 60, endless(piece), (text) => {
  expectQuick(() => expect(isPublicAddress(text)).toBe(false))
})
