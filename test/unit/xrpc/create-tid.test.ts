import { expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { createTid } from '../../../src/xrpc/create-tid.ts'

// The grammar of https://atproto.com/specs/tid.
const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/
const DIGITS = '234567abcdefghijklmnopqrstuvwxyz'

/** What a TID says, read as the specification has it. */
function read(tid: string) {
  const bits = Array.from(tid, (digit) => DIGITS.indexOf(digit).toString(2).padStart(5, '0')).join('')
  return { microseconds: Number.parseInt(bits.slice(2, 55), 2), maker: Number.parseInt(bits.slice(55), 2) }
}

const at = (now: number) => ({ ...testClock(), now: () => now })

test('[K13] a TID has the time in microseconds, and what is drawn', () => {
  const clock = at(1_700_000_000_123)
  const drawn = createTid({ clock, random: () => Uint8Array.of(3, 0, 0xff, 0xff) })
  expect(drawn).toMatch(TID)
  expect(read(drawn)).toEqual({ microseconds: 1_700_000_000_123_768, maker: 1023 })
  expect(read(createTid({ clock, random: () => Uint8Array.of(0xff, 0xff, 0, 1) }))).toEqual({
    microseconds: 1_700_000_000_123_535,
    maker: 1,
  })
})

test('[K13] TIDs are in the order of their times', () => {
  const times = [0, 1, 999, 1000, 1_700_000_000_000, 1_700_000_000_001, 9_000_000_000_000]
  const tids = times.map((now) => createTid({ clock: at(now) }))
  expect(tids.toSorted()).toEqual(tids)
})

test('[K13] TIDs of one moment are told apart, and in order where each is to come after the last', () => {
  const clock = at(1_700_000_000_000)
  const drawn = Array.from({ length: 100 }, () => createTid({ clock }))
  expect(new Set(drawn).size).toBeGreaterThan(95)
  const tids = [createTid({ clock })]
  for (let made = 1; made < 3000; made++) tids.push(createTid({ clock, after: tids[made - 1] }))
  expect(new Set(tids).size).toBe(3000)
  expect(tids.toSorted()).toEqual(tids)
  expect(tids.every((tid) => TID.test(tid))).toBe(true)
})

test('[K13] a TID comes after one that a faster clock made', () => {
  const after = createTid({ clock: at(1_800_000_000_000) })
  expect(createTid({ clock: at(1_700_000_000_000), after }) > after).toBe(true)
})

test('by itself it goes by the clock of the machine', () => {
  const before = Date.now()
  const { microseconds } = read(createTid())
  expect(microseconds / 1000).toBeGreaterThanOrEqual(before)
  expect(microseconds / 1000).toBeLessThan(Date.now() + 1)
})

test.each([
  ['after', 'self', /^after: expected a TID such as 3jzfcijpj2z2a, found "self"$/],
  ['after', '3JZFCIJPJ2Z2A', /^after: expected a TID/],
  ['after', 'zzzzzzzzzzzzz', /^after: expected a TID/],
  ['after', 'jzzzzzzzzzzzz', /^after: expected a TID that another can follow/],
  ['clock', 'now', /^clock: expected a clock/],
  ['random', 4, /^random: expected a function/],
  ['before', 'x', /^options: expected only after, clock, random, found "before"$/],
])('refuses the option %s: %j', (name, value, expected) => {
  expect(() => createTid(Object.fromEntries([[name, value]]))).toThrow(expected)
  expect(() => createTid(Object.fromEntries([[name, value]]))).toThrow(TypeError)
})
