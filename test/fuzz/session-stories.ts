import type { OAuthClient, XrpcClient } from 'atproof'
import * as fc from 'fast-check'
import { GET_SESSION, MINUTE, signedInAlice, type SignedInScene } from '../conformance/refresh/scene.ts'
import { consentedAgain, elsewhere } from '../conformance/sessions/scene.ts'
import { SeededRandom } from '../kill/seeded-random.ts'
import { failingStorage, type Mood, MOODS } from './failing-storage.ts'
import { expectRightEnd } from './right-end.ts'

/** What one of the two processes does next, and how long until the next one does something. */
interface Step {
  readonly who: 0 | 1
  readonly deed: Deed
  readonly pauseMs: number
}

type Deed = Mood | 'sign in' | 'refresh' | 'call' | 'restore' | 'slow tokens' | 'sign out'

/** What happens to one session of Alice's, which two processes have. */
export interface Story {
  /** Of what the storages do. */
  readonly seed: number
  readonly steps: readonly Step[]
}

/** Two thirds of what happens is done by one of them. */
const who = fc.constantFrom<Step['who'][]>(0, 0, 1)

/** Stories of either kind. */
export function stories({ withSignOuts }: { readonly withSignOuts: boolean }): fc.Arbitrary<Story> {
  const deed = fc.oneof<fc.WeightedArbitrary<Deed>[]>(
    { weight: 6, arbitrary: fc.constantFrom(...MOODS) },
    { weight: 5, arbitrary: fc.constant('sign in') },
    { weight: 4, arbitrary: fc.constant('refresh') },
    { weight: 2, arbitrary: fc.constantFrom('call', 'restore') },
    { weight: 1, arbitrary: fc.constant('slow tokens') },
    ...(withSignOuts ? [{ weight: 1, arbitrary: fc.constant('sign out' as const) }] : []),
  )
  const step = fc.record({ who, deed, pauseMs: fc.nat(2500) })
  const steps = fc.array(step, { minLength: 4, maxLength: 14, size: 'max' })
  return fc.record({ seed: fc.nat(), steps })
}

/** One process, and what its storage does. */
interface Actor {
  readonly name: string
  readonly oauth: OAuthClient
  readonly client: XrpcClient
  feel(mood: Mood): void
}

/** How long everything is given, once nothing fails any more: the pauses between two tries are of a minute. */
const HEALED_MS = 10 * MINUTE

/**
 * Tells a story, and checks how it ends: nobody is signed out who did not sign out, each session that there is goes on in
 * both processes, no other tokens live, and nothing is owed.
 *
 * @throws Error that has all that happened
 */
export async function play({ seed, steps }: Story): Promise<void> {
  const scene = await signedInAlice()
  const { clock } = scene
  const began = clock.monotonic()
  const trace: string[] = []
  const tell = (what: string) => void trace.push(`${(clock.monotonic() - began) / 1000} s: ${what}`)
  try {
    const actors = [await enter(scene, 'one', seed, tell), await enter(scene, 'two', seed + 1, tell)] as const
    const works: Promise<unknown>[] = []
    let isSignedOut = false
    for (const { who: index, deed, pauseMs } of steps) {
      const actor = actors[index]
      tell(`${actor.name}: ${deed}`)
      const work = act(scene, actor, deed).then(
        (outcome) => {
          if (deed === 'sign out') isSignedOut = true
          tell(`${actor.name}: ${deed} is over: ${outcome}`)
        },
        (error: unknown) => tell(`${actor.name}: ${deed} failed: ${String(error)}`),
      )
      works.push(work)
      await clock.advance(pauseMs)
    }
    for (const { feel } of actors) feel('works')
    tell('nothing fails any more')
    clock.auto()
    await clock.advance(HEALED_MS)
    await Promise.all(works)
    await expectRightEnd(scene, actors, {
      mayBeOut: steps.some(({ deed }) => deed === 'sign out'),
      isSignedOut,
    })
  } catch (cause) {
    const sessions = scene.alice.sessions.map(
      ({ deleted, refreshCount }) => `${deleted ? 'ended' : 'lives'} after ${refreshCount} refreshes`,
    )
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${reason}\n\n${[...trace, ...sessions].join('\n')}\n`, { cause })
  } finally {
    scene.network.close()
  }
}

async function enter(
  scene: SignedInScene,
  name: string,
  seed: number,
  tell: (what: string) => void,
): Promise<Actor> {
  const { storage, feel } = failingStorage(scene.storage, {
    clock: scene.clock,
    random: new SeededRandom(seed),
    tell: (what) => tell(`${name}: ${what}`),
  })
  return { name, feel, ...(await elsewhere(scene, storage)) }
}

/** Does it, and says what came of it. */
async function act(scene: SignedInScene, { oauth, client, feel }: Actor, deed: Deed): Promise<unknown> {
  const { alice, clock, network, sessionId } = scene
  if (deed === 'sign in') {
    const { callback, context } = await consentedAgain({ alice, oauth, client })
    return (await oauth.callback(callback, { context })).client.session.stored
  }
  if (deed === 'refresh') return (await client.refresh()).session.stored
  if (deed === 'call') return (await client.get(GET_SESSION)).status
  if (deed === 'restore') return (await oauth.restore(sessionId))?.session.status
  if (deed === 'sign out') return (await oauth.revoke(sessionId))?.accepted
  if (deed !== 'slow tokens') return feel(deed)
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  await clock.sleep(5000)
  slow.release()
  return slow.remove()
}
