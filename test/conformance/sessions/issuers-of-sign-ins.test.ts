import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { GET_SESSION, MINUTE, type SignedInScene } from '../refresh/scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import { signInAgain, watchedAlice } from './scene.ts'

const NEW_HOME = 'https://new-home.example.com'

/** Alice's account moves to a PDS that is its own authorization server. */
function moveAway({ network, alice }: Pick<SignedInScene, 'network' | 'alice'>): void {
  network.addPds(NEW_HOME, { issuer: NEW_HOME })
  alice.moveTo(NEW_HOME)
}

test('[R11] goes by no lookup of before, which found that the account had moved', async () => {
  const scene = await watchedAlice()
  const { clock, client } = scene
  moveAway(scene)
  await clock.advance(11 * MINUTE)
  expect(await failureOf(client.refresh())).toMatchObject({ reason: 'account_moved' })
  const back = await signInAgain(scene)
  // What the sign-in found looks like an answer from the future.
  clock.jumpWall(-2000)
  expect((await back.refresh()).session.status).toBe('active')
})

test('[R11] [H8] sends no token of the new issuer to the one before', async () => {
  const scene = await watchedAlice()
  const { network, clock, client } = scene
  await clock.advance(11 * MINUTE)
  await client.refresh() // asks for the issuer
  moveAway(scene)
  const back = await signInAgain(scene)
  await scene.settled()
  clock.jumpWall(-2000)
  network.log.clear()
  expect((await back.refresh()).session.status).toBe('active')
  const origins = network.log.to('/oauth/token').map(({ url }) => new URL(url).origin)
  expect(new Set(origins)).toEqual(new Set([NEW_HOME]))
})

test('[R11] goes by no lookup of before in another process, whose clock is behind', async () => {
  const scene = await watchedAlice()
  const { clock, deploy, sessionId, storage } = scene
  const behind = { ...clock, now: () => clock.now() - 2000 }
  const other = await deploy(sharedStorage(storage), { waitUntil: undefined, clock: behind }).restore(sessionId)
  if (!other) throw new Error('the other process found no session')
  moveAway(scene)
  await clock.advance(11 * MINUTE)
  expect(await failureOf(other.refresh())).toMatchObject({ reason: 'account_moved' })
  const back = await signInAgain(scene)
  await other.refresh() // takes the new tokens (R6)
  expect((await other.refresh()).session.status).toBe('active')
  expect((await back.get(GET_SESSION)).status).toBe(200)
})
