import type { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { STORAGE_TIMEOUT_MS } from '../../src/storage/timed-storage.ts'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  diskFull,
  expectStorageError,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  type Scene,
  SECOND,
} from './alice-in-two-processes.ts'
import { type Deed, momentsOfDeeds } from './deeds.ts'
import { isRequest, type Moment, tellMoment } from './steps.ts'

const DEEDS: readonly Deed[] = [
  { title: 'a refresh', run: ({ client }) => client.refresh() },
  {
    title: 'a refresh that is asked for a nonce',
    prepare: ({ network }) => network.rotateNonces(),
    run: ({ client }) => client.refresh(),
  },
  {
    title: 'a call with an expired token',
    prepare: ({ clock }) => clock.advance(HOUR),
    run: ({ client }) => patientGet(client),
  },
  {
    title: 'a call whose token is refused',
    prepare: ({ alice }) => alice.expireAccessTokens(),
    run: ({ client }) => patientGet(client),
  },
  {
    title: 'a call whose token somebody else has refreshed',
    prepare: async ({ there }) => (await there()).refresh(),
    run: ({ client }) => patientGet(client),
  },
  {
    title: 'a refresh that the server turns away',
    prepare: ({ network }) => network.fault({ path: '/oauth/token', status: 400 }),
    run: ({ client }) =>
      client.refresh().catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'refresh_refused')) throw error
      }),
  },
  { title: 'a restore', run: ({ here, sessionId }) => here.oauth.restore(sessionId) },
  { title: 'the newest session of an account', run: ({ here, alice }) => here.oauth.latest(alice.did) },
  {
    title: 'a list of sessions',
    async run({ here, sessionId }) {
      const found: string[] = []
      for await (const info of here.oauth.sessions()) found.push(info.sessionId)
      expect(found).toEqual([sessionId])
    },
  },
]

/** A call that ends by no time limit of its own before the storage is given up. */
function patientGet(client: XrpcClient): Promise<unknown> {
  return client.with({ timeoutMs: HOUR }).get(GET_SESSION)
}

const CASES = (await momentsOfDeeds(DEEDS))
  .filter(([, { name }]) => !isRequest(name))
  .map(([deed, moment]) => [`${deed.title}, ${tellMoment(moment)}`, deed, moment] as const)

test('meets every access that a refresh, a call and a restore make', () => {
  expect(CASES.length).toBeGreaterThan(40)
})

test.each(CASES)('[R15] [R24] [R25] loses nothing where the storage fails: %s', async (_, deed, moment) => {
  const scene = await aliceInTwoProcesses()
  const { here, network, outlast, clock } = scene
  await deed.prepare?.(scene)
  here.steps.at(moment, diskFull)
  const doing = outlast(deed.run(scene))
  await (isOvercome(moment) ? doing : doing.catch(expectStorageError))
  expect(here.steps.struck).toBe(1)
  // A server that was turned to is left alone for a second.
  await clock.advance(SECOND)
  expect(network.log.to('/oauth/revoke')).toHaveLength(0)
  await expectToGoOn(scene)
})

test.each(CASES)(
  '[R15] [R24] [R25] loses nothing where the storage fails for an hour: %s',
  async (_, deed, moment) => {
    const scene = await aliceInTwoProcesses()
    const { here, outlast, clock, network } = scene
    await deed.prepare?.(scene)
    let hasBegun = false
    here.steps.always(({ index, side, name }) => {
      hasBegun ||= index === moment.index && side === moment.side
      return hasBegun && side === moment.side && !isRequest(name)
    }, diskFull)
    await outlast(deed.run(scene)).catch(expectStorageError)
    expect(here.steps.struck).toBeGreaterThan(0)
    for (let quarter = 0; quarter < 4; quarter++) {
      await outlast(scene.client.get(GET_SESSION)).catch(expectStorageError)
      await clock.advance(15 * MINUTE)
    }
    expect(network.log.to('/oauth/revoke')).toHaveLength(0)
    here.steps.reset()
    // An attempt whose outcome nobody could look up is waited for by others; tokens in memory are stored in a minute.
    await expectToGoOn(scene, { afterMs: FENCE })
  },
)

test.each(CASES)(
  '[R15] [R24] [R25] gives an access up that is never answered, and goes on: %s',
  async (_, deed, moment) => {
    const scene = await aliceInTwoProcesses()
    const { here, outlast, clock, network } = scene
    await deed.prepare?.(scene)
    here.steps.at(moment, () => new Promise<never>(() => {}))
    const began = clock.monotonic()
    const doing = outlast(deed.run(scene))
    await (isOvercome(moment) ? doing : doing.catch(expectStorageError))
    expect(here.steps.struck).toBe(1)
    expect(clock.monotonic() - began).toBeLessThan(STORAGE_TIMEOUT_MS + MINUTE)
    expect(network.log.to('/oauth/revoke')).toHaveLength(0)
    await expectToGoOn(scene, { afterMs: FENCE })
  },
  // Where it is waited for without end, not the whole run is.
  10_000,
)

