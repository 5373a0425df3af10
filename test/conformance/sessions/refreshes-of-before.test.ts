import { expect, test } from 'vitest'
import { isSecondSet } from '../refresh/scene.ts'
import { elsewhere, signInAgain, watchedAlice } from './scene.ts'

test('[R24] tells of no refresh whose tokens nobody uses, since another process signed in', async () => {
  const scene = await watchedAlice()
  const { network, alice, events, client } = scene
  const other = await elsewhere(scene)
  const slow = network.fault({ path: '/oauth/token', hang: 'answer', skipChallenges: true })
  const refreshing = client.refresh()
  await slow.hit
  await signInAgain({ alice, ...other })
  events.length = 0
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect(events.map(({ type }) => type)).toEqual(['refresh_adopted'])
})

test('[R23] [R24] does not end for what a refresh brought, since another process signed in', async () => {
  const scene = await watchedAlice()
  const { network, alice, events, client, storage } = scene
  const other = await elsewhere(scene)
  const sub = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
  network.fault({ path: '/oauth/token', skipChallenges: true, json: (json) => ({ ...json, sub }) })
  storage.onPut({ when: isSecondSet, before: () => signInAgain({ alice, ...other }) })
  expect((await client.refresh()).session.status).toBe('active')
  expect(events.map(({ type }) => type)).not.toContain('ended')
})

test('[R24] [R25] tells of nothing stored where another process signs in before the next try', async () => {
  const scene = await watchedAlice()
  const { alice, storage, clock, client, events } = scene
  const other = await elsewhere(scene)
  storage.onPut({ when: isSecondSet, fails: 'refuse' })
  expect((await client.refresh()).session.stored).toBe(false)
  await signInAgain({ alice, ...other })
  events.length = 0
  await clock.advance(2000)
  expect(events.map(({ type }) => type)).toEqual(['refresh_adopted'])
})
