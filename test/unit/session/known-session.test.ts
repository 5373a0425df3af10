import { expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { SharedWork } from '../../../src/http/shared-work.ts'
import { systemRandom } from '../../../src/http/random.ts'
import type { Deployment } from '../../../src/session/deployment.ts'
import { KnownSession } from '../../../src/session/known-session.ts'
import type { SessionRecord } from '../../../src/session/record.ts'
import { tellNews } from '../../../src/session/news.ts'
import { notesOf } from '../../../src/session/upkeep-notes.ts'

const RECORD: SessionRecord = {
  schema: 1,
  sessionId: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/one',
  did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
  handle: 'alice.example.com',
  issuer: 'https://pds.example.com',
  tokenEndpoint: 'https://pds.example.com/oauth/token',
  revocationEndpoint: undefined,
  pds: 'https://pds.example.com',
  scope: 'atproto',
  tokens: { accessToken: 'access', refreshToken: 'refresh', expiresAt: undefined, lifetimeMs: undefined },
  dpopKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' },
  clientAuth: { method: 'none', clientId: 'http://localhost' },
  gen: 1,
  checkedAt: 0,
  status: 'active',
  reason: undefined,
  createdAt: 0,
  endsAt: undefined,
  attempt: { id: 'attempt', before: null, dead: false },
}

/** A session whose refresh is on its way, in a runtime that keeps requests apart or does not. */
function scene({ isolatesRequests }: { readonly isolatesRequests: boolean }) {
  const clock = testClock()
  const known = new KnownSession(RECORD, { isStored: true, clock, random: systemRandom, isolatesRequests })
  const work = new SharedWork<'newer'>(new Promise(() => {}), { clock, isolatesRequests })
  const wish = { gen: 1, isRefused: false, isForced: false, isEarly: false }
  // What a flight is judged by is its work and its attempt.
  notesOf(known).flight = { deployment: {} as Deployment, wish, work, attemptId: 'attempt' }
  return { clock, known }
}

test('[R22] is active while a refresh of this process owns the attempt, however long it takes', async () => {
  const { clock, known } = scene({ isolatesRequests: false })
  await clock.advance(60_000)
  expect(known.info().status).toBe('active')
})

test('[R22] is uncertain once the request that refreshes may have been stopped', async () => {
  const { clock, known } = scene({ isolatesRequests: true })
  await clock.advance(9999)
  expect(known.info().status).toBe('active')
  await clock.advance(1)
  expect(known.info().status).toBe('uncertain')
})

test('[R22] is uncertain where the attempt is of somebody else', () => {
  const { known } = scene({ isolatesRequests: false })
  known.adopt({ ...RECORD, gen: 2, attempt: { id: 'another', before: null, dead: false } }, 'v2')
  expect(known.info().status).toBe('uncertain')
})

test('[R21] is active where the attempt is dead, or harmless', () => {
  const { known } = scene({ isolatesRequests: false })
  notesOf(known).flight = undefined
  expect(known.info().status).toBe('uncertain')
  notesOf(known).neverSent('attempt', RECORD)
  expect(known.info().status).toBe('active')
  known.adopt({ ...RECORD, attempt: { id: 'another', before: null, dead: true } }, 'v2')
  expect(known.info().status).toBe('active')
})

test('tells of an attempt only while it stands there: news may be told late', async () => {
  const { clock } = scene({ isolatesRequests: false })
  const known = new KnownSession(RECORD, { isStored: true, clock, random: systemRandom, isolatesRequests: false })
  const told: string[] = []
  const tell = (record: SessionRecord) =>
    tellNews({ onEvent: ({ type }) => told.push(type) }, known, { type: 'read', before: undefined, record })
  tell({ ...RECORD, attempt: { id: 'settled', before: null, dead: false } })
  tell(RECORD)
  tell(RECORD)
  await clock.settle()
  expect(told).toEqual(['uncertain'])
})