test.each([
  ['a second', SECOND],
  ['nine seconds', 9 * SECOND],
])('[R16] does everything as ever on a storage that takes %s', async (_, ms) => {
  const scene = await aliceInTwoProcesses()
  const { here, clock, client, outlast, tokenRequests } = scene
  here.steps.always(isAccess, () => clock.sleep(ms))
  await outlast(client.refresh())
  expect(tokenRequests()).toHaveLength(1)
  await clock.advance(HOUR)
  expect((await outlast(client.get(GET_SESSION))).client.session.status).toBe('active')
  here.steps.reset()
  await expectToGoOn(scene)
})

test('[R1] [R16] calls as ever, and sends no refresh token, on a storage that takes a minute', async () => {
  const scene = await aliceInTwoProcesses()
  const { here, clock, client, outlast, tokenRequests, record, sessionId } = scene
  here.steps.always(isAccess, () => clock.sleep(MINUTE))
  const began = clock.monotonic()
  expect((await outlast(client.get(GET_SESSION))).status).toBe(200)
  expect(clock.monotonic()).toBe(began)
  expect((await outlast(here.oauth.restore(sessionId)))?.session.status).toBe('active')
  expect(await outlast(failureOf(client.refresh()))).toMatchObject({ code: 'refresh_pending', retryable: true })
  expect(tokenRequests()).toHaveLength(0)
  here.steps.reset()
  await clock.advance(5 * MINUTE)
  expect((await record()).status).toBe('active')
  await expectToGoOn(scene)
})

test('[R7] [R15] sends nothing by what a storage says that shows the past', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, engine, start, outlast, tokenRequests, sessionId, network } = scene
  const past = await engine.get(`session/${sessionId}`)
  await client.refresh()
  const replica = { ...engineOf(scene), get: () => Promise.resolve(past && { ...past, age: 0 }) }
  const late = await start({ storage: replica }).oauth.restore(sessionId)
  if (!late) throw new Error('nothing restored')
  const sent = tokenRequests().length
  expect(await outlast(failureOf(late.get(GET_SESSION)))).toMatchObject({
    code: 'refresh_pending',
    retryable: true,
  })
  expect(tokenRequests()).toHaveLength(sent)
  // Once it shows the present, what another process refreshed is taken over.
  replica.get = () => engine.get(`session/${sessionId}`)
  expect((await outlast(late.get(GET_SESSION))).status).toBe(200)
  expect(tokenRequests()).toHaveLength(sent)
  expect(network.log.last?.status).toBe(200)
  await expectToGoOn(scene)
})

test('[R24] [R25] puts nothing over what another process stored while it tried again', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, here, there, record, clock, alice } = scene
  here.steps.always(({ name, side }) => name === 'put tokens' && side === 'after', diskFull)
  await client.refresh()
  // It stands there, and only this process does not know.
  await (await there()).refresh()
  expect((await record()).gen).toBe(3)
  here.steps.reset()
  await clock.advance(MINUTE)
  expect((await record()).tokens.refreshToken).toBe(alice.session.refreshToken)
  await expectToGoOn(scene)
})

test('[R7] brings tokens that only memory has back into a storage that lost them', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, engine, sessionId } = scene
  const past = await engine.get(`session/${sessionId}`)
  await client.refresh()
  const now = await engine.get(`session/${sessionId}`)
  // A failover: the last writings are forgotten.
  await engine.put(`session/${sessionId}`, past?.value ?? null, { ifVersion: now?.version ?? null })
  await expectToGoOn(scene)
})

test.each([
  ['a text', 'no record'],
  ['a record of the future', { schema: 2 }],
  ['half a record', { schema: 1, sessionId: 'did:plc:x/y' }],
])('names a record that cannot be read: %s; and uses what it knows', async (_, value) => {
  const scene = await aliceInTwoProcesses()
  const { client, engine, sessionId, tokenRequests, start } = scene
  const key = `session/${sessionId}`
  const good = await engine.get(key)
  const version = await engine.put(key, value, { ifVersion: good?.version ?? null })
  const told = { name: 'StorageError', code: 'corrupt', field: key, retryable: false }
  expect(await failureOf(client.refresh())).toMatchObject(told)
  expect(await failureOf(start().oauth.restore(sessionId))).toMatchObject(told)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(0)
  expect((await engine.get(key))?.value).toEqual(value)
  await engine.put(key, good?.value ?? null, { ifVersion: version ?? null })
  await expectToGoOn(scene)
})

/** Tokens live in memory until they are stored, and an attempt that stands is signed anew: nobody hears of either. */
function isOvercome({ name, side }: Moment): boolean {
  return name === 'put tokens' || (name === 'put attempt' && side === 'after')
}

function isAccess({ side, name }: Moment): boolean {
  return side === 'before' && !isRequest(name)
}

/** The shared storage as one more object. */
function engineOf({ start }: Scene) {
  return start().storage
}
