import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  DAY,
  diskFull,
  expectEnded,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  type Scene,
  TOKEN,
} from './alice-in-two-processes.ts'

const NEW_HOME = 'https://new-home.example.com'
const PLC = /plc\.directory/
const times = Infinity

/** Everybody's issuer check is due, and their tokens have ended. */
const whenDue = ({ clock }: Scene) => clock.advance(HOUR)

test('[H8] [R11] follows an account to another PDS of the same issuer, in every process', async () => {
  const scene = await aliceInTwoProcesses({ network: { entryway: true } })
  const { client, network, alice, there, outlast, record } = scene
  network.addPds(NEW_HOME)
  alice.moveTo(NEW_HOME)
  const other = await there()
  await whenDue(scene)
  for (const one of [client, other]) {
    const { client: after } = await outlast(one.get(GET_SESSION))
    expect(after.session).toMatchObject({ pds: NEW_HOME, status: 'active', issuer: network.issuer })
    expect(network.log.last?.url).toContain(NEW_HOME)
  }
  expect((await record()).pds).toBe(NEW_HOME)
  await expectToGoOn(scene)
})

test('[H8] [R11] [R22] follows an account also where the answer of the first refresh after it was lost', async () => {
  const scene = await aliceInTwoProcesses({ network: { entryway: true } })
  const { client, network, alice, outlast } = scene
  network.addPds(NEW_HOME)
  alice.moveTo(NEW_HOME)
  await whenDue(scene)
  network.fault({ path: TOKEN, times, status: 500 })
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({ code: 'refresh_unanswered' })
  await expectToGoOn(scene, { afterMs: FENCE })
  expect(network.log.last?.url).toContain(NEW_HOME)
})

test('[H8] [R11] [R20] ends a session whose account has moved to another issuer, and goes on where it moves back', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, alice, outlast, tokenRequests, there, record, sessionId, clock } = scene
  const { pds } = alice
  network.addPds(NEW_HOME, { issuer: NEW_HOME })
  alice.moveTo(NEW_HOME)
  await whenDue(scene)
  const told = { name: 'SessionError', code: 'needs_reauth', reason: 'account_moved', action: 'sign in again' }
  const named = { sessionId, did: alice.did, handle: alice.handle }
  const other = await there()
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({ ...told, ...named })
  expect(await outlast(failureOf(other.get(GET_SESSION)))).toMatchObject({ ...told, ...named })
  expect(tokenRequests()).toHaveLength(0)
  // Its tokens were kept: a directory that was wrong for a while costs no sign-in.
  alice.moveTo(pds)
  await clock.advance(10 * MINUTE)
  expect((await outlast(client.refresh())).session).toMatchObject({ status: 'active', reason: undefined })
  expect(await record()).toMatchObject({ status: 'active', attempt: null })
  await expectToGoOn(scene)
})

test('[H8] [R11] a session whose account has moved for good leads to a sign-in at the new issuer', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, alice, outlast, here } = scene
  network.addPds(NEW_HOME, { issuer: NEW_HOME })
  alice.moveTo(NEW_HOME)
  await whenDue(scene)
  await outlast(failureOf(client.get(GET_SESSION)))
  await expectEnded(scene, 'account_moved')
  expect((await here.oauth.latest(alice.did))?.session.issuer).toBe(NEW_HOME)
})

test('[H8] [R11] sends refresh tokens where the pinned issuer says now, and back', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast } = scene
  const { authorizationServerMetadata: metadata } = network
  const { token_endpoint: old } = metadata
  const moved = 'https://tokens.example.com/oauth/token'
  network.host('https://tokens.example.com', () => new Response('not yet', { status: 503 }))
  metadata['token_endpoint'] = moved
  await whenDue(scene)
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({ code: 'refresh_unanswered' })
  expect(network.log.count(moved)).toBeGreaterThan(0)
  expect(network.log.count(String(old))).toBe(0)
  metadata['token_endpoint'] = old
  await expectToGoOn(scene, { afterMs: 11 * MINUTE })
})

