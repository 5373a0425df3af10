import { NetworkError } from 'atproof'
import { testClock } from 'atproof/testing'
import { expect, test } from 'vitest'
import { lateUpkeep } from '../../../src/browser/late-upkeep.ts'
import { loadPart } from '../../../src/browser/load-part.ts'
import type { KnownSession } from '../../../src/session/known-session.ts'
import type { SessionRecord } from '../../../src/session/record.ts'
import type { Asked } from '../../../src/session/session-kind.ts'
import type { Upkeep } from '../../../src/session/upkeep.ts'

const NOW = 1_000_000
const WISH = { gen: 1, isRefused: false, isForced: false, isEarly: false }
const REQUEST = {
  method: 'GET',
  path: '/xrpc/com.example.getThing',
  headers: new Headers(),
  body: undefined,
  isRepeatable: true,
  signal: new AbortController().signal,
} as const

const TOMBSTONE = {
  schema: 1,
  sessionId: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/one',
  did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
  handle: undefined,
  signedOut: true,
  owes: null,
} as const

const asked = (status: number): Asked => ({
  response: new Response(null, { status }),
  isRefused: status === 401,
  gen: 1,
  accessToken: 'token',
})

/** A session whose token lives for a minute more, or has ended. */
const sessionThat = ({ isExpired = false, isGone = false } = {}) => {
  const tokens = { expiresAt: isExpired ? NOW : NOW + 60_000, lifetimeMs: 3_600_000 }
  return { isGone, record: { tokens } } as unknown as KnownSession<SessionRecord>
}

/** An upkeep that cannot be loaded as often as said. */
function scene({ failures = 0, hangs = false } = {}) {
  const story: string[] = []
  const whole: Upkeep<SessionRecord> = {
    ask: async () => (story.push('ask'), asked(200)),
    refresh: async () => (story.push('refresh'), 'newer'),
    storeAgain: () => {},
    payDebt: () => story.push('pay'),
    tell: (_, { type }) => story.push(`tell ${type}`),
  }
  let left = failures
  const clock = testClock({ start: NOW })
  const upkeep = lateUpkeep<SessionRecord>({
    open: async () => {
      story.push('open')
      if (hangs) return new Promise(() => {})
      const failure = new TypeError('Failed to fetch dynamically imported module')
      return loadPart(left-- > 0 ? Promise.reject(failure) : Promise.resolve(whole))
    },
    askOnce: async () => (story.push('ask once'), asked(200)),
    clock,
  })
  return { upkeep, story, clock }
}

test('is loaded once, by whoever needs it first', async () => {
  const { upkeep, story } = scene()
  await Promise.all([upkeep.load(), upkeep.ask(sessionThat(), REQUEST), upkeep.refresh(sessionThat(), WISH)])
  expect(story.toSorted()).toEqual(['ask', 'open', 'refresh'])
})

test('is asked for again where it could not be loaded, and says what happened', async () => {
  const { upkeep, story } = scene({ failures: 1 })
  const failure: unknown = await upkeep.refresh(sessionThat(), WISH).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(NetworkError)
  expect(failure).toMatchObject({
    code: 'unreachable',
    retryable: true,
    action: expect.stringContaining('reload'),
  })
  expect(await upkeep.refresh(sessionThat(), WISH)).toBe('newer')
  expect(story).toEqual(['open', 'open', 'refresh'])
})

test('[R3] a token that is only near its end is used where nothing can be loaded', async () => {
  const { upkeep, story } = scene({ failures: 1 })
  expect((await upkeep.ask(sessionThat(), REQUEST)).response.status).toBe(200)
  expect(story).toEqual(['open', 'ask once'])
})

test.each([
  ['that has ended', sessionThat({ isExpired: true }), undefined],
  ['that was refused', sessionThat(), asked(401)],
])('a token %s is not sent where nothing can be loaded', async (_, known, refused) => {
  const { upkeep, story } = scene({ failures: 1 })
  await expect(upkeep.ask(known, REQUEST, refused)).rejects.toMatchObject({ code: 'unreachable' })
  expect(story).toEqual(['open'])
})

