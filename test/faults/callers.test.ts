import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  emptyScene,
  expectToGoOn,
  GET_SESSION,
  HOUR,
  SECOND,
  signIn,
  TOKEN,
} from './alice-in-two-processes.ts'
import { type LeavableDeed, momentsOfDeeds } from './deeds.ts'
import { momentsOf, tellMoment } from './steps.ts'

interface CallersDeed extends LeavableDeed {
  /** Which token set stands in the storage in the end. */
  readonly gen: number
}

const DEEDS: readonly CallersDeed[] = [
  { title: 'a call', gen: 1, run: ({ client }, signal) => client.get(GET_SESSION, { signal }) },
  {
    title: 'a call that is asked for a nonce',
    gen: 1,
    prepare: ({ network }) => network.rotateNonces(),
    run: ({ client }, signal) => client.get(GET_SESSION, { signal }),
  },
  {
    title: 'a call with an expired token',
    gen: 2,
    prepare: ({ clock }) => clock.advance(HOUR),
    run: ({ client }, signal) => client.get(GET_SESSION, { signal }),
  },
  {
    title: 'a call whose token is refused',
    gen: 2,
    prepare: ({ alice }) => alice.expireAccessTokens(),
    run: ({ client }, signal) => client.get(GET_SESSION, { signal }),
  },
  { title: 'a refresh', gen: 2, run: ({ client }, signal) => client.refresh({ signal }) },
  {
    title: 'a refresh that is asked for a nonce',
    gen: 2,
    prepare: ({ network }) => network.rotateNonces(),
    run: ({ client }, signal) => client.refresh({ signal }),
  },
]

const CASES = (await momentsOfDeeds(DEEDS)).map(
  ([deed, moment]) => [`${deed.title} ${tellMoment(moment)}`, deed, moment] as const,
)

test('meets every step of calls and refreshes', () => {
  expect(CASES.length).toBeGreaterThan(40)
})

test.each(CASES)(
  '[H6] a caller that leaves %s, leaves at once, and no refresh is cut off',
  async (_, deed, moment) => {
    const scene = await aliceInTwoProcesses()
    const { here, clock, record, outlast, alice } = scene
    await deed.prepare?.(scene)
    const caller = new AbortController()
    const reason = new Error('the page was left')
    let leftAt: number | undefined
    here.steps.at(moment, () => {
      caller.abort(reason)
      leftAt = clock.monotonic()
    })
    const outcome = await outlast(deed.run(scene, caller.signal).catch((error: unknown) => error))
    expect(leftAt).toBeDefined()
    expect(outcome).toBe(reason)
    expect(clock.monotonic()).toBe(leftAt)
    // What was begun ends: in the storage, and not only in memory.
    const wasBegun = here.steps.names.some((name) => name === 'put attempt' || name === `POST ${TOKEN}`)
    const stop = clock.auto()
    await clock.settle()
    stop()
    const stored = await record()
    expect(stored.attempt).toBeNull()
    expect(stored.gen).toBe(wasBegun ? 2 : stored.gen)
    expect(stored.gen).toBeLessThanOrEqual(deed.gen)
    expect(alice.session.refreshCount).toBe(stored.gen - 1)
    await expectToGoOn(scene)
  },
)

test.each(DEEDS.map((deed) => [deed.title, deed] as const))(
  '[H6] a caller that left before it began sends nothing: %s',
  async (_, deed) => {
    const scene = await aliceInTwoProcesses()
    await deed.prepare?.(scene)
    const reason = new Error('too late')
    expect(await failureOf(deed.run(scene, AbortSignal.abort(reason)))).toBe(reason)
    expect(scene.here.steps.names).toEqual([])
    await expectToGoOn(scene)
  },
)

test('[H6] a caller that leaves takes nobody along', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, network, tokenRequests, record } = scene
  await clock.advance(HOUR)
  const slow = network.fault({ path: TOKEN, delay: 'answer', ms: 5 * SECOND })
  const caller = new AbortController()
  const left = failureOf(client.get(GET_SESSION, { signal: caller.signal }))
  const staying = Array.from({ length: 5 }, () => client.get(GET_SESSION))
  await slow.hit
  const reason = new Error('the page was left')
  caller.abort(reason)
  expect(await left).toBe(reason)
  for (const { status } of await scene.outlast(Promise.all(staying))) expect(status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  await expectToGoOn(scene)
})

test('[H6] a call whose time is over says so, and its refresh goes on and is stored', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, network, record, tokenRequests } = scene
  await clock.advance(HOUR)
  network.fault({ path: TOKEN, delay: 'answer', ms: 15 * SECOND })
  const call = failureOf(client.with({ timeoutMs: 3 * SECOND }).get(GET_SESSION))
  await clock.advance(3 * SECOND)
  expect(await call).toMatchObject({ name: 'NetworkError', code: 'timeout', retryable: true })
  expect((await record()).gen).toBe(1)
  await clock.advance(12 * SECOND)
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  expect(tokenRequests()).toHaveLength(1)
  await expectToGoOn(scene)
})

test('[H6] a hundred callers that all leave cost one refresh, which is stored', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, network, record, tokenRequests } = scene
  await clock.advance(HOUR)
  const slow = network.fault({ path: TOKEN, hang: 'answer' })
  const caller = new AbortController()
  const { signal } = caller
  const calls = Array.from({ length: 100 }, () => failureOf(client.get(GET_SESSION, { signal })))
  await slow.hit
  caller.abort(new Error('the server shuts down'))
  await Promise.all(calls)
  slow.release()
  await clock.settle()
  expect(await record()).toMatchObject({ gen: 2, attempt: null })
  expect(tokenRequests()).toHaveLength(1)
  await expectToGoOn(scene)
})

/** The steps of a callback. */
const callbackSteps = await (async () => {
  const scene = emptyScene()
  const { url, context } = await scene.here.oauth.authorize(scene.alice.handle)
  const begun = scene.here.steps.names.length
  await scene.here.oauth.callback(scene.alice.approve(url), { context })
  return momentsOf(scene.here.steps.names).filter(({ index }) => index >= begun)
})()

test.each(callbackSteps.map((moment) => [tellMoment(moment), moment] as const))(
  'a caller that leaves a callback %s leaves no session that nobody has',
  async (_, moment) => {
    const scene = emptyScene()
    const { here, alice, clock, outlast } = scene
    const { url, context } = await here.oauth.authorize(alice.handle)
    const caller = new AbortController()
    here.steps.at(moment, () => caller.abort(new Error('the page was left')))
    const options = { context, signal: caller.signal }
    const done = await outlast(here.oauth.callback(alice.approve(url), options).catch(() => undefined))
    expect(here.steps.struck).toBe(1)
    const stop = clock.auto()
    await clock.settle()
    stop()
    const alive = alice.sessions.filter(({ deleted }) => !deleted)
    expect(alive).toHaveLength(done ? 1 : 0)
    const client = done?.client ?? (await signIn(scene))
    expect((await client.refresh()).session).toMatchObject({ status: 'active', stored: true })
  },
)
