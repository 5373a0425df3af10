import type { XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  DAY,
  emptyScene,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  momentsOfRefresh,
  type Scene,
  SECOND,
  signIn,
  TOKEN,
} from './alice-in-two-processes.ts'
import { type Moment, tellMoment } from './steps.ts'

const FIVE = 5 * MINUTE

/** Whose clock is off, and by how much. The wall clock is the app's alone; servers go by the time of their own. */
const OFF: readonly (readonly [who: string, set: (scene: Pick<Scene, 'clock' | 'network'>) => void])[] = [
  ["the client's clock is five minutes ahead", ({ clock }) => clock.jumpWall(FIVE)],
  ["the client's clock is five minutes behind", ({ clock }) => clock.jumpWall(-FIVE)],
  ["the client's clock is a day ahead", ({ clock }) => clock.jumpWall(DAY)],
  ["the client's clock is a day behind", ({ clock }) => clock.jumpWall(-DAY)],
  ["the servers' clocks are five minutes ahead", ({ network }) => void (network.serverClockOffsetMs = FIVE)],
  ["the servers' clocks are five minutes behind", ({ network }) => void (network.serverClockOffsetMs = -FIVE)],
  ["the authorization server's clock is five minutes ahead", (scene) => setClockOf(scene, /\/oauth\//, FIVE)],
  ["the authorization server's clock is five minutes behind", (scene) => setClockOf(scene, /\/oauth\//, -FIVE)],
  ["the PDS's clock is five minutes ahead", (scene) => setClockOf(scene, /\/xrpc\//, FIVE)],
  ["the PDS's clock is five minutes behind", (scene) => setClockOf(scene, /\/xrpc\//, -FIVE)],
  [
    'both servers are off, each its own way',
    (scene) => {
      setClockOf(scene, /\/xrpc\//, FIVE)
      setClockOf(scene, /\/oauth\//, -FIVE)
    },
  ],
]

/** Sets the clock of the servers behind some paths alone: each request finds the clock that its server has. */
function setClockOf({ network }: Pick<Scene, 'network'>, paths: RegExp, offset: number): void {
  const before = network.serverClockOffsetMs
  const set = (ms: number) => () => {
    network.serverClockOffsetMs = ms
    return false
  }
  network.fault({ path: paths, times: Infinity, refuse: true, when: set(offset) })
  network.fault({ path: /\/\.well-known\//, times: Infinity, refuse: true, when: set(before) })
}

test.each(OFF)('[G8] [R19] signs in, calls and refreshes where %s', async (_, set) => {
  const scene = emptyScene({ network: { entryway: true } })
  set(scene)
  const client = await signIn(scene)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect((await client.refresh()).session.status).toBe('active')
  // Learned once: no call is refused for the time any more.
  scene.network.log.clear()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(scene.network.log).toHaveLength(1)
})

test.each(OFF)('[G8] [R2] [R19] goes on with a session where, from now on, %s', async (_, set) => {
  const scene = await aliceInTwoProcesses({ network: { entryway: true } })
  const { client, outlast, there, alice, network, record } = scene
  set(scene)
  for (const one of [client, await there()]) {
    expect((await outlast(one.get(GET_SESSION))).status).toBe(200)
    expect((await outlast(one.refresh())).session.status).toBe('active')
  }
  expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([false])
  expect(await record()).toMatchObject({ status: 'active', attempt: null })
  expect(network.log.entries.filter(({ error }) => error === 'invalid_grant')).toEqual([])
  await expectToGoOn(scene)
})

const steps = await momentsOfRefresh()

/** Jumps of the client's wall clock in the middle of a refresh. */
const JUMPS: readonly (readonly [jump: string, ms: number])[] = [
  ['five minutes ahead', FIVE],
  ['five minutes back', -FIVE],
  ['a day ahead', DAY],
  ['a day back', -DAY],
]

const CASES: readonly (readonly [title: string, jump: number, moment: Moment])[] = JUMPS.flatMap(([jump, ms]) =>
  steps.map((moment) => [`${jump} ${tellMoment(moment)}`, ms, moment] as const),
)

test.each(CASES)('[R16] [R19] loses nothing by a clock that jumps in a refresh, %s', async (_, ms, moment) => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, network, here, outlast, record, alice } = scene
  network.rotateNonces()
  here.steps.at(moment, () => clock.jumpWall(ms))
  await outlast(client.refresh())
  expect(here.steps.struck).toBe(1)
  expect(await record()).toMatchObject({ gen: 2, attempt: null, status: 'active' })
  expect(alice.session.refreshCount).toBe(1)
  await expectToGoOn(scene)
})

/** The server acts on the last request. */
const lastRequest = steps.findLastIndex(({ name, side }) => name === `POST ${TOKEN}` && side === 'after')

const MOMENTS = steps.map((moment) => [tellMoment(moment), moment] as const)

/** This process is stopped at a moment of a refresh; meanwhile another one does what it can. */
async function stopFor(ms: number, moment: Moment, meanwhile: (other: XrpcClient) => Promise<unknown>) {
  const scene = await aliceInTwoProcesses()
  const { client, clock, network, here, outlast, there } = scene
  network.rotateNonces()
  let thaw: (() => void) | undefined
  here.steps.at(moment, () => void (thaw = here.steps.freeze()))
  const stopped = client.refresh().catch((error: unknown) => error)
  await clock.advance(ms / 2)
  expect(here.steps.struck).toBe(1)
  const told = await outlast(meanwhile(await there()))
  await clock.advance(ms / 2)
  thaw?.()
  await outlast(stopped)
  await clock.settle()
  return { ...scene, told }
}

test.each(MOMENTS)('[R13] [R16] waits for a process that is stopped for five minutes %s', async (_, moment) => {
  const scene = await stopFor(5 * MINUTE, moment, (other) => other.refresh().catch((error: unknown) => error))
  const hasAttempt = moment.index > 1 || (moment.index === 1 && moment.side === 'after')
  const isOver = moment.index === steps.at(-1)?.index && moment.side === 'after'
  if (hasAttempt && !isOver) expect(scene.told).toMatchObject({ code: 'refresh_pending', retryable: true })
  else expect(scene.told).toMatchObject({ session: { status: 'active' } })
  expect(scene.alice.session.deleted).toBe(false)
  scene.alice.expireAccessTokens()
  await expectToGoOn(scene, { afterMs: FENCE })
})

test.each(MOMENTS)('[R16] [R18] goes on after it was stopped for an hour %s', async (_, moment) => {
  const scene = await stopFor(HOUR, moment, async () => {})
  await expectToGoOn(scene, { afterMs: FENCE })
})

test.each([MINUTE, 5 * MINUTE, HOUR])(
  '[R17] [R18] takes the answer that came while it was stopped for %i ms, and sends no copy',
  async (ms) => {
    const answered = steps[lastRequest]
    if (!answered) throw new Error('no request was answered')
    const scene = await stopFor(ms, answered, async () => {})
    expect(scene.tokenRequests()).toHaveLength(1)
    expect(await scene.record()).toMatchObject({ gen: 2, status: 'active', attempt: null })
    await expectToGoOn(scene)
  },
)

test.each(MOMENTS)('[R13] [R16] [R24] overtakes a process that is stopped for an hour %s', async (_, moment) => {
  const scene = await stopFor(HOUR, moment, async (other) => {
    await other.get(GET_SESSION).catch(() => {})
  })
  // A stop of hours between the answer and the storage is as good as the end of whoever had received it.
  const isLost = moment === steps[lastRequest] || moment === steps[lastRequest + 1]
  expect(scene.alice.session.deleted).toBe(isLost)
  if (isLost) return
  await expectToGoOn(scene, { afterMs: FENCE })
})

/** How a clock can hide that time went by. */
const HIDDEN: readonly (readonly [how: string, pass: (scene: Scene) => unknown])[] = [
  [
    'the machine sleeps, and its monotonic clock with it',
    ({ clock, network }) => {
      clock.jumpWall(HOUR)
      network.serverClockOffsetMs += HOUR
    },
  ],
  [
    'a minute goes by and the wall clock is set back by it',
    async ({ clock }) => {
      await clock.sleep(MINUTE)
      clock.jumpWall(-MINUTE)
    },
  ],
]

const WRITES = steps.filter(({ name }) => name === 'put attempt').slice(0, 2)
const UNSEEN = HIDDEN.flatMap(([how, pass]) =>
  WRITES.map((moment) => [how, tellMoment(moment), pass, moment] as const),
)

test.each(UNSEEN)('[R16] sends no old signature where %s, %s', async (_, __, pass, moment) => {
  // Without nonces only its date tells a server that a signature is old.
  const scene = await aliceInTwoProcesses({ network: { noNonces: true } })
  const { client, here, outlast } = scene
  here.steps.at(moment, () => pass(scene))
  await outlast(client.refresh())
  expect(here.steps.struck).toBe(1)
  // What was signed before is not sent: it signs anew, under an attempt of its own.
  const { names } = here.steps
  const attempts = names.slice(0, names.indexOf(`POST ${TOKEN}`)).filter((name) => name === 'put attempt')
  expect(attempts).toHaveLength(2)
  await expectToGoOn(scene)
})

test('[R2] [R3] takes a token for good as long as a wall clock says that was set back by a day, until it is refused', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, outlast, network, tokenRequests } = scene
  clock.jumpWall(-DAY)
  await clock.advance(HOUR)
  expect((await outlast(client.get(GET_SESSION))).client.session.status).toBe('active')
  expect(tokenRequests().at(-1)?.status).toBe(200)
  expect(network.log.last?.status).toBe(200)
  await expectToGoOn(scene)
})

test('[R25] pauses and fences go by a clock that nobody sets', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, outlast, network, there, alice, tokenRequests } = scene
  network.fault({ path: TOKEN, times: Infinity, hang: 'request' })
  await outlast(failureOf(client.refresh()))
  alice.expireAccessTokens()
  const sent = tokenRequests().length
  // A wall clock that runs ahead makes nobody take the attempt of another for an old one.
  clock.jumpWall(HOUR / 2)
  expect(await outlast(failureOf((await there()).get(GET_SESSION)))).toMatchObject({ code: 'refresh_pending' })
  expect(tokenRequests()).toHaveLength(sent)
  // And one that is set back makes nobody wait longer.
  clock.jumpWall(-2 * HOUR)
  await expectToGoOn(scene, { afterMs: FENCE })
})

test('[R9] [H7] a wall clock that runs weeks ahead ends a public session only until it is set right', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, outlast, tokenRequests } = scene
  clock.jumpWall(15 * DAY)
  const told = { code: 'needs_reauth', reason: 'expired' }
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject(told)
  expect(tokenRequests()).toHaveLength(0)
  clock.jumpWall(-15 * DAY)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect((await client.refresh()).session).toMatchObject({ status: 'active', reason: undefined })
  await expectToGoOn(scene)
})

test('[R11] a wall clock that was set back asks for the issuer anew, and refreshes', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, clock, outlast, network } = scene
  clock.jumpWall(-DAY)
  expect((await outlast(client.refresh())).session.status).toBe('active')
  expect(network.log.to(/plc\.directory/)).toHaveLength(1)
  await clock.advance(SECOND)
  await expectToGoOn(scene)
})
