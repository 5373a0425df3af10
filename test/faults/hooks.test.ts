import type { AtproofEvent, OAuthClientOptions, SignAssertion, SignedAssertion } from 'atproof'
import { expect, test } from 'vitest'
import { createClientAssertion } from '../../src/flow/client/client-assertion.ts'
import { systemRandom } from '../../src/http/random.ts'
import { publicKey } from '../conformance/client/scene.ts'
import { CLIENT_ID, failureOf, privateKey, WEB_REDIRECT_URI } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  diskFull,
  emptyScene,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  type Scene,
  SECOND,
  signIn,
  TOKEN,
} from './alice-in-two-processes.ts'

const mistake = () => new Error('a mistake of the app')
const never = () => new Promise<never>(() => {})

/** How a hook of an app can go wrong. */
const HOOKS: readonly (readonly [how: string, hook: () => void])[] = [
  [
    'throws',
    () => {
      throw mistake()
    },
  ],
  // What an app in plain JavaScript may hand over: nobody waits for what it returns.
  ['rejects', () => Promise.reject(mistake())],
  ['never returns', never],
]

const HOOKED: readonly (readonly [title: string, client: Partial<OAuthClientOptions>])[] = HOOKS.flatMap(
  ([how, hook]) => [
    [`onEvent ${how}`, { onEvent: hook }] as const,
    [`waitUntil ${how}`, { waitUntil: hook }] as const,
    [
      `both onEvent and waitUntil ${how === 'never returns' ? 'never return' : how}`,
      { onEvent: hook, waitUntil: hook },
    ] as const,
  ],
)

test.each(HOOKED)('[R25] does everything as ever where %s', async (_, client) => {
  const scene = await aliceInTwoProcesses({ client })
  const { network, outlast, clock, here, record, sessionId } = scene
  await scene.client.refresh()
  network.fault({ path: TOKEN, status: 500 })
  expect(await outlast(failureOf(scene.client.refresh()))).toMatchObject({ code: 'refresh_unanswered' })
  await clock.advance(FENCE)
  await clock.advance(HOUR)
  here.steps.always(({ name }) => name === 'put tokens', diskFull)
  expect((await outlast(scene.client.get(GET_SESSION))).client.session.stored).toBe(false)
  here.steps.reset()
  await clock.advance(MINUTE)
  expect(await record()).toMatchObject({ gen: 3, attempt: null })
  await expectToGoOn(scene)
  expect(await here.oauth.revoke(sessionId)).toEqual({ accepted: true })
})

/** What is told in the life of a session that meets everything. */
const EVENTS: readonly AtproofEvent['type'][] = [
  'refresh_begun',
  'refreshed',
  'refresh_unanswered',
  'store_failed',
  'stored',
  'refresh_adopted',
]

test.each(EVENTS)('a hook that refreshes out of the event %s stops nothing', async (type) => {
  const inner: Promise<unknown>[] = []
  const scene: Scene = await aliceInTwoProcesses({
    client: {
      onEvent(event) {
        if (event.type === type && inner.length === 0) inner.push(scene.client.refresh().catch(() => {}))
      },
    },
  })
  const { client, network, outlast, clock, here, there } = scene
  network.fault({ path: TOKEN, status: 500 })
  await outlast(failureOf(client.refresh()))
  await clock.advance(HOUR)
  here.steps.always(({ name }) => name === 'put tokens', diskFull)
  await outlast(client.get(GET_SESSION))
  here.steps.reset()
  await clock.advance(MINUTE)
  const other = await there()
  await outlast(other.refresh())
  await outlast(client.refresh())
  expect(inner).toHaveLength(1)
  await outlast(Promise.all(inner))
  await expectToGoOn(scene)
})

test('a hook that signs out in the middle of a refresh is obeyed', async () => {
  const revoked: Promise<unknown>[] = []
  const scene: Scene = await aliceInTwoProcesses({
    client: {
      onEvent({ type, sessionId }) {
        if (type === 'refresh_begun') revoked.push(scene.here.oauth.revoke(sessionId))
      },
    },
  })
  expect(await failureOf(scene.client.refresh())).toMatchObject({ code: 'signed_out' })
  await Promise.all(revoked)
  expect(await scene.here.oauth.restore(scene.sessionId)).toBeUndefined()
  expect(scene.alice.session.deleted).toBe(true)
})

test('a hook cannot change what is stored by what it is told', async () => {
  const scene = await aliceInTwoProcesses({
    client: { onEvent: (event) => void Object.assign(event, { did: 'did:plc:x', sessionId: 'x', reason: 'x' }) },
  })
  await scene.client.refresh()
  await expectToGoOn(scene)
})

/** How a signer of a KMS or a backend can go wrong. */
const SIGNERS: readonly (readonly [how: string, answer: () => unknown, code: string])[] = [
  [
    'throws',
    () => {
      throw mistake()
    },
    'signer_failed',
  ],
  ['rejects', () => Promise.reject(mistake()), 'signer_failed'],
  ['never answers', never, 'signer_failed'],
  ['answers nothing', async () => undefined, 'assertion_invalid'],
  ['answers nonsense', async () => ({ assertion: 'x', kid: 'k1', alg: 'ES256', jkt: 'x' }), 'assertion_invalid'],
]

