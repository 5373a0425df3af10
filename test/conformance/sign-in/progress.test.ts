import type { SignInProgress } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, failureOf, type Scene, type SceneOptions } from '../scene.ts'

/** What an app is told while a sign-in begins. */
async function progressOf(
  identifier: (scene: Scene) => string,
  options?: SceneOptions,
): Promise<{ readonly scene: Scene; readonly told: readonly SignInProgress[]; readonly error: unknown }> {
  const scene = alicesScene(options)
  const told: SignInProgress[] = []
  const beginning = scene.oauth.authorize(identifier(scene), { onProgress: (progress) => told.push(progress) })
  const outcome = beginning.then(
    () => undefined,
    (error: unknown) => error,
  )
  await scene.clock.advance(60_000)
  return { scene, told, error: await outcome }
}

const PDS = 'https://pds.example.com'

describe('while a sign-in begins an app is told', () => {
  test('of a handle: the DID, where the account lives, its server, and that the request was taken', async () => {
    const { scene, told } = await progressOf(({ alice }) => alice.handle)
    const { did, handle } = scene.alice
    expect(told).toEqual([
      { step: 'handle', did },
      { step: 'identity', did, handle, pds: PDS },
      { step: 'server', issuer: PDS },
      { step: 'pushed' },
    ])
  })

  test('of a DID: the same without the handle, which is not proved yet', async () => {
    const { scene, told } = await progressOf(({ alice }) => alice.did)
    expect(told).toEqual([
      { step: 'identity', did: scene.alice.did, handle: undefined, pds: PDS },
      { step: 'server', issuer: PDS },
      { step: 'pushed' },
    ])
  })

  test('of a server: that it is one, and that the request was taken', async () => {
    const { told } = await progressOf(() => PDS)
    expect(told).toEqual([{ step: 'server', issuer: PDS }, { step: 'pushed' }])
  })

  test('nothing of what was not found', async () => {
    const { told, error } = await progressOf(() => 'nobody.example.com')
    expect(told).toEqual([])
    expect(error).toMatchObject({ code: 'handle_not_found' })
  })

  test('no more than was found before it failed', async () => {
    const scene = alicesScene()
    const steps: string[] = []
    scene.network.fault({ path: '/oauth/par', status: 403, times: Infinity })
    await failureOf(scene.oauth.authorize(scene.alice.handle, { onProgress: ({ step }) => steps.push(step) }))
    expect(steps).toEqual(['handle', 'identity', 'server'])
  })
})

test('an onProgress that throws changes nothing', async () => {
  const { oauth, alice } = alicesScene()
  const { url } = await oauth.authorize(alice.handle, {
    onProgress() {
      throw new Error("the app's own mistake")
    },
  })
  expect(alice.approve(url)).toContain('code=')
})

test('an onProgress that is no function is a mistake, and nobody is asked', async () => {
  const { oauth, network } = alicesScene()
  const options: object = { onProgress: 'log' }
  expect(await failureOf(oauth.authorize('alice.example.com', options))).toMatchObject({
    message: 'onProgress: expected a function, found a string',
  })
  expect(network.log.length).toBe(0)
})

test('authorize names the sign-in by the hash of the state that its callback carries', async () => {
  const { oauth, alice } = alicesScene()
  const { url, stateHash } = await oauth.authorize(alice.handle)
  const state = new URL(alice.approve(url)).searchParams.get('state') ?? ''
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(state))
  expect(stateHash).toBe(Buffer.from(digest).toString('base64url'))
})
