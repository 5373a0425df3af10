import { describe, expect, test } from 'vitest'
import { alicesScene, confidentialAlice, consentedAlice, failureOf, refusedAuthorize, signIn } from '../scene.ts'
import { fieldsOf, pushes, TOKEN } from './scene.ts'

describe('a nonce', () => {
  test('[D10] [D8] is answered with a fresh proof and a fresh assertion, once', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com')
    const [first, second, ...more] = pushes(scene)
    expect(more).toEqual([])
    expect(first).toMatchObject({ status: 400, error: 'use_dpop_nonce' })
    expect(first?.dpop?.payload.nonce).toBeUndefined()
    expect(second?.dpop?.payload.nonce).toMatch(/^nonce-/)
    expect(second?.dpop?.payload.jti).not.toBe(first?.dpop?.payload.jti)
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti)
    const { client_assertion: before, ...fields } = fieldsOf(first)
    const { client_assertion: after, ...sameFields } = fieldsOf(second)
    expect(after).not.toBe(before)
    expect(sameFields).toEqual(fields)
  })

  test('[D10] that a server asks for again and again is answered once', async () => {
    const scene = alicesScene()
    let nonces = 0
    const respond = () => {
      nonces += 1
      const headers = { 'dpop-nonce': `nonce-${nonces}` }
      return Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers })
    }
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'AuthorizationError',
      code: 'request_refused',
      error: 'use_dpop_nonce',
    })
    expect(pushes(scene).map(({ dpop }) => dpop?.payload.nonce)).toEqual([undefined, 'nonce-1'])
  })

  test.each<[string, ResponseInit, unknown]>([
    ['401 with a challenge', { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } }, {}],
    ['401 with JSON', { status: 401 }, { error: 'use_dpop_nonce' }],
    ['400 with a challenge', { status: 400, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } }, {}],
  ])('[D10] [G3] that is asked for by %s is answered all the same', async (_, init, body) => {
    const scene = alicesScene({ network: { noNonces: true } })
    const headers = { ...(init.headers as Record<string, string>), 'dpop-nonce': 'nonce-x' }
    const respond = () => Response.json(body, { ...init, headers })
    scene.network.fault({ path: '/oauth/par', respond })
    await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(pushes(scene).map(({ dpop }) => dpop?.payload.nonce)).toEqual([undefined, 'nonce-x'])
  })

  test('[D10] is not made up where a server asks for none', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    await signIn(scene)
    expect(scene.network.log.to(/\/oauth\//).map(({ path }) => path)).toEqual(['/oauth/par', '/oauth/token'])
    expect(scene.network.log.to(/\/oauth\//).map(({ dpop }) => dpop?.payload.nonce)).toEqual([
      undefined,
      undefined,
    ])
  })

  test('[D5] [G2] of the pushed request is stored, so that the callback costs one request', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const before = scene.network.log.length
    await scene.oauth.callback(callback, { context })
    expect(scene.network.log.entries.slice(before).map(({ url, status }) => [url, status])).toEqual([[TOKEN, 200]])
  })
})
