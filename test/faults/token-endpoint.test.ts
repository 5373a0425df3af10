import type { Fault } from 'atproof/testing'
import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  diskFull,
  expectEnded,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  SECOND,
  TOKEN,
} from './alice-in-two-processes.ts'
import { isRequest, momentsOf, tellMoment } from './steps.ts'

type Row = readonly [what: string, fault: Fault]

const path = TOKEN
const times = Infinity
const page = () => new Response('<title>Log in</title>', { headers: { 'content-type': 'text/html' } })

/** The server hears it late, or somebody loses it once: the same bytes once more are enough. */
const OVERCOME: readonly Row[] = [
  ['hangs once', { path, hang: 'request' }],
  ['takes 19 seconds', { path, times, delay: 'answer', ms: 19 * SECOND }],
  ['takes 20 seconds to hear', { path, delay: 'request', ms: 20 * SECOND }],
  ['takes 39 seconds to answer', { path, times: 1, delay: 'answer', ms: 39 * SECOND }],
  ['loses a request', { path, lose: 'request' }],
]

test.each(OVERCOME)('[R17] refreshes in one go where the token endpoint %s', async (_, fault) => {
  const scene = await aliceInTwoProcesses()
  scene.network.fault(fault)
  const renewed = await scene.outlast(scene.client.refresh())
  expect(renewed.session).toMatchObject({ status: 'active', stored: true })
  expect(await scene.record()).toMatchObject({ gen: 2, attempt: null })
  // Nothing but the same bytes was sent: a second signature could be a second refresh.
  expect(new Set(scene.tokenRequests().map(({ headers }) => headers.get('dpop'))).size).toBe(1)
  await expectToGoOn(scene)
})

/** The server certainly did nothing with it. */
const TURNED_AWAY: readonly (readonly [...Row, told: object])[] = [
  ['cannot be connected to', { path, times, refuse: true }, { name: 'NetworkError', code: 'unreachable' }],
  ['answers 400', { path, times, status: 400 }, { code: 'refresh_refused' }],
  ['answers 403', { path, times, status: 403 }, { code: 'refresh_refused' }],
  ['answers 404', { path, times, status: 404 }, { code: 'refresh_refused' }],
  ['answers 429', { path, times, status: 429 }, { code: 'refresh_refused' }],
]

test.each(TURNED_AWAY)('[H5] [R21] is as it was before where the token endpoint %s', async (_, fault, told) => {
  const scene = await aliceInTwoProcesses()
  const { client, network, here, record, there } = scene
  const before = await record()
  network.fault(fault)
  expect(await failureOf(client.refresh())).toMatchObject({ retryable: true, ...told })
  expect(await record()).toEqual(before)
  const { client: after } = await client.get(GET_SESSION)
  expect(after.session).toMatchObject({ status: 'active', stored: true })
  expect((await there()).session.status).toBe('active')
  expect(here.events.map(({ type }) => type)).not.toContain('ended')
  expect(here.events.map(({ type }) => type)).not.toContain('refresh_unanswered')
  await expectToGoOn(scene)
})

test('[R21] is as it was before where the token endpoint redirects', async () => {
  const scene = await aliceInTwoProcesses()
  const before = await scene.record()
  scene.network.fault({ path, times, redirect: 'https://elsewhere.example.com/oauth/token' })
  const told = { name: 'NetworkError', code: 'redirected', retryable: false }
  expect(await failureOf(scene.client.refresh())).toMatchObject(told)
  expect(await scene.record()).toEqual(before)
  expect(scene.network.log.to(/elsewhere/)).toHaveLength(0)
  await expectToGoOn(scene)
})

