import type { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  DAY,
  diskFull,
  expectStorageError,
  expectToGoOn,
  GET_SESSION,
  HOUR,
  inBoth,
  MINUTE,
  momentsOfRefresh,
  type Process,
  processAt,
  type Scene,
  SECOND,
  TOKEN,
} from './alice-in-two-processes.ts'
import { isRequest, momentsOf, tellMoment } from './steps.ts'

const refreshMoments = await momentsOfRefresh()

/** The moments of a sign-out that is asked for a nonce. */
const signOutMoments = await (async () => {
  const { here, network, sessionId } = await aliceInTwoProcesses()
  network.rotateNonces()
  await here.oauth.revoke(sessionId)
  return momentsOf(here.steps.names)
})()

/** Which of them is the first that finds the tombstone in the storage. */
const tombstoneStands = signOutMoments.findIndex(({ name, side }) => name === 'put tombstone' && side === 'after')

/** The session is over for everybody: here, elsewhere, at the server, and in the storage, which holds no secret of it. */
async function expectSignedOut(scene: Scene): Promise<void> {
  const { here, start, sessionId, client, alice, clock, engine, outlast } = scene
  here.steps.reset()
  for (const { oauth } of [here, start()]) {
    expect(await oauth.restore(sessionId)).toBeUndefined()
    expect(await oauth.latest(alice.did)).toBeUndefined()
  }
  // What somebody else owed is paid by whoever met it.
  await clock.advance(MINUTE)
  await start().oauth.restore(sessionId)
  await clock.settle()
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject({ code: 'signed_out', did: alice.did })
  expect(await outlast(failureOf(client.refresh()))).toMatchObject({ code: 'signed_out', action: 'sign in again' })
  const left = await engine.get(`session/${sessionId}`)
  expect(left?.value).toMatchObject({ signedOut: true, owes: null })
  await clock.advance(DAY)
  expect(await engine.get(`session/${sessionId}`)).toBeUndefined()
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true])
}

test.each(inBoth(refreshMoments))(
  '[R24] [R26] [I2] is signed out by %s that meets a refresh %s',
  async (where, _, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, sessionId } = scene
    network.rotateNonces()
    let revocation: unknown
    here.steps.at(moment, async () => {
      revocation = await processAt(scene, where).oauth.revoke(sessionId)
    })
    const refreshed = await outlast(client.refresh()).catch((error: unknown) => error)
    expect(here.steps.struck).toBe(1)
    expect(revocation).toEqual({ accepted: true })
    const isTooLate = moment === refreshMoments.at(-1)
    if (!isTooLate) expect(refreshed).toMatchObject({ name: 'SessionError', code: 'signed_out' })
    await expectSignedOut(scene)
  },
)

test.each(inBoth(signOutMoments))(
  '[R24] [R26] [I2] is signed out by a sign-out that meets a refresh of %s %s',
  async (where, _, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, sessionId, there } = scene
    const other = where === 'another process' ? await there() : client
    network.rotateNonces()
    let refreshing: Promise<unknown> | undefined
    here.steps.at(moment, async () => {
      refreshing = other.refresh().catch((error: unknown) => error)
      await refreshing
    })
    await outlast(here.oauth.revoke(sessionId))
    expect(here.steps.struck).toBe(1)
    const refreshed = await refreshing
    // Before the tombstone stands it is a refresh like any other; after it there is nothing to refresh.
    const isBefore = signOutMoments.indexOf(moment) < tombstoneStands
    expect(refreshed).toMatchObject(isBefore ? { session: { status: 'active' } } : { code: 'signed_out' })
    await expectSignedOut(scene)
  },
)

test.each(inBoth(refreshMoments.filter(({ name }) => !isRequest(name))))(
  '[R24] [R26] stays signed out by %s also where the storage fails %s of the refresh that meets it',
  async (where, _, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, sessionId } = scene
    network.rotateNonces()
    here.steps.at(moment, async () => {
      await processAt(scene, where).oauth.revoke(sessionId)
      throw new Error('the disk is full')
    })
    await outlast(client.refresh()).catch((error: unknown) => {
      expect(['signed_out', 'write_failed', 'read_failed']).toContain((error as { readonly code: string }).code)
    })
    expect(here.steps.struck).toBe(1)
    // What could not be stored is tried again, meets the tombstone, and is given back.
    await scene.clock.advance(5 * SECOND)
    await expectSignedOut(scene)
  },
)

/** The moments at which tokens are on their way into the storage. */
const arriving = refreshMoments.slice(
  refreshMoments.findLastIndex(({ name, side }) => name === `POST ${TOKEN}` && side === 'before'),
  -1,
)

