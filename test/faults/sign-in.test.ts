import { inspect } from 'node:util'
import type { OAuthClientOptions } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf, keysIn } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  diskFull,
  emptyScene,
  expectStorageError,
  FENCE,
  GET_SESSION,
  HOUR,
  inBoth,
  MINUTE,
  momentsOfRefresh,
  processAt,
  SECOND,
  signIn,
  TOKEN,
} from './alice-in-two-processes.ts'
import { NO_TOKENS, SECRET } from './no-tokens.ts'
import { isRequest, momentsOf, tellMoment } from './steps.ts'

const refreshMoments = await momentsOfRefresh()

/** How a sign-in is kept for its callback. */
const KEPT: readonly (readonly [how: string, client: Partial<OAuthClientOptions>])[] = [
  ['in the storage', {}],
  ['with the browser', { sealKeys: [Buffer.alloc(32, 7).toString('base64')] }],
]

/** The accesses of a sign-in, from the handle to the session. */
const SIGN_INS = (
  await Promise.all(
    KEPT.map(async ([how, client]) => {
      const scene = emptyScene({ client })
      await signIn(scene)
      const moments = momentsOf(scene.here.steps.names).filter(({ name }) => !isRequest(name))
      return moments.map((moment) => [how, tellMoment(moment), client, moment] as const)
    }),
  )
).flat()

test.each(SIGN_INS)(
  '[F10] [R25] a sign-in kept %s whose storage fails %s leaves no session that nobody has',
  async (_, __, options, moment) => {
    const scene = emptyScene({ client: options })
    const { here, alice, outlast, start, clock } = scene
    here.steps.at(moment, diskFull)
    const client = await signIn(scene).catch((error: unknown) => {
      expectStorageError(error)
      return undefined
    })
    expect(here.steps.struck).toBe(1)
    here.steps.reset()
    await clock.advance(MINUTE)
    if (client) {
      expect((await client.get(GET_SESSION)).client.session.stored).toBe(true)
      const other = await start().oauth.restore(client.session.sessionId)
      expect((await other?.refresh())?.session.status).toBe('active')
      return
    }
    // What was not finished has left nothing behind, and the next one works.
    expect(alice.sessions.filter(({ deleted }) => !deleted)).toEqual([])
    const again = await outlast(signIn(scene))
    expect((await again.get(GET_SESSION)).status).toBe(200)
  },
)

test('[F10] [R25] a sign-in whose session cannot be stored for an hour is used, and not spent, meanwhile', async () => {
  const scene = emptyScene()
  const { here, alice, outlast, start, clock, network } = scene
  here.steps.always(({ name }) => name === 'put tokens' || name === 'put attempt', diskFull)
  const client = await signIn(scene)
  expect(client.session).toMatchObject({ status: 'active', stored: false })
  expect(here.events.map(({ type }) => type)).toContain('store_failed')
  const { sessionId } = client.session
  await clock.advance(HOUR / 2)
  expect((await client.get(GET_SESSION)).client.session.stored).toBe(false)
  // This process has it, by its id and by its account; another one cannot.
  expect((await here.oauth.restore(sessionId))?.session.sessionId).toBe(sessionId)
  expect((await here.oauth.latest(alice.did))?.session.sessionId).toBe(sessionId)
  expect(await start().oauth.restore(sessionId)).toBeUndefined()
  await clock.advance(HOUR / 2)
  const sent = network.log.count('/oauth/token')
  expectStorageError(await outlast(failureOf(client.get(GET_SESSION))))
  expect(network.log.count('/oauth/token')).toBe(sent)
  here.steps.reset()
  await clock.advance(MINUTE)
  for (const { oauth } of [start(), here]) {
    const restored = await oauth.restore(sessionId)
    expect(
      (await outlast(restored?.refresh() ?? Promise.reject(new Error('nothing restored')))).session.stored,
    ).toBe(true)
  }
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false])
})

