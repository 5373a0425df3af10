import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { hashBase64url } from '../../../src/testing/hash.ts'
import { alicesScene, consentedAlice, keysIn } from '../scene.ts'
import { fieldsOf, pushes, signInOf } from './scene.ts'

describe('verifier and state', () => {
  test('[D2] the verifier fits its challenge, and is 256 bits of 43 characters', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    const { verifier } = await signInOf(scene)
    expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ code_challenge: await hashBase64url(String(verifier)) })
  })

  test('[D2] [D3] [D4] no two sign-ins share a verifier, a state, a key or a context', async () => {
    const scene = alicesScene()
    const contexts = [
      (await scene.oauth.authorize('alice.example.com')).context,
      (await scene.oauth.authorize('alice.example.com')).context,
    ]
    const done = pushes(scene).filter(({ status }) => status === 201)
    const thumbprints = await Promise.all(done.map(({ dpop }) => calculateJwkThumbprint(dpop?.header.jwk ?? {})))
    const kinds = [
      contexts,
      thumbprints,
      done.map(({ form }) => form?.get('state')),
      done.map(({ form }) => form?.get('code_challenge')),
    ]
    expect(kinds.map((values) => new Set(values).size)).toEqual([2, 2, 2, 2])
  })

  test('[D2] [D3] come from the randomness that the app gave, 32 bytes each', async () => {
    const asked: number[] = []
    const random = (length: number) => {
      asked.push(length)
      return crypto.getRandomValues(new Uint8Array(length))
    }
    const scene = alicesScene({ client: { random } })
    expect(asked).toEqual([])
    await scene.oauth.authorize('alice.example.com')
    expect(new Set(asked)).toEqual(new Set([32]))
  })

  test("[D3] the app's own state stays at home", async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'cart=42' })
    expect(callback.searchParams.get('state')).not.toContain('cart')
    expect((await scene.oauth.callback(callback, { context })).state).toBe('cart=42')
    const sent = scene.network.log.entries.map(
      ({ url, form, headers }) => `${url} ${form} ${[...headers.values()].join(' ')}`,
    )
    expect(sent.join('\n')).not.toMatch(/cart/)
  })

  test('[D3] [E5] neither the state nor the context is stored, so that nobody who reads the storage can use them', async () => {
    const scene = alicesScene()
    const { context } = await scene.oauth.authorize('alice.example.com')
    const state = fieldsOf(pushes(scene)[1])['state'] ?? ''
    const [key = ''] = await keysIn(scene.storage)
    expect(key).toBe(`signin/${await hashBase64url(state)}`)
    const stored = key + JSON.stringify(await scene.storage.get(key))
    expect(stored).not.toContain(state)
    expect(stored).not.toContain(context)
  })
})