const ARRIVING = inBoth(arriving).flatMap(([where, when, moment]) =>
  isRequest(moment.name)
    ? [[where, when, 'works', moment] as const]
    : [[where, when, 'works', moment] as const, [where, when, 'fails', moment] as const],
)

test.each(ARRIVING)(
  '[R24] [R25] [R26] gives new tokens back where %s signed out %s, its revocation was lost, and the storage %s',
  async (where, _, how, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, sessionId, clock } = scene
    network.rotateNonces()
    // Whatever answers it: the server never hears of it.
    const lost = network.fault({ path: '/oauth/revoke', times: Infinity, status: 503 })
    here.steps.at(moment, async () => {
      const revocation = await processAt(scene, where).oauth.revoke(sessionId)
      expect(revocation).toMatchObject({ accepted: false })
      lost.remove()
      if (how === 'fails') throw new Error('the disk is full')
    })
    const outcome = await outlast(client.refresh()).catch((error: unknown) => error)
    // Where nobody could tell it yet, it hears of the sign-out when it tries to store again.
    if (how === 'works' || where === 'the same process') expect(outcome).toMatchObject({ code: 'signed_out' })
    expect(lost.count).toBeGreaterThan(0)
    await clock.advance(SECOND)
    await expectSignedOut(scene)
  },
)

/** The accesses of a sign-out. */
const signOutSteps = await (async () => {
  const { here, sessionId } = await aliceInTwoProcesses()
  await here.oauth.revoke(sessionId)
  return momentsOf(here.steps.names).filter(({ name }) => !isRequest(name))
})()

test.each(signOutSteps.map((moment) => [tellMoment(moment), moment] as const))(
  '[R26] [I2] a sign-out whose storage fails %s happens, or says that it did not',
  async (_, moment) => {
    const scene = await aliceInTwoProcesses()
    const { here, sessionId, alice, start, network } = scene
    here.steps.at(moment, diskFull)
    const isDone = await here.oauth.revoke(sessionId).then(
      () => true,
      (error: unknown) => {
        expectStorageError(error)
        return false
      },
    )
    expect(here.steps.struck).toBe(1)
    here.steps.reset()
    if (!isDone) await here.oauth.revoke(sessionId)
    // This process knows, and asks nobody.
    network.log.clear()
    expect(await failureOf(scene.client.get(GET_SESSION))).toMatchObject({ code: 'signed_out' })
    expect(network.log).toHaveLength(0)
    expect(alice.session.deleted).toBe(true)
    expect(await here.oauth.restore(sessionId)).toBeUndefined()
    expect(await start().oauth.restore(sessionId)).toBeUndefined()
    // Whoever meets an unpaid tombstone later strips it.
    await scene.clock.advance(MINUTE)
    await start().oauth.restore(sessionId)
    await scene.clock.settle()
    const left = JSON.stringify((await scene.engine.get(`session/${sessionId}`))?.value)
    expect(left).toContain('"owes":null')
  },
)

const AWAY = [
  ['cannot be connected to', { refuse: true }],
  ['hangs', { hang: 'request' }],
  ['loses every answer', { lose: 'answer' }],
  ['answers 500', { status: 500 }],
  ['answers 429', { status: 429, headers: { 'retry-after': '3600' } }],
  ['redirects', { redirect: 'https://elsewhere.example.com/' }],
  ['takes nine seconds for each answer', { delay: 'answer', ms: 9 * SECOND, skipChallenges: false }],
] as const

test.each(AWAY)('[R26] [I2] signs out here in ten seconds at most where the server %s', async (_, fault) => {
  const scene = await aliceInTwoProcesses()
  const { network, here, outlast, sessionId, clock, start, engine, alice } = scene
  // It would be asked twice: for the nonce, and with it.
  network.rotateNonces()
  network.fault({ path: '/oauth/revoke', times: Infinity, ...fault })
  const began = clock.monotonic()
  const revocation = await outlast(here.oauth.revoke(sessionId))
  expect(revocation).toMatchObject({ accepted: false, reason: expect.any(String) })
  expect(clock.monotonic() - began).toBeLessThanOrEqual(10 * SECOND)
  expect(network.log.to(/elsewhere/)).toHaveLength(0)
  for (const { oauth } of [here, start()]) expect(await oauth.restore(sessionId)).toBeUndefined()
  expect((await engine.get(`session/${sessionId}`))?.value).toMatchObject({ signedOut: true, owes: null })
  const code = 'signed_out'
  expect(await failureOf(scene.client.get(GET_SESSION))).toMatchObject({ code, did: alice.did })
})

