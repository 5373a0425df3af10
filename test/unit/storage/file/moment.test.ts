import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ageOf, longestBetween, momentTeller } from '../../../../src/storage/file/moment.ts'

const HOUR = 3_600_000
const WALL = Date.UTC(2026, 0, 1)
const written = { wall: WALL, sinceBoot: 5 * HOUR, boot: 'this' }
const later = { wall: WALL + 1500, sinceBoot: 5 * HOUR + 1500, boot: 'this' }
const restarted = { sinceBoot: HOUR, boot: 'another' }

test.each([
  ['nothing happened', later],
  ['the wall clock was put back by a day', { ...later, wall: WALL - 24 * HOUR }],
  ['the wall clock was put on by a day', { ...later, wall: WALL + 24 * HOUR }],
])('in one run of a machine its own time counts: %s', (_, now) => {
  expect(ageOf(written, now)).toBe(1500)
})

test('over a restart the wall clock counts', () => {
  expect(ageOf(written, { ...restarted, wall: WALL + 9 * HOUR })).toBe(9 * HOUR)
})

test('what another machine wrote just now is not as old as the last restart of this one', () => {
  expect(ageOf(written, { ...restarted, wall: WALL })).toBe(0)
  expect(ageOf(written, { ...restarted, wall: WALL - 5000 })).toBe(0)
})

test('a machine that lost its wall clock goes by how long it has been running', () => {
  expect(ageOf(written, { ...restarted, wall: 0 })).toBe(HOUR)
})

test('a restart that has no id shows by a smaller uptime, and the wall clock counts', () => {
  expect(ageOf(written, { wall: WALL + 9 * HOUR, sinceBoot: HOUR, boot: 'this' })).toBe(9 * HOUR)
  expect(ageOf(written, { wall: WALL - 1, sinceBoot: HOUR, boot: 'this' })).toBe(0)
})

test('of two moments of one process the wall or the machine says how far they are apart, whichever says more', () => {
  expect(longestBetween(written, later)).toBe(1500)
  expect(longestBetween(written, { ...later, wall: WALL + HOUR })).toBe(HOUR)
  expect(longestBetween(written, { ...later, sinceBoot: 7 * HOUR, wall: WALL - HOUR })).toBe(2 * HOUR)
})

test("the machine's moments are the same for all who ask, and go on", async () => {
  const [first, second] = await Promise.all([momentTeller(undefined)(), momentTeller(undefined)()])
  expect(second.boot).toBe(first.boot)
  expect(Math.abs(second.sinceBoot - first.sinceBoot)).toBeLessThan(1000)
  await setTimeout(30)
  const third = await momentTeller(undefined)()
  expect(ageOf(first, third)).toBeGreaterThan(0)
  expect(Math.abs(third.wall - Date.now())).toBeLessThan(1000)
})
