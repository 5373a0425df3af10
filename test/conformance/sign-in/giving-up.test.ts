import type { Fault } from 'atproof/testing'
import { testClock } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import {
  alicesScene,
  consentedAlice,
  failureOf,
  keysIn,
  refusedAuthorize,
  refusedCallback,
  type Scene,
} from '../scene.ts'
import { exchanges } from './processes.ts'
import { PDS, SERVER } from './scene.ts'

const SECOND = 1000

/** The hops of a callback that began at a server, in their order: the code, and whose tokens they are. */
const HOPS: readonly (readonly [name: string, path: string | RegExp])[] = [
  ['the DID document', /^https:\/\/plc\.directory\//],
  ['the metadata of the PDS', '/.well-known/oauth-protected-resource'],
  ['the metadata of the server', '/.well-known/oauth-authorization-server'],
  ['the proof of the handle', 'https://alice.example.com/.well-known/atproto-did'],
]

/** Alice’s sign-in leaves nothing behind: no session here, none at her server, and a state that is spent. */
async function expectNothingKept(scene: Scene): Promise<void> {
  expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^spent\//)])
  expect(scene.network.log.to('/oauth/revoke').filter(({ status }) => status === 200)).toHaveLength(1)
  expect(scene.alice.session.deleted).toBe(true)
  expect(scene.events).toEqual([])
}

/** Everything that a callback asks takes nine seconds, which is in time for each of them. The nonce is stale. */
async function slowNetwork(identifier: string) {
  const clock = testClock()
  const scene = alicesScene({ network: { clock } })
  const consented = await consentedAlice(scene, { identifier, state: 'of the app' })
  await clock.advance(3 * 60 * SECOND)
  scene.network.rotateNonces()
  const slow = { delay: 'answer', ms: 9 * SECOND, skipChallenges: false, times: Infinity } as const
  for (const path of ['/oauth/token', ...HOPS.map(([, hop]) => hop)]) scene.network.fault({ path, ...slow })
  clock.auto()
  return { scene, clock, consented, begin: clock.monotonic() }
}

describe('a callback that takes too long', () => {
  test('[E6] [F9] ends after thirty seconds in all, gives its tokens back and stores nothing', async () => {
    const { scene, clock, consented, begin } = await slowNetwork(PDS)
    expect(await refusedCallback(scene, consented)).toMatchObject({
      name: 'NetworkError',
      code: 'timeout',
      expected: 'the end of a sign-in in 30000 ms',
      retryable: false,
      action: 'sign in again',
    })
    expect(clock.monotonic() - begin).toBe(30 * SECOND)
    await clock.advance(20 * SECOND)
    await expectNothingKept(scene)
  })

  test('[F9] keeps the runtime alive until its tokens are given back', async () => {
    const kept: Promise<unknown>[] = []
    const clock = testClock()
    const scene = alicesScene({ network: { clock }, client: { waitUntil: (work) => void kept.push(work) } })
    const { callback, context } = await consentedAlice(scene)
    scene.network.fault({ path: '/oauth/token', delay: 'answer', ms: 5 * SECOND })
    const giveUp = new AbortController()
    const waiting = failureOf(scene.oauth.callback(callback, { context, signal: giveUp.signal }))
    await clock.advance(SECOND)
    giveUp.abort()
    await waiting
    expect(kept).toHaveLength(1)
    await clock.advance(10 * SECOND)
    await Promise.all(kept)
    await expectNothingKept(scene)
  })

  test('[E6] is no callback whose every answer is slow, and which ends in time', async () => {
    const { scene, clock, consented, begin } = await slowNetwork('alice.example.com')
    const { client } = await scene.oauth.callback(consented.callback, { context: consented.context })
    expect(client.did).toBe(scene.alice.did)
    expect(clock.monotonic() - begin).toBe(18 * SECOND)
  })

  test.each(HOPS.slice(0, 3))('[F9] [F8] where %s hangs, gives its tokens back', async (_, path) => {
    const clock = testClock()
    const scene = alicesScene({ network: { clock } })
    const consented = await consentedAlice(scene, { identifier: PDS })
    scene.network.fault({ path, hang: 'request' })
    clock.auto()
    const error = await refusedCallback(scene, consented)
    expect(error).toMatchObject({ code: 'timeout', retryable: false, action: 'sign in again' })
    await expectNothingKept(scene)
  })

  test.each(HOPS.slice(3))('[F8] is none where %s hangs: the handle is only not shown', async (_, path) => {
    const clock = testClock()
    const scene = alicesScene({ network: { clock } })
    const { callback, context } = await consentedAlice(scene, { identifier: PDS })
    scene.network.fault({ path, hang: 'request' })
    clock.auto()
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.session).toMatchObject({ did: scene.alice.did, handle: undefined })
  })
})

