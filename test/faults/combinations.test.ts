import type { AtproofError, XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import {
  aliceInTwoProcesses,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  type Process,
  type Scene,
  SECOND,
  TOKEN,
} from './alice-in-two-processes.ts'
import { isRequest, type Moment } from './steps.ts'

/** So many scenes are drawn, each from its own seed. */
const SCENES = 100
const ROUNDS = 6

/** What may come of anything while all sorts of things go wrong: it can be tried again, or the caller had left. */
const EXPECTED = new Set([
  'read_failed',
  'write_failed',
  'refresh_pending',
  'refresh_unanswered',
  'refresh_refused',
  'issuer_unverified',
  'connection_failed',
  'timeout',
  'error_response',
])

/** A die that falls the same way for the same seed (mulberry32). */
function dieOf(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

/** One process with Alice's client in it. */
type Actor = Process & { readonly client: XrpcClient }

test.each(Array.from({ length: SCENES }, (_, seed) => seed + 1))(
  '[H5] [H6] loses nothing but by an answer that is lost, whatever comes together: scene %i',
  async (seed) => {
    const roll = dieOf(seed)
    const scene = await aliceInTwoProcesses()
    const { here, client, start, sessionId, network, clock, outlast, alice } = scene
    const there = start()
    const restored = await there.oauth.restore(sessionId)
    if (!restored) throw new Error('nothing restored')
    const actors: readonly Actor[] = [
      { ...here, client },
      { ...there, client: restored },
    ]
    let isLost = false
    for (let round = 0; round < ROUNDS && !isLost; round++) {
      await befall(scene, roll)
      for (const { steps } of actors) {
        steps.reset()
        const moment = { index: roll(9), side: roll(2) === 0 ? 'before' : 'after' } as const
        steps.at(
          moment,
          mishap(scene, roll(6), () => (isLost = true)),
        )
      }
      await outlast(Promise.all(actors.flatMap((actor) => [act(actor, roll), act(actor, roll)])))
      // The server has never seen a refresh token twice.
      expect(alice.session.deleted).toBe(false)
    }
    for (const { steps } of actors) steps.reset()
    if (isLost) {
      network.clearFaults()
      await clock.advance(FENCE)
      await clock.advance(HOUR)
      const end = await outlast(client.get(GET_SESSION)).catch((error: unknown) => error)
      // Another process may have had newer tokens by then; else it says what happened.
      if (end instanceof Error)
        expect(end).toMatchObject({ code: 'needs_reauth', reason: 'refresh_response_lost' })
      return
    }
    await clock.advance(HOUR)
    await expectToGoOn(scene, { afterMs: HOUR })
  },
)

/** What happens to the whole network before a round. */
async function befall({ network, alice, clock }: Scene, roll: (sides: number) => number): Promise<void> {
  network.clearFaults()
  const times = 1 + roll(3)
  const path = TOKEN
  const events = [
    () => alice.expireAccessTokens(),
    () => network.rotateNonces(),
    () => clock.advance(roll(120) * MINUTE),
    () => clock.jumpWall((roll(11) - 5) * MINUTE),
    () => void network.fault({ path, times, status: 503 }),
    () => void network.fault({ path, times, status: 429, headers: { 'retry-after': String(roll(100)) } }),
    () => void network.fault({ path, times, lose: 'request' }),
    () => void network.fault({ path, times, delay: 'answer', ms: roll(19) * SECOND }),
    () => void network.fault({ path: /\/xrpc\//, times, tokenCheck: 'fails' }),
    () => void network.fault({ path: /plc\.directory/, times, status: 500 }),
  ]
  for (let count = 1 + roll(3); count > 0; count--) await events[roll(events.length)]?.()
}

/** What happens at one moment of a process. */
function mishap({ clock, network }: Scene, kind: number, lose: () => void): (moment: Moment) => unknown {
  return ({ name, side }) => {
    if (kind === 0) return clock.sleep(9 * SECOND)
    if (kind === 1) return clock.jumpWall(-20 * MINUTE)
    if (kind === 2) return network.rotateNonces()
    if (name === `POST ${TOKEN}` && side === 'after' && network.log.to(TOKEN).at(-1)?.status === 200) lose()
    throw isRequest(name) ? new TypeError('fetch failed') : new Error('the disk is full')
  }
}

/** A process calls or refreshes, and perhaps leaves in the middle of it. */
async function act({ client }: Actor, roll: (sides: number) => number): Promise<void> {
  const caller = new AbortController()
  const { signal } = caller
  const doing = roll(3) === 0 ? client.refresh({ signal }) : client.get(GET_SESSION, { signal })
  const reason = new Error('the page was left')
  if (roll(5) === 0) caller.abort(reason)
  await doing.catch((error: unknown) => {
    if (error !== reason) expect(EXPECTED).toContain((error as AtproofError).code)
  })
}