test.each(SIGNERS)(
  '[R14] [H3] sends nothing, and goes on later, where signAssertion %s',
  async (_, answer, code) => {
    const { scene, signer } = await aliceWithSigner()
    const { client, outlast, record, tokenRequests, here, network } = scene
    for (const isStale of [false, true]) {
      if (isStale) network.rotateNonces()
      signer.answer = answer
      const before = await record()
      const failure = await outlast(failureOf(client.refresh()))
      expect(failure).toMatchObject({ name: 'SessionError', code, did: scene.alice.did })
      expect(failure.retryable).toBe(code === 'signer_failed')
      expect(tokenRequests()).toHaveLength(isStale ? 3 : 0)
      expect((await record()).attempt).toEqual(before.attempt)
      expect((await client.get(GET_SESSION)).client.session.status).toBe('active')
      // It signs the first request of the next refresh, and fails at the one with the new nonce.
      signer.answer = undefined
      await expectToGoOn(scene)
      here.steps.reset()
    }
  },
)

test('[R14] [R19] leaves no attempt behind where signAssertion fails once a nonce was asked for', async () => {
  const { scene, signer } = await aliceWithSigner()
  const { client, outlast, record, network, there } = scene
  network.rotateNonces()
  const asked = network.fault({ path: TOKEN, alter: (response) => response, skipChallenges: false })
  signer.before = () => {
    if (asked.count > 0) signer.answer = () => Promise.reject(mistake())
  }
  expect(await outlast(failureOf(client.refresh()))).toMatchObject({ code: 'signer_failed', retryable: true })
  expect(asked.count).toBe(1)
  expect(await record()).toMatchObject({ gen: 1, attempt: null, status: 'active' })
  signer.before = undefined
  signer.answer = undefined
  expect((await (await there()).refresh()).session.status).toBe('active')
  await expectToGoOn(scene)
})

/** How often a refresh draws something random. */
const draws = await (async () => {
  let count = 0
  const scene = await aliceInTwoProcesses({
    client: {
      random(length) {
        count++
        return systemRandom(length)
      },
    },
  })
  count = 0
  scene.network.rotateNonces()
  await scene.client.refresh()
  return count
})()

test.each(Array.from({ length: draws }, (_, draw) => draw + 1))(
  '[R14] [R15] survives a source of randomness that throws at draw %i of a refresh',
  async (failing) => {
    let draw = -Infinity
    const scene = await aliceInTwoProcesses({
      client: {
        random(length) {
          if (++draw === failing) throw new Error('no randomness')
          return systemRandom(length)
        },
      },
    })
    scene.network.rotateNonces()
    draw = 0
    await expect(scene.outlast(scene.client.refresh())).rejects.toThrow('no randomness')
    await scene.clock.advance(SECOND)
    await expectToGoOn(scene, { afterMs: FENCE })
  },
)

test.each([
  ['throws', () => Promise.reject(new Error('ESERVFAIL'))],
  ['never answers', never],
])('a sign-in goes the other way where resolveTxt %s', async (_, resolveTxt) => {
  const scene = emptyScene({ client: { resolveTxt } })
  const client = await scene.outlast(signIn(scene))
  expect((await client.get(GET_SESSION)).data).toMatchObject({ did: scene.alice.did })
})

test.each([
  ['rejects at once', () => Promise.reject(new Error('no timers here'))],
  ['never wakes anybody', never],
  ['wakes at once', () => Promise.resolve()],
])('[R25] a clock whose sleep %s ends no session', async (how, sleep) => {
  const scene = await aliceInTwoProcesses()
  const { start, network, sessionId, clock, alice } = scene
  const odd = { now: clock.now, monotonic: clock.monotonic, sleep }
  const { oauth } = start({ clock: odd })
  const isHurried = how === 'wakes at once'
  // With a time limit that is over before it began, nothing can be asked; the session is as it was.
  const client = await oauth.restore(sessionId).catch(() => undefined)
  if (!isHurried) expect(client?.session.status).toBe('active')
  const answered = await client?.get(GET_SESSION).catch(() => undefined)
  if (!isHurried) expect(answered?.status).toBe(200)
  if (!isHurried) expect((await client?.refresh())?.session.status).toBe('active')
  network.fault({ path: TOKEN, times: 1, lose: 'request' })
  await client?.refresh().catch(() => {})
  expect(alice.session.deleted).toBe(false)
  alice.expireAccessTokens()
  await expectToGoOn(scene, { afterMs: FENCE })
})

/** Alice signed in to an app whose keys are elsewhere. */
async function aliceWithSigner() {
  const key = await privateKey('k1')
  const signer: { answer?: (() => unknown) | undefined; before?: (() => void) | undefined } = {}
  const clock = { now: (): number => Date.UTC(2026, 0, 1) }
  const signAssertion: SignAssertion = async ({ clientId, audience, dpopJkt }) => {
    signer.before?.()
    // What comes from outside may be anything.
    if (signer.answer) return (await signer.answer()) as SignedAssertion
    return createClientAssertion({ ...key }, { clientId, audience, dpopJkt, now: clock.now() })
  }
  const jwks = { keys: [publicKey(key)] }
  const client = { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, signAssertion, jwks }
  const scene = await aliceInTwoProcesses({ client })
  clock.now = scene.clock.now
  return { scene, signer }
}