test.each([
  ['no time at all', () => undefined, SECOND],
  ['seconds', () => '90', 90 * SECOND],
  ['a date', (now: number) => new Date(now + 3 * MINUTE).toUTCString(), 3 * MINUTE],
  ['a date that is over', () => 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['a year', () => '31536000', HOUR],
  ['nonsense', () => '-1', SECOND],
])('[H5] [R21] leaves a server alone that answers 429 and names %s', async (_, tell, pause) => {
  const scene = await aliceInTwoProcesses({ network: { tokenLifetimeSeconds: 40 * 60 } })
  const { client, network, clock, tokenRequests } = scene
  // Near the end of its token: each call would refresh first, and goes on with the token that it has.
  await clock.advance(34 * MINUTE)
  const told = tell(clock.now())
  const headers = told === undefined ? {} : { 'retry-after': told }
  const busy = network.fault({ path, status: 429, headers, when: ({ form }) => form !== undefined })
  await client.get(GET_SESSION)
  expect(busy.count).toBe(1)
  if (pause > 0) {
    await clock.advance(pause - 1)
    await client.get(GET_SESSION).catch(() => {}) // after an hour the token has ended
    expect(tokenRequests()).toHaveLength(1)
    await clock.advance(1)
  }
  await client.get(GET_SESSION)
  expect(tokenRequests().map(({ status }) => status)).toEqual([429, 200])
  await expectToGoOn(scene)
})

test('[R3] holds up no call that has a good token for longer than five seconds, and that once', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, clock } = scene
  await clock.advance(55 * MINUTE)
  network.fault({ path, times, hang: 'request' })
  const began = clock.monotonic()
  for (let call = 0; call < 3; call++) expect((await outlast(client.get(GET_SESSION))).status).toBe(200)
  expect(clock.monotonic() - began).toBe(5 * SECOND)
  network.clearFaults()
  await clock.advance(HOUR)
  await expectToGoOn(scene)
})

/** Nobody knows whether the server acted, and it did not. */
const UNANSWERED: readonly Row[] = [
  ['hangs for ever', { path, times, hang: 'request' }],
  ['answers 500', { path, times, status: 500 }],
  ['answers 502', { path, times, status: 502 }],
  ['answers 503', { path, times, status: 503, headers: { 'retry-after': '5' } }],
  ['answers 408', { path, times, status: 408 }],
  ['is a captive portal, a page with 200', { path, times, respond: page }],
  ['answers 204', { path, times, status: 204 }],
  ['loses every request', { path, times, lose: 'request' }],
  [
    'believes that no proof is good',
    {
      path,
      times,
      status: 401,
      body: '{"error":"invalid_dpop_proof"}',
      headers: { 'content-type': 'application/json' },
    },
  ],
]

test.each(UNANSWERED)(
  '[H5] [R22] is uncertain for six minutes and goes on where the token endpoint %s',
  async (_, fault) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, outlast, here, record, there, tokenRequests, sessionId, alice } = scene
    network.fault(fault)
    const failure = await outlast(failureOf(client.refresh()))
    const named = { sessionId, did: alice.did, handle: alice.handle }
    expect(failure).toMatchObject({ name: 'SessionError', code: 'refresh_unanswered', retryable: true, ...named })
    expect(here.events).toContainEqual(expect.objectContaining({ type: 'refresh_unanswered', sessionId }))
    expect(await record()).toMatchObject({ gen: 1, status: 'active', attempt: { before: null, dead: false } })
    network.clearFaults()
    await scene.clock.advance(MINUTE)
    // The token that it has is used by everybody, and nobody spends the refresh token.
    const sent = tokenRequests().length
    for (const one of [client, await there()]) {
      const { client: after } = await one.get(GET_SESSION)
      expect(after.session).toMatchObject({ status: 'uncertain', reason: undefined })
      expect(await outlast(failureOf(one.refresh()))).toMatchObject({ code: 'refresh_pending', retryable: true })
    }
    expect(tokenRequests()).toHaveLength(sent)
    scene.alice.expireAccessTokens()
    await expectToGoOn(scene, { afterMs: FENCE })
  },
)

/** The server acted, and nobody heard the answer: the one way to lose a session. */
const LOST: readonly Row[] = [
  ['acts and hangs for ever', { path, times, hang: 'answer' }],
  ['acts and stops in the middle of its answer', { path, times, hang: 'body' }],
  ['hears both copies when nobody listens any more', { path, times, delay: 'request', ms: 41 * SECOND }],
  ['answers 500 and has ended the session', { path, rotation: 'fails' }],
  ['acts, and its answer becomes a page', { path, body: 'html' }],
  ['acts, and its answer breaks off', { path, body: 'cut-off' }],
  ['acts, and half of its answer comes', { path, body: 'half' }],
  ['acts, and no byte of its answer comes', { path, body: 'empty' }],
  ['acts, and its answer is a list', { path, body: 'array' }],
  ['acts, and its answer is huge', { path, body: 'huge' }],
  ['acts, and names no access token', { path, omit: 'access_token' }],
  ['acts, and the answer is lost', { path, lose: 'answer' }],
  ['acts, and every answer is lost', { path, times, lose: 'answer' }],
]

