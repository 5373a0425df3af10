import { calculateJwkThumbprint, importJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { alicesScene, CLIENT_ID, confidentialAlice, onlyEntry, privateKey, signIn } from '../scene.ts'
import { PDS as ISSUER, pushes, signInOf } from './scene.ts'

describe('assertions', () => {
  test('[D8] of every request to the authorization server name client, issuer and a minute', async () => {
    const scene = await confidentialAlice()
    await signIn(scene)
    const publicKey = await importJWK({ ...scene.oauth.jwks.keys[0] }, 'ES256')
    const entries = scene.network.log.to(/\/oauth\/(par|token)$/)
    expect(entries).toHaveLength(3)
    for (const { assertion, at, form } of entries) {
      const iat = Math.floor(at / 1000) - 10
      expect(assertion?.header).toEqual({ alg: 'ES256', kid: 'k1' })
      expect(assertion?.payload).toEqual({
        iss: CLIENT_ID,
        sub: CLIENT_ID,
        aud: ISSUER,
        jti: expect.stringMatching(/^[\w-]{43}$/),
        iat,
        exp: iat + 60,
      })
      await jwtVerify(form?.get('client_assertion') ?? '', publicKey, { currentDate: new Date(at) })
    }
    expect(new Set(entries.map(({ assertion }) => assertion?.payload.jti)).size).toBe(3)
  })

  test('[D8] speak to the issuer, also where the endpoint is somewhere else', async () => {
    const scene = await confidentialAlice()
    const elsewhere = 'https://tokens.example.com'
    scene.network.authorizationServerMetadata['pushed_authorization_request_endpoint'] = `${elsewhere}/par`
    scene.network.host(elsewhere, () => Response.json({ request_uri: 'urn:x' }, { status: 201 }))
    await scene.oauth.authorize('alice.example.com')
    expect(scene.network.log.to(`${elsewhere}/par`)[0]?.assertion?.payload.aud).toBe(ISSUER)
  })

  test('[C11] [D8] are signed with the first of several keys, and the sign-in remembers which', async () => {
    const keys = [await privateKey('new'), await privateKey('old')]
    const scene = await confidentialAlice({ client: { keys } })
    await scene.oauth.authorize('alice.example.com')
    expect(pushes(scene)[1]?.assertion?.header.kid).toBe('new')
    expect(await signInOf(scene)).toMatchObject({
      clientAuth: {
        method: 'private_key_jwt',
        kid: 'new',
        alg: 'ES256',
        jkt: await calculateJwkThumbprint(keys[0] ?? {}),
      },
    })
  })

  test('[D8] are never sent by a public client', async () => {
    const scene = alicesScene()
    await signIn(scene)
    expect(scene.network.log.entries.filter(({ form }) => form?.has('client_assertion'))).toEqual([])
    expect(await onlyEntry(scene.storage, 'session/')).toMatchObject({ value: { clientAuth: { method: 'none' } } })
  })
})