test.each(inBoth(refreshMoments))(
  'a sign-in of the same account by %s that meets a refresh %s leaves two sessions that live',
  async (where, _, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, alice, start, clock } = scene
    network.rotateNonces()
    let second: string | undefined
    here.steps.at(moment, async () => {
      await clock.advance(SECOND)
      second = (await signIn(scene, processAt(scene, where))).session.sessionId
    })
    await outlast(client.refresh())
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false, false])
    const process = start()
    const latest = await process.oauth.latest(alice.did)
    expect(latest?.session.sessionId).toBe(second)
    const first = await process.oauth.restore(scene.sessionId)
    for (const one of [client, first, latest]) {
      const renewed = await outlast(one?.refresh() ?? Promise.reject(new Error('nothing restored')))
      expect((await outlast(renewed.get(GET_SESSION))).client.session).toMatchObject({
        status: 'active',
        stored: true,
      })
    }
    // And the end of one is not the end of the other.
    await outlast(process.oauth.revoke(scene.sessionId))
    expect((await outlast(latest?.get(GET_SESSION) ?? Promise.reject(new Error('nothing restored')))).status).toBe(
      200,
    )
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
    await clock.advance(FENCE)
  },
)

test.each(inBoth(refreshMoments))(
  'the way back into a session, by %s, that meets a refresh %s leads into the same session',
  async (where, _, moment) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, alice, clock, there, sessionId } = scene
    const other = await there()
    network.rotateNonces()
    here.steps.at(moment, async () => {
      const { oauth } = processAt(scene, where)
      const again = (await oauth.restore(sessionId)) ?? client
      await signIn(scene, { oauth }, again)
    })
    await outlast(client.refresh().catch(() => {}))
    expect(here.steps.struck).toBe(1)
    await clock.settle()
    // The sign-in before is given up, and everybody goes on with the new one.
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
    for (const one of [client, other, await there(), client]) {
      expect((await outlast(one.get(GET_SESSION))).client.session).toMatchObject({ sessionId, status: 'active' })
      const renewed = await outlast(one.refresh())
      expect(renewed.session).toMatchObject({ sessionId, status: 'active', reason: undefined, stored: true })
    }
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
  },
)

test.each(NO_TOKENS)(
  '[F1] [F9] [M5] a sign-in that brings an access token with %s gives it back, and shows it nowhere',
  async (_, accessToken) => {
    const scene = emptyScene()
    const { network, alice, here, engine } = scene
    network.fault({ path: TOKEN, json: (json) => ({ ...json, access_token: accessToken }) })
    const failure = await failureOf(signIn(scene))
    const told = { name: 'AuthorizationError', code: 'token_response_invalid', field: 'access_token' }
    expect(failure).toMatchObject({ ...told, retryable: false })
    const shown = [inspect(failure, { depth: 10 }), JSON.stringify(failure), failure.stack, inspect(here.events)]
    expect(shown.join('\n')).not.toContain(SECRET)
    expect(network.log.to('/oauth/revoke')).toMatchObject([{ status: 200 }])
    expect(alice.session.deleted).toBe(true)
    expect(await keysIn(engine, 'session/')).toEqual([])
    network.clearFaults()
    expect((await (await signIn(scene)).get(GET_SESSION)).status).toBe(200)
  },
)

test.each([
  ['a century and a second', 3_153_600_001],
  ['more than a number of milliseconds holds', 1e306],
])('[F5] [F10] a sign-in whose access token is to live for %s is stored, and goes on', async (_, seconds) => {
  const scene = emptyScene()
  const { network, here, start, clock, outlast } = scene
  network.fault({ path: TOKEN, json: (json) => ({ ...json, expires_in: seconds }) })
  const client = await signIn(scene)
  expect(client.session.stored).toBe(true)
  await clock.advance(HOUR)
  const other = await start().oauth.restore(client.session.sessionId)
  for (const one of [client, other]) expect(one && (await outlast(one.get(GET_SESSION))).status).toBe(200)
  expect(here.events.map(({ type }) => type)).not.toContain('store_failed')
})