test('[R26] says that a session is not signed out where the storage fails, and it goes on', async () => {
  const scene = await aliceInTwoProcesses()
  const { here, network, sessionId } = scene
  here.steps.always(({ name, side }) => name.startsWith('put') && side === 'before', diskFull)
  const told = { name: 'StorageError', code: 'write_failed', retryable: true }
  expect(await failureOf(here.oauth.revoke(sessionId))).toMatchObject(told)
  expect(network.log.to('/oauth/revoke')).toHaveLength(0)
  await expectToGoOn(scene)
})

test('[R25] [R26] a sign-out meets tokens that could not be stored: those are revoked', async () => {
  const scene = await aliceInTwoProcesses()
  const { here, client, clock, sessionId, alice, network } = scene
  here.steps.always(({ name }) => name === 'put tokens', diskFull)
  await client.refresh()
  await clock.advance(HOUR / 2)
  const newest = alice.session.refreshToken
  expect(await here.oauth.revoke(sessionId)).toEqual({ accepted: true })
  expect(network.log.to('/oauth/revoke').map(({ form }) => form?.get('token'))).toContain(newest)
  await expectSignedOut(scene)
})

test('[R25] [R26] a sign-out meets tokens that could not be stored, and is lost: they are given back later', async () => {
  const scene = await aliceInTwoProcesses()
  const { here, client, clock, sessionId, network } = scene
  here.steps.always(({ name }) => name === 'put tokens', diskFull)
  await client.refresh()
  const lost = network.fault({ path: '/oauth/revoke', times: Infinity, status: 503 })
  expect(await here.oauth.revoke(sessionId)).toMatchObject({ accepted: false })
  lost.remove()
  await clock.advance(MINUTE)
  await expectSignedOut(scene)
})

test('[R22] [R26] an uncertain session can be signed out, and is', async () => {
  const scene = await aliceInTwoProcesses()
  const { here, client, network, outlast, sessionId } = scene
  network.fault({ path: TOKEN, times: Infinity, lose: 'answer' })
  await outlast(failureOf(client.refresh()))
  network.clearFaults()
  // Of its chain of refresh tokens the server takes any, the spent one too.
  expect(await here.oauth.revoke(sessionId)).toEqual({ accepted: true })
  await expectSignedOut(scene)
})

test.each(inBoth(momentsOf(['get session'])))(
  '[R26] a restore that meets a sign-out by %s %s brings nothing back',
  async (where, _, moment) => {
    const scene = await aliceInTwoProcesses()
    const { here, sessionId, outlast } = scene
    here.steps.at(moment, () => processAt(scene, where).oauth.revoke(sessionId))
    const restored = await here.oauth.restore(sessionId)
    expect(here.steps.struck).toBe(1)
    // What another process did after the reading shows at the first call.
    const isUnseen = where === 'another process' && moment.side === 'after'
    expect(restored === undefined).toBe(!isUnseen)
    if (restored) expect(await outlast(failureOf(restored.get(GET_SESSION)))).toMatchObject({ code: 'signed_out' })
    await expectSignedOut(scene)
  },
)

test('[R26] many who sign out at once, in two processes, all succeed', async () => {
  const scene = await aliceInTwoProcesses()
  const { here, start, sessionId, outlast, network } = scene
  const other = start()
  const revoke = (process: Process) => process.oauth.revoke(sessionId)
  const outcomes = await outlast(Promise.all([here, other, here, other, here].map(revoke)))
  expect(outcomes.some(({ accepted }) => accepted)).toBe(true)
  expect(
    network.log.to('/oauth/revoke').every(({ error }) => error === undefined || error === 'use_dpop_nonce'),
  ).toBe(true)
  await expectSignedOut(scene)
})

/** Who may come next. */
const NEXT: readonly (readonly [who: string, come: (scene: Scene, other: XrpcClient) => Promise<unknown>])[] = [
  ['restores', ({ start, sessionId }) => start().oauth.restore(sessionId)],
  ['refreshes', (_, other) => failureOf(other.refresh())],
  ['signs out', ({ start, sessionId }) => start().oauth.revoke(sessionId)],
]

test.each(NEXT)('[R5] [R26] a sign-out whose process dies is ended by whoever %s next', async (_, come) => {
  const scene = await aliceInTwoProcesses()
  const { here, start, sessionId, clock, alice, there } = scene
  const other = await there()
  const { index } = signOutMoments[tombstoneStands] ?? { index: -1 }
  here.steps.at({ index, side: 'after' }, () => void here.steps.freeze())
  void here.oauth.revoke(sessionId)
  await clock.settle()
  expect(here.steps.struck).toBe(1)
  expect(await start().oauth.restore(sessionId)).toBeUndefined()
  expect(alice.session.deleted).toBe(false)
  await clock.advance(MINUTE)
  await come(scene, other)
  await clock.settle()
  expect(alice.session.deleted).toBe(true)
})