test('[R3] a call with a token that is still good waits five seconds at most for what would refresh it', async () => {
  const { upkeep, story, clock } = scene({ hangs: true })
  const call = upkeep.ask(sessionThat(), REQUEST)
  await clock.advance(4999)
  expect(story).toEqual(['open'])
  await clock.advance(1)
  expect((await call).response.status).toBe(200)
  expect(story).toEqual(['open', 'ask once'])
})

test('[G9] a stream waits for what sends a small request ahead of it', async () => {
  const { upkeep, story } = scene({ failures: 1 })
  const stream = { ...REQUEST, isRepeatable: false }
  await expect(upkeep.ask(sessionThat(), stream)).rejects.toMatchObject({ code: 'unreachable' })
  expect(story).toEqual(['open'])
})

test('nothing is sent for a session that was signed out, whatever can be loaded', async () => {
  const { upkeep, story } = scene({ failures: 2 })
  const gone = sessionThat({ isGone: true })
  await expect(upkeep.ask(gone, REQUEST)).rejects.toMatchObject({ code: 'unreachable', retryable: true })
  await expect(upkeep.refresh(gone, WISH)).rejects.toMatchObject({ code: 'unreachable', retryable: true })
  expect(story).toEqual(['open', 'open'])
  await upkeep.ask(gone, REQUEST) // it is for the upkeep to refuse
  expect(story).toEqual(['open', 'open', 'open', 'ask'])
})

test('is loaded for what is news, and for what a sign-out left; a failure of that is nobody’s', async () => {
  const { upkeep, story, clock } = scene({ failures: 1 })
  upkeep.tell(sessionThat(), { type: 'signed_out' })
  await clock.settle()
  expect(story).toEqual(['open'])
  upkeep.tell(sessionThat(), { type: 'signed_out' })
  upkeep.payDebt(TOMBSTONE, 'v1')
  await clock.settle()
  expect(story).toEqual(['open', 'open', 'tell signed_out', 'tell signed_out', 'pay'])
})

test('heeds the signal of whoever waits for it', async () => {
  const { upkeep } = scene({ hangs: true })
  const signal = AbortSignal.abort(new RangeError('enough'))
  await expect(upkeep.refresh(sessionThat(), WISH, signal)).rejects.toThrow(RangeError)
  await expect(upkeep.ask(sessionThat({ isExpired: true }), { ...REQUEST, signal })).rejects.toThrow(RangeError)
})

test('lets go of a refusal that nothing can follow', async () => {
  const { upkeep } = scene({ failures: 1 })
  let isLetGo = false
  const body = new ReadableStream({ cancel: () => void (isLetGo = true) })
  const refused = { ...asked(401), response: new Response(body, { status: 401 }) }
  await expect(upkeep.ask(sessionThat(), REQUEST, refused)).rejects.toThrow(NetworkError)
  expect(isLetGo).toBe(true)
})

test('what the upkeep itself fails with is handed on, and asked for no second time', async () => {
  const { upkeep, story } = scene()
  const whole = await upkeep.load()
  whole.ask = async () => {
    throw new RangeError('enough')
  }
  await expect(upkeep.ask(sessionThat(), REQUEST)).rejects.toThrow(RangeError)
  expect(story).toEqual(['open'])
})

test('tells what it could not tell once it is there for whoever needs it next', async () => {
  const { upkeep, story, clock } = scene({ failures: 2 })
  upkeep.tell(sessionThat({ isGone: true }), { type: 'signed_out' })
  await clock.settle()
  upkeep.payDebt(TOMBSTONE, 'a version')
  await clock.settle()
  expect(story).toEqual(['open', 'open'])
  await upkeep.refresh(sessionThat(), WISH)
  // Whoever meets the tombstone next pays: once.
  expect(story).toEqual(['open', 'open', 'open', 'tell signed_out', 'refresh'])
})
