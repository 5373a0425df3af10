import { testClock } from 'atproof/testing'
import { expect, test } from 'vitest'
import { Pause } from '../../../src/http/pause.ts'

const SECOND = 1000
const START = Date.UTC(2026, 0, 1)

function scene(longestMs = 3_600_000) {
  const clock = testClock({ start: START })
  return { clock, pause: new Pause(clock, longestMs) }
}

function refusal(retryAfter?: string): Response {
  return new Response(null, { headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } })
}

test('is over before anything has failed', () => {
  expect(scene().pause.isOver).toBe(true)
})

test('grows from a second to a minute, and stays there', async () => {
  const { clock, pause } = scene()
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    expect(pause.fail(undefined)).toBe(false)
    await clock.advance(seconds * SECOND - 1)
    expect(pause.isOver).toBe(false)
    await clock.advance(1)
    expect(pause.isOver).toBe(true)
  }
})

test('begins anew after a success', async () => {
  const { clock, pause } = scene()
  pause.fail(undefined)
  pause.fail(undefined)
  pause.succeed()
  expect(pause.isOver).toBe(true)
  pause.fail(undefined)
  await clock.advance(SECOND)
  expect(pause.isOver).toBe(true)
})

test.each([
  ['7', 7 * SECOND, true],
  ['0', 0, true],
  [new Date(START + 90 * SECOND).toUTCString(), 90 * SECOND, true],
  [new Date(START - 90 * SECOND).toUTCString(), 0, true],
  ['soon', SECOND, false],
  ['1.5', SECOND, false],
  ['2027', 2027 * SECOND, true],
  ['', SECOND, false],
])('lasts as long as the server asks: Retry-After: %j', async (retryAfter, ms, hasAsked) => {
  const { clock, pause } = scene()
  expect(pause.fail(refusal(retryAfter))).toBe(hasAsked)
  if (ms > 0) {
    await clock.advance(ms - 1)
    expect(pause.isOver).toBe(false)
    await clock.advance(1)
  }
  expect(pause.isOver).toBe(true)
})

test('lasts no longer than is granted', async () => {
  const { clock, pause } = scene(30 * SECOND)
  pause.fail(refusal('86400'))
  await clock.advance(30 * SECOND - 1)
  expect(pause.isOver).toBe(false)
  await clock.advance(1)
  expect(pause.isOver).toBe(true)
})

test('a wall clock that jumps does not end it', () => {
  const { clock, pause } = scene()
  pause.fail(undefined)
  clock.jumpWall(86_400_000)
  expect(pause.isOver).toBe(false)
})
