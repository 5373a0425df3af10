import { memoryStorage, type Storage, StorageError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { alicesScene, CLIENT_ID, confidentialAlice, failureOf, keysIn, SCOPE, WEB_REDIRECT_URI } from '../scene.ts'
import { HOUR, PDS as ISSUER, signInOf, TOKEN } from './scene.ts'

describe('the stored sign-in', () => {
  test('[D5] holds all that the callback needs', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const now = scene.clock.now()
    expect(await signInOf(scene)).toEqual({
      schema: 1,
      issuer: ISSUER,
      tokenEndpoint: TOKEN,
      revocationEndpoint: `${ISSUER}/oauth/revoke`,
      did: scene.alice.did,
      handle: 'alice.example.com',
      pds: 'https://pds.example.com',
      redirectUri: WEB_REDIRECT_URI,
      scope: SCOPE,
      verifier: expect.any(String),
      dpopKey: { key: expect.any(CryptoKey), jwk: expect.any(Object) },
      clientAuth: {
        method: 'private_key_jwt',
        clientId: CLIENT_ID,
        kid: 'k1',
        alg: 'ES256',
        jkt: expect.any(String),
      },
      contextHash: expect.any(String),
      nonce: expect.stringMatching(/^nonce-/),
      clockOffset: 0,
      state: 'of the app',
      expiresAt: now + HOUR,
    })
  })

  test('[D5] that nobody stored sends nobody away', async () => {
    const inner = memoryStorage()
    const refusing: Storage = {
      keepsCryptoKeys: true,
      get: (key) => inner.get(key),
      put: async () => undefined,
      delete: async () => false,
      list: (prefix) => inner.list(prefix),
    }
    const error = await failureOf(alicesScene({ storage: refusing }).oauth.authorize('alice.example.com'))
    expect(error).toMatchObject({ name: 'StorageError', code: 'write_failed' })
  })

  test('[D5] is there before the app can send the person away', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^signin\/[\w-]{43}$/)])
  })

  test('[D5] is gone after an hour, and there a moment before', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    await scene.clock.advance(HOUR - 1)
    expect(await keysIn(scene.storage)).toHaveLength(1)
    await scene.clock.advance(1)
    expect(await keysIn(scene.storage)).toEqual([])
  })

  test('[D5] that cannot be written is an error, and nobody is sent away', async () => {
    const broken = new Error('disk full')
    const clock = testClock()
    const inner = memoryStorage({ clock })
    const storage: Storage = {
      keepsCryptoKeys: true,
      get: (key) => inner.get(key),
      put: () => Promise.reject(broken),
      delete: (key, options) => inner.delete(key, options),
      list: (prefix) => inner.list(prefix),
    }
    const scene = alicesScene({ network: { clock }, storage })
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ code: 'write_failed', cause: broken, retryable: true })
  })
})
