import { memoryStorage } from 'atproof'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { verifyProof } from '../../../src/testing/verify-proof.ts'
import { alicesScene, signIn } from '../scene.ts'
import { jsonStorage } from './processes.ts'
import { PAR, pushes, signInOf } from './scene.ts'

describe('proofs', () => {
  test('[D9] of every request to the authorization server are what RFC 9449 asks for', async () => {
    const scene = alicesScene()
    await signIn(scene)
    const entries = scene.network.log.to(/\/oauth\/(par|token)$/)
    expect(entries.map(({ path, status }) => [path, status])).toEqual([
      ['/oauth/par', 400],
      ['/oauth/par', 201],
      ['/oauth/token', 200],
    ])
    for (const { url, dpop, headers, at } of entries) {
      expect(dpop?.header).toEqual({
        typ: 'dpop+jwt',
        alg: 'ES256',
        jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
      })
      expect(dpop?.payload).toEqual({
        jti: expect.stringMatching(/^[\w-]{43}$/),
        htm: 'POST',
        htu: url,
        iat: Math.floor(at / 1000),
        ...(url === PAR && dpop?.payload.nonce === undefined ? {} : { nonce: expect.any(String) }),
      })
      await verifyProof(headers.get('dpop') ?? '', { method: 'POST', url, now: at })
    }
    expect(entries.map(({ dpop }) => dpop?.payload.nonce !== undefined)).toEqual([false, true, true])
    expect(new Set(entries.map(({ dpop }) => dpop?.payload.jti)).size).toBe(3)
  })

  test('[D9] leave the query of an endpoint out', async () => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata['pushed_authorization_request_endpoint'] = `${PAR}?tenant=1`
    await scene.oauth.authorize('alice.example.com')
    expect(pushes(scene)[1]).toMatchObject({ url: `${PAR}?tenant=1`, status: 201 })
    expect(pushes(scene)[1]?.dpop?.payload.htu).toBe(PAR)
  })

  test('[D4] of one sign-in are signed with one key, and the session keeps it', async () => {
    const scene = alicesScene()
    const client = await signIn(scene)
    await client.get('com.atproto.server.getSession')
    const proofs = scene.network.log.entries.flatMap(({ dpop }) => dpop ?? [])
    const thumbprints = await Promise.all(proofs.map(({ header }) => calculateJwkThumbprint(header.jwk ?? {})))
    expect(thumbprints.length).toBeGreaterThanOrEqual(4)
    expect(new Set(thumbprints)).toEqual(new Set([scene.alice.session.thumbprint]))
  })

  test('[D4] [M3] are signed with a key that nothing can export, where the storage keeps such keys', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    const { dpopKey } = (await signInOf(scene)) as { readonly dpopKey: { readonly key: CryptoKey } }
    expect(dpopKey.key).toMatchObject({ type: 'private', extractable: false, usages: ['sign'] })
  })

  test('[D4] are signed with a key that is stored as a JWK, where the storage keeps JSON only', async () => {
    const clock = testClock()
    const scene = alicesScene({ network: { clock }, storage: jsonStorage(memoryStorage({ clock })) })
    await scene.oauth.authorize('alice.example.com')
    const { dpopKey } = await signInOf(scene)
    expect(dpopKey).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      d: expect.any(String),
    })
    expect((await signIn(scene)).did).toBe(scene.alice.did)
  })
})