/** What keeps the account's issuer from being confirmed. None of it proves that it has changed. */
const UNCONFIRMED: readonly (readonly [what: string, trouble: (scene: Scene) => () => void])[] = [
  [
    'the directory cannot be connected to',
    ({ network }) => network.fault({ path: PLC, times, refuse: true }).remove,
  ],
  ['the directory answers 500', ({ network }) => network.fault({ path: PLC, times, status: 500 }).remove],
  ['the directory answers 429', ({ network }) => network.fault({ path: PLC, times, status: 429 }).remove],
  ['the directory hangs', ({ network }) => network.fault({ path: PLC, times, hang: 'request' }).remove],
  ['the directory knows nobody', ({ network }) => network.fault({ path: PLC, times, status: 404 }).remove],
  ['the directory is a captive portal', ({ network }) => network.fault({ path: PLC, times, body: 'html' }).remove],
  [
    'the DID was taken out of use',
    ({ network, alice }) => {
      const document = network.didDocuments.get(alice.did) ?? null
      network.didDocuments.set(alice.did, null)
      return () => void network.didDocuments.set(alice.did, document)
    },
  ],
  [
    "the PDS's own metadata is away",
    ({ network }) => network.fault({ path: '/.well-known/oauth-protected-resource', times, status: 503 }).remove,
  ],
  [
    "the server's own metadata is away",
    ({ network }) => network.fault({ path: '/.well-known/oauth-authorization-server', times, status: 503 }).remove,
  ],
  [
    "the server's metadata names another issuer",
    ({ network }) => {
      const path = '/.well-known/oauth-authorization-server'
      return network.fault({ path, times, set: { issuer: 'https://elsewhere.example.com' } }).remove
    },
  ],
]

test.each(UNCONFIRMED)('[H8] [R11] refreshes as ever for a day while %s', async (_, trouble) => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, outlast, there } = scene
  const mend = trouble(scene)
  for (const wait of [HOUR, 12 * HOUR, 10 * HOUR]) {
    await clock.advance(wait)
    for (const one of [client, await there()]) {
      expect((await outlast(one.get(GET_SESSION))).client.session.status).toBe('active')
    }
  }
  mend()
  await expectToGoOn(scene)
})

test.each(UNCONFIRMED)(
  '[H8] [R11] sends nothing after a day, and goes on after two, where %s',
  async (_, trouble) => {
    const scene = await aliceInTwoProcesses()
    const { client, clock, outlast, there, tokenRequests, record, alice, network } = scene
    const mend = trouble(scene)
    await clock.advance(DAY + HOUR)
    for (const one of [client, await there()]) {
      const told = { name: 'SessionError', code: 'issuer_unverified', retryable: true, did: alice.did }
      expect(await outlast(failureOf(one.get(GET_SESSION)))).toMatchObject(told)
      expect(one.session.status).toBe('active')
    }
    await clock.advance(DAY)
    expect(await outlast(failureOf(client.refresh()))).toMatchObject({ code: 'issuer_unverified' })
    expect(tokenRequests()).toHaveLength(0)
    expect(await record()).toMatchObject({ status: 'active', attempt: null, gen: 1 })
    mend()
    network.clearFaults()
    await expectToGoOn(scene, { afterMs: 10 * MINUTE })
  },
)

test('a handle that changed changes nothing', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, alice, outlast } = scene
  alice.rename('alicia.example.com')
  await whenDue(scene)
  expect((await outlast(client.get(GET_SESSION))).data).toMatchObject({ handle: 'alicia.example.com' })
  await expectToGoOn(scene)
})

test('an account that is deactivated for a while keeps its session', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, alice, outlast } = scene
  alice.deactivate()
  await outlast(client.get(GET_SESSION).catch(() => {}))
  await whenDue(scene)
  await outlast(client.get(GET_SESSION).catch(() => {}))
  alice.activate()
  await expectToGoOn(scene)
})

test('[H5] [R20] an account that is taken down ends its session as revoked', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, alice, outlast, here } = scene
  alice.takeDown()
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({
    code: 'needs_reauth',
    reason: 'revoked',
  })
  expect(here.events).toContainEqual(expect.objectContaining({ type: 'ended', reason: 'revoked', did: alice.did }))
})

test('[H8] [R11] [R25] takes new facts along also where they cannot be stored at first', async () => {
  const scene = await aliceInTwoProcesses({ network: { entryway: true } })
  const { client, network, alice, outlast, here, clock, there } = scene
  network.addPds(NEW_HOME)
  alice.moveTo(NEW_HOME)
  await whenDue(scene)
  here.steps.always(({ name }) => name === 'put tokens', diskFull)
  const { client: after } = await outlast(client.get(GET_SESSION))
  expect(after.session).toMatchObject({ pds: NEW_HOME, stored: false })
  here.steps.reset()
  await clock.advance(MINUTE)
  expect((await there()).session.pds).toBe(NEW_HOME)
  await expectToGoOn(scene)
})