test('[A18] several slow servers together are given thirty seconds', async () => {
  const clock = testClock({ autoAdvance: true })
  const scene = alicesScene({ network: { clock } })
  scene.network.fault({
    path: /./,
    delay: 'answer',
    ms: 9_900,
    times: Infinity,
    when: ({ method }) => method === 'GET',
  })
  scene.network.fault({ path: '_atproto.alice.example.com', delay: 'answer', ms: 2_900 })
  scene.network.wellKnownDids.delete('alice.example.com')
  scene.network.txtRecords.set('_atproto.alice.example.com', [[`did=${scene.alice.did}`]])
  scene.network.fault({ path: '/oauth/par', hang: 'request' })
  const begin = clock.monotonic()
  expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
    code: 'timeout',
    expected: 'a sign-in in 30000 ms',
  })
  expect(clock.monotonic() - begin).toBe(30_000)
})

describe('a caller that gives up', () => {
  test.each(HOPS)('[F9] [J14] while %s is asked for: nothing is kept, the tokens go back', async (_, path) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { identifier: PDS })
    const { hit } = scene.network.fault({ path, hang: 'request' })
    const giveUp = new AbortController()
    const attempt = failureOf(scene.oauth.callback(callback, { context, signal: giveUp.signal }))
    await hit
    const reason = new Error('the tab was closed')
    giveUp.abort(reason)
    expect(await attempt).toBe(reason)
    await scene.clock.settle()
    await expectNothingKept(scene)
  })

  test.each<[string, Fault]>([
    ['on its way', { path: '/oauth/token', hang: 'request' }],
    ['being answered', { path: '/oauth/token', hang: 'answer' }],
    ['half answered', { path: '/oauth/token', hang: 'body' }],
  ])(
    '[E6] [F9] [J14] while the code is %s: nothing is kept, and what comes too late goes back',
    async (_, fault) => {
      const scene = alicesScene()
      const { callback, context } = await consentedAlice(scene)
      const handle = scene.network.fault(fault)
      const giveUp = new AbortController()
      const attempt = failureOf(scene.oauth.callback(callback, { context, signal: giveUp.signal }))
      await handle.hit
      await scene.clock.settle()
      const reason = new Error('the tab was closed')
      giveUp.abort(reason)
      expect(await attempt).toBe(reason)
      expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^spent\//)])
      handle.release()
      await scene.clock.settle()
      await expectNothingKept(scene)
      expect(await failureOf(scene.oauth.callback(callback, { context }))).toMatchObject({ code: 'state_spent' })
      expect(exchanges(scene)).toHaveLength(1)
    },
  )

  test('[E1] [J14] before it began has spent nothing, and can begin again', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const reason = new Error('the tab was closed')
    const signal = AbortSignal.abort(reason)
    expect(await failureOf(scene.oauth.callback(callback, { context, signal }))).toBe(reason)
    expect(await keysIn(scene.storage, 'spent/')).toEqual([])
    expect(exchanges(scene)).toEqual([])
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[J14] after its client is there takes nothing away', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const giveUp = new AbortController()
    const { client } = await scene.oauth.callback(callback, { context, signal: giveUp.signal })
    giveUp.abort()
    expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
    expect(scene.alice.session.deleted).toBe(false)
  })

  test.each<[string, string | RegExp]>([
    ['the handle', 'https://alice.example.com/.well-known/atproto-did'],
    ['the DID document', /^https:\/\/plc\.directory\//],
    ['the metadata of the server', '/.well-known/oauth-authorization-server'],
    ['the pushed request', '/oauth/par'],
  ])('[D5] [J14] while %s is asked for at the beginning: nothing is kept', async (_, path) => {
    const scene = alicesScene()
    const { hit } = scene.network.fault({ path, hang: 'request' })
    const giveUp = new AbortController()
    const attempt = failureOf(scene.oauth.authorize('alice.example.com', { signal: giveUp.signal }))
    await hit
    const reason = new Error('the tab was closed')
    giveUp.abort(reason)
    expect(await attempt).toBe(reason)
    await scene.clock.settle()
    expect(await keysIn(scene.storage)).toEqual([])
  })
})

test('[J14] a caller who gives up is obeyed at once, with their own reason', async () => {
  const scene = alicesScene()
  const asked = scene.network.fault({ path: SERVER, hang: 'request' }).hit
  const giveUp = new AbortController()
  const attempt = refusedAuthorize(scene, 'alice.example.com', { signal: giveUp.signal })
  await asked
  const reason = new Error('the tab was closed')
  giveUp.abort(reason)
  expect(await attempt).toBe(reason)
  expect(scene.network.log.to(SERVER)[0]?.outcome).toBe('aborted')
  expect(scene.clock.sleeping).toBe(0)
})
