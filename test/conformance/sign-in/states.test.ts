import { AuthorizationError, memoryStorage, type OAuthClient } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { hashBase64url } from '../../../src/testing/hash.ts'
import {
  alicesScene,
  consentedAlice,
  failureOf,
  keysIn,
  onlyEntry,
  refusedCallback,
  type Scene,
} from '../scene.ts'
import { exchanges, otherProcess, sharedStorage } from './processes.ts'
import { change, HOUR } from './scene.ts'

describe('the state', () => {
  test('[E1] is required', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    for (const state of [null, '']) {
      const error = await refusedCallback(scene, { callback: change(callback, { state }), context })
      expect(error).toBeInstanceOf(AuthorizationError)
      expect(error).toMatchObject({
        code: 'state_missing',
        field: 'state',
        expected: 'the whole URL that the page returned to',
      })
    }
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] must be one that was begun here', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const error = await refusedCallback(scene, { callback: change(callback, { state: 'x'.repeat(43) }), context })
    expect(error).toMatchObject({
      code: 'state_unknown',
      field: 'state',
      action: 'sign in again',
      retryable: false,
    })
    expect(exchanges(scene)).toEqual([])
    await scene.oauth.callback(callback, { context })
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
  })

  test('[E1] is spent by the callback that uses it: a page that is loaded again gets no second session', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const { client } = await scene.oauth.callback(callback, { context })
    const error = await failureOf(scene.oauth.callback(callback, { context }))
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'state_spent',
      field: 'state',
      action: 'sign in again',
    })
    expect(exchanges(scene)).toHaveLength(1)
    expect(scene.alice.session.deleted).toBe(false)
    expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
  })

  test.each<[string, (scene: Scene) => OAuthClient]>([
    ['in the same process', ({ oauth }) => oauth],
    ['in another process', (scene) => otherProcess(scene)],
  ])('[E1] [E3] of a page that is loaded again brings the app’s own state back, %s', async (_, next) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    await scene.oauth.callback(callback, { context })
    expect(await failureOf(next(scene).callback(callback, { context }))).toMatchObject({
      code: 'state_spent',
      state: 'of the app',
    })
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('[E1] [E5] of a page that is loaded again in another browser brings nothing back', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    const { context: another } = await scene.oauth.authorize('alice.example.com', { state: 'of another' })
    await scene.oauth.callback(callback, { context })
    for (const foreign of [another, 'x'.repeat(43)]) {
      expect(await failureOf(scene.oauth.callback(callback, { context: foreign }))).toMatchObject({
        code: 'state_spent',
        state: undefined,
      })
    }
  })

  test('[E1] [E3] that lost a race brings the app’s own state back', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => otherProcess(scene).callback(callback, { context })),
    )
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(failures).toHaveLength(19)
    for (const failure of failures) expect(failure).toMatchObject({ code: 'state_spent', state: 'of the app' })
    expect(scene.network.log.to('/oauth/token')).toHaveLength(1)
  })

  test('[E1] [M5] once spent leaves behind a hash of the context and the app’s state, and nothing of the account', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    await scene.oauth.callback(callback, { context })
    const { value } = await onlyEntry(scene.storage, 'spent/')
    expect(value).toEqual({ contextHash: await hashBase64url(context), state: 'of the app' })
  })

  test('[E1] is spent for two hours: longer than its sign-in could have lived', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    await scene.oauth.callback(callback, { context })
    await scene.clock.advance(2 * HOUR - 1)
    expect(await failureOf(scene.oauth.callback(callback, { context }))).toMatchObject({ code: 'state_spent' })
    await scene.clock.advance(1)
    expect(await failureOf(scene.oauth.callback(callback, { context }))).toMatchObject({ code: 'state_unknown' })
  })

  test('[E1] is spent before anything is sent', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const fault = scene.network.fault({ path: '/oauth/token', hang: 'request' })
    const attempt = scene.oauth.callback(callback, { context })
    await fault.hit
    const hash = await hashBase64url(callback.searchParams.get('state') ?? '')
    expect(await keysIn(scene.storage)).toEqual([`spent/${hash}`])
    fault.release()
    await attempt
  })

  test('[E1] lets one of two callbacks through that come at once, and the code is used once', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const attempt = () => scene.oauth.callback(callback, { context })
    const outcomes = await Promise.allSettled([attempt(), attempt(), attempt()])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'state_spent' })
    expect(exchanges(scene)).toHaveLength(1)
    expect(scene.alice.session.deleted).toBe(false)
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
  })

  test('[E1] lets one of two processes through that share a storage', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const outcomes = await Promise.allSettled([
      scene.oauth.callback(callback, { context }),
      otherProcess(scene).callback(callback, { context }),
    ])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('[E1] [D5] is good for an hour', async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    const callback = new URL(scene.network.approve(url))
    await scene.clock.advance(HOUR)
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({ code: 'state_unknown' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] [D5] is good for an hour also where the storage forgets nothing', async () => {
    const clock = testClock()
    const inner = memoryStorage({ clock })
    const storage = sharedStorage(inner, {
      put: (key, value, { ifVersion }) => inner.put(key, value, { ifVersion }),
    })
    const scene = alicesScene({ network: { clock }, storage })
    const { url, context } = await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const callback = new URL(scene.network.approve(url))
    await clock.advance(HOUR)
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'sign_in_expired',
      action: 'sign in again',
      state: 'of the app',
      retryable: false,
    })
    expect(await keysIn(inner, 'spent/')).toEqual([])
    expect(exchanges(scene)).toEqual([])
  })
})
