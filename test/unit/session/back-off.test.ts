import { expect, test } from 'vitest'
import { BackOff } from '../../../src/session/back-off.ts'
import { testClock } from 'atproof/testing'

const early = { isEarly: true, isForced: false }
const needed = { isEarly: false, isForced: false }
const failure = new Error('refresh failed')
const START = Date.UTC(2026, 0, 1)

function scene() {
  const clock = testClock({ start: START })
  return { clock, backOff: new BackOff(clock) }
}

function refusal(retryAfter?: string): Response {
  return new Response(null, {
    status: 429,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  })
}

test('nothing is waited out before anything has failed', () => {
  const { backOff } = scene()
  expect(backOff.current(early)).toBeUndefined()
  expect(backOff.current(needed)).toBeUndefined()
})

test('a refresh that is only early waits out any failure, one that is needed does not', () => {
  const { backOff } = scene()
  backOff.fail(failure, undefined)
  expect(backOff.current(early)).toEqual({ error: failure })
  expect(backOff.current(needed)).toBeUndefined()
})

test('a refresh that is needed waits too where the server itself refused', () => {
  const { backOff } = scene()
  backOff.fail(failure, refusal())
  expect(backOff.current(needed)).toEqual({ error: failure })
})

test('the pause grows from one second to a minute', async () => {
  const { clock, backOff } = scene()
  for (const ms of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    backOff.fail(failure, refusal())
    await clock.advance(ms - 1)
    expect(backOff.current(early), `after ${ms} ms`).toEqual({ error: failure })
    await clock.advance(1)
    expect(backOff.current(early), `after ${ms} ms`).toBeUndefined()
  }
})

test('the pause stays a minute after thousands of failures', async () => {
  const { clock, backOff } = scene()
  for (let at = 0; at < 5000; at += 1) backOff.fail(failure, undefined)
  await clock.advance(60_000)
  expect(backOff.current(early)).toBeUndefined()
})

test('a refresh that went well ends the pause, and the next one begins anew', async () => {
  const { clock, backOff } = scene()
  for (let at = 0; at < 5; at += 1) backOff.fail(failure, refusal())
  backOff.succeed()
  expect(backOff.current(early)).toBeUndefined()
  backOff.fail(failure, refusal())
  await clock.advance(1000)
  expect(backOff.current(early)).toBeUndefined()
})

test.each([
  ['seconds', '120', 120_000],
  ['a date', new Date(START + 90_000).toUTCString(), 90_000],
  ['more than an hour', '86400', 3_600_000],
  ['a date of tomorrow', new Date(START + 86_400_000).toUTCString(), 3_600_000],
])('[J6] [R21] waits as long as the server asks, an hour at most: %s', async (_, retryAfter, ms) => {
  const { clock, backOff } = scene()
  backOff.fail(failure, refusal(retryAfter))
  await clock.advance(ms - 1)
  expect(backOff.current(needed)).toEqual({ error: failure })
  await clock.advance(1)
  expect(backOff.current(needed)).toBeUndefined()
})

test.each([
  ['no seconds', '0'],
  ['a date that has passed', new Date(START - 1000).toUTCString()],
])('waits for nothing where the server asks for nothing: %s', (_, retryAfter) => {
  const { backOff } = scene()
  backOff.fail(failure, refusal(retryAfter))
  expect(backOff.current(early)).toBeUndefined()
})

test.each(['soon', '', '-5', '1.5', 'Infinity'])(
  'goes by its own pause where the server asks for %j',
  async (value) => {
    const { clock, backOff } = scene()
    backOff.fail(failure, refusal(value))
    await clock.advance(999)
    expect(backOff.current(needed)).toEqual({ error: failure })
    await clock.advance(1)
    expect(backOff.current(needed)).toBeUndefined()
  },
)

test('a wall clock that jumps changes no pause', async () => {
  const { clock, backOff } = scene()
  backOff.fail(failure, refusal('10'))
  clock.jumpWall(3_600_000)
  expect(backOff.current(needed)).toEqual({ error: failure })
  clock.jumpWall(-7_200_000)
  await clock.advance(10_000)
  expect(backOff.current(needed)).toBeUndefined()
})

test('the newest failure is the one that is told', () => {
  const { backOff } = scene()
  const newer = new Error('newer')
  backOff.fail(failure, refusal())
  backOff.fail(newer, undefined)
  expect(backOff.current(early)).toEqual({ error: newer })
  expect(backOff.current(needed)).toBeUndefined()
})

test('one that the app asks for waits only where the server said how long', () => {
  const forced = { isEarly: false, isForced: true }
  const { backOff } = scene()
  backOff.fail(failure, undefined)
  expect(backOff.current(forced)).toBeUndefined()
  backOff.fail(failure, refusal())
  expect(backOff.current(forced)).toBeUndefined()
  backOff.fail(failure, refusal('10'))
  expect(backOff.current(forced)).toEqual({ error: failure })
})
