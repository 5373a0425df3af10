import { describe, expect, test } from 'vitest'
import { alicesScene, confidentialAlice, consentedAlice, refusedAuthorize, signIn } from '../scene.ts'
import { answer, pushes } from './scene.ts'

describe('a clock that is wrong', () => {
  const MINUTES = [5, -5] as const

  test.each(MINUTES)(
    '[G8] by %d minutes is learned from the refusal, and the sign-in goes on',
    async (minutes) => {
      const scene = await confidentialAlice()
      scene.clock.jumpWall(minutes * 60_000)
      const { callback, context } = await consentedAlice(scene)
      expect(pushes(scene).map(({ status }) => status)).toEqual([401, 201])
      const [first, second] = pushes(scene)
      expect(second?.dpop?.payload.iat).toBe(Math.floor(scene.network.serverTime / 1000))
      expect(second?.dpop?.payload.jti).not.toBe(first?.dpop?.payload.jti)
      expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti)
      await scene.oauth.callback(callback, { context })
      expect(scene.network.log.to('/oauth/token').map(({ status }) => status)).toEqual([200])
    },
  )

  test.each([15, 60, 170, -60, -170])(
    '[G8] [D10] by %d seconds, which only the assertion shows, is learned beside the nonce',
    async (seconds) => {
      const scene = await confidentialAlice()
      scene.clock.jumpWall(seconds * 1000)
      await signIn(scene)
      expect(scene.alice.session.deleted).toBe(false)
    },
  )

  test('[G8] by a few seconds is none, and a refusal is not asked about twice', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.clock.jumpWall(4_000)
    const respond = answer(401, { error: 'invalid_dpop_proof' })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[G8] by five minutes is no reason to ask twice where the server refuses for another reason', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.clock.jumpWall(300_000)
    const respond = answer(400, { error: 'invalid_request' })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ error: 'invalid_request' })
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[G8] is learned once: a server that refuses again is believed', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.clock.jumpWall(300_000)
    const respond = answer(401, { error: 'invalid_dpop_proof' })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ code: 'request_refused' })
    expect(pushes(scene)).toHaveLength(2)
  })
})