test.each(LOST)('[H6] [R20] [R22] says that an answer was lost where the token endpoint %s', async (_, fault) => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, there, record, clock } = scene
  network.fault(fault)
  expect(await outlast(failureOf(client.refresh()))).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  await clock.advance(FENCE / 2)
  network.clearFaults()
  // Until nothing of it can be on its way any more, nobody judges.
  const other = await there()
  expect(other.session).toMatchObject({ status: 'uncertain', reason: undefined })
  expect(await outlast(failureOf(other.get(GET_SESSION)))).toMatchObject({
    code: 'refresh_pending',
    retryable: true,
  })
  expect((await record()).status).toBe('active')
  await clock.advance(FENCE / 2)
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({ code: 'needs_reauth' })
  await expectEnded(scene, 'refresh_response_lost')
})

test('[R13] [R22] a request that is heard after six minutes harms nobody', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, clock, alice } = scene
  const held = network.fault({ path, times: 2, hang: 'request' })
  await outlast(failureOf(client.refresh()))
  alice.expireAccessTokens()
  await clock.advance(FENCE)
  held.release()
  await clock.settle()
  expect(alice.session).toMatchObject({ refreshCount: 0, deleted: false })
  await expectToGoOn(scene)
})

test('[R17] [R22] an answer that comes after everything is not listened to, and harms nobody', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, clock, record } = scene
  const held = network.fault({ path, times: 2, hang: 'answer' })
  await outlast(failureOf(client.refresh()))
  await clock.advance(FENCE)
  await outlast(failureOf(client.get(GET_SESSION)))
  const ended = await record()
  held.release()
  await clock.settle()
  expect(await record()).toEqual(ended)
  await expectEnded(scene, 'refresh_response_lost')
})

/** The requests of a refresh whose issuer check is due and that is asked for a nonce. */
const requests = await (async () => {
  const scene = await aliceInTwoProcesses()
  await scene.clock.advance(HOUR)
  await scene.client.refresh()
  return momentsOf(scene.here.steps.names).filter(({ name }) => isRequest(name))
})()
const lastRequest = requests.at(-2)

test.each(requests.map((moment) => [tellMoment(moment), moment] as const))(
  '[H6] [R11] [R17] [R22] loses nothing by a connection that breaks %s, but where the server had acted',
  async (_, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, here, outlast, clock, alice } = scene
    await clock.advance(HOUR)
    here.steps.at(moment, () => Promise.reject(new TypeError('fetch failed')))
    const outcome = await outlast(client.refresh()).catch((error: unknown) => error)
    expect(here.steps.struck).toBe(1)
    if (moment.index === lastRequest?.index && moment.side === 'after') {
      expect(outcome).toMatchObject({ code: 'refresh_unanswered', retryable: true })
      await clock.advance(FENCE)
      expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({ code: 'needs_reauth' })
      return expectEnded(scene, 'refresh_response_lost')
    }
    expect(alice.session.deleted).toBe(false)
    await expectToGoOn(scene, { afterMs: FENCE })
  },
)

test('[R8] [R20] says why a session has ended each time that the app tries it once more, in every process', async () => {
  const { client, alice, there, record } = await aliceInTwoProcesses()
  alice.revokeSessions()
  const other = await there()
  for (const one of [client, client, other, other]) {
    expect(await failureOf(one.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
    expect(await record()).toMatchObject({ status: 'needs_reauth', attempt: null })
  }
})

test('[R21] [R22] an outage of hours, in all its forms, costs nothing', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, clock, there } = scene
  for (const [, fault] of [...UNANSWERED, ...TURNED_AWAY]) {
    network.clearFaults()
    network.fault(fault)
    for (const one of [client, await there()]) await outlast(one.refresh().catch(() => {}))
    await clock.advance(20 * MINUTE)
    await outlast(client.get(GET_SESSION).catch(() => {}))
  }
  await expectToGoOn(scene, { afterMs: FENCE })
})

test('[R17] [R22] [R25] a copy that wins while the storage is away is not lost either', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, here, clock } = scene
  network.fault({ path, hang: 'request' })
  here.steps.always(({ name }) => name === 'put tokens', diskFull)
  const renewed = await outlast(client.refresh())
  expect(renewed.session).toMatchObject({ status: 'active', stored: false })
  await clock.advance(HOUR / 2)
  // Whoever restores it here gets what memory has, and not what stands in the storage.
  const restored = await here.oauth.restore(scene.sessionId)
  expect(restored?.session.stored).toBe(false)
  for (const one of [renewed, restored]) expect((await one?.get(GET_SESSION))?.client.session.stored).toBe(false)
  expect(scene.tokenRequests()).toHaveLength(2)
  here.steps.reset()
  await clock.advance(MINUTE)
  await expectToGoOn(scene)
})
