import { expect, test } from 'vitest'
import { ClockOffsets } from '../../../src/dpop/clock-offsets.ts'
import { testClock } from 'atproof/testing'

const PDS = 'https://pds.example.com'
const AS = 'https://as.example.com'
const START = Date.UTC(2026, 0, 1)

function scene() {
  const clock = testClock({ start: START })
  return { clock, clocks: new ClockOffsets(clock) }
}

/** A rejection whose server is this far ahead of the start. */
function rejectedAt(ms: number): Response {
  return new Response(null, { status: 401, headers: { date: new Date(START + ms).toUTCString() } })
}

test('[G8] goes by our own clock while nothing is known', async () => {
  const { clock, clocks } = scene()
  expect(clocks.nowAt(PDS)).toBe(START)
  expect(clocks.offsetOf(PDS)).toBe(0)
  await clock.advance(1500)
  expect(clocks.nowAt(PDS)).toBe(START + 1500)
})

test.each([6_000, 3_600_000, -6_000, -86_400_000])('[G8] learns an offset of %d ms', async (offset) => {
  const { clock, clocks } = scene()
  expect(clocks.learn(PDS, rejectedAt(offset), clocks.offsetOf(PDS))).toBe(true)
  expect(clocks.offsetOf(PDS)).toBe(offset)
  await clock.advance(10_000)
  expect(clocks.nowAt(PDS)).toBe(START + 10_000 + offset)
})

test.each([0, 5_000, -5_000])('[G8] does not blame the clock for %d ms', (offset) => {
  const { clocks } = scene()
  expect(clocks.learn(PDS, rejectedAt(offset), clocks.offsetOf(PDS))).toBe(false)
  expect(clocks.offsetOf(PDS)).toBe(0)
})

test('[G8] does not blame the clock again once the offset is known', () => {
  const { clocks } = scene()
  expect(clocks.learn(PDS, rejectedAt(60_000), clocks.offsetOf(PDS))).toBe(true)
  expect(clocks.learn(PDS, rejectedAt(60_000), clocks.offsetOf(PDS))).toBe(false)
  expect(clocks.learn(PDS, rejectedAt(0), clocks.offsetOf(PDS))).toBe(true)
  expect(clocks.offsetOf(PDS)).toBe(0)
})

test('[G8] blames the clock for what was signed before somebody else learned', () => {
  const { clocks } = scene()
  expect(clocks.learn(PDS, rejectedAt(60_000), 0)).toBe(true)
  expect(clocks.learn(PDS, rejectedAt(60_000), 0)).toBe(true)
  expect(clocks.offsetOf(PDS)).toBe(60_000)
  clocks.forget(PDS)
  expect(clocks.offsetOf(PDS)).toBe(0)
})

test.each(['', 'yesterday', undefined])('[G8] learns nothing from the date %j', (date) => {
  const { clocks } = scene()
  const headers = new Headers()
  if (date !== undefined) headers.set('date', date)
  expect(clocks.learn(PDS, new Response(null, { status: 401, headers }), 0)).toBe(false)
})

test('[G8] keeps the offset of each origin to itself', () => {
  const { clocks } = scene()
  clocks.learn(PDS, rejectedAt(60_000), clocks.offsetOf(PDS))
  clocks.keep(AS, -30_000)
  expect([clocks.offsetOf(PDS), clocks.offsetOf(AS)]).toEqual([60_000, -30_000])
})

test('[G8] forgets an offset that did not help, of that origin only', () => {
  const { clocks } = scene()
  clocks.keep(PDS, 60_000)
  clocks.keep(AS, -30_000)
  clocks.forget(PDS)
  expect([clocks.offsetOf(PDS), clocks.offsetOf(AS)]).toEqual([0, -30_000])
})
