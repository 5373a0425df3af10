import { AuthorizationError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, consentedAlice, refusedCallback } from '../scene.ts'
import { exchanges } from './processes.ts'
import { change, PDS as ISSUER } from './scene.ts'

describe('the issuer', () => {
  const wrong = [
    ['of another server', 'https://evil.example.com'],
    ['with a slash', `${ISSUER}/`],
    ['with its port', `${ISSUER}:443`],
    ['in another case', 'https://PDS.example.com'],
    ['with a blank', ` ${ISSUER}`],
  ] as const

  test('[E2] refuses a callback that does not name its issuer', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app', approve: { iss: null } })
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code: 'issuer_missing', field: 'iss', expected: ISSUER, state: 'of the app' })
    expect(exchanges(scene)).toEqual([])
  })

  test.each(wrong)('[E2] [M2] refuses a callback with an issuer %s', async (_, iss) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app', approve: { iss } })
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({
      code: 'callback_issuer_mismatch',
      field: 'iss',
      expected: ISSUER,
      found: iss,
      state: 'of the app',
    })
    expect(error.message).toContain(`(iss, expected ${ISSUER}, found "${iss}")`)
    expect(exchanges(scene)).toEqual([])
  })

  test('[E2] refuses an error that does not name its issuer: it is not believed', async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    const callback = scene.network.deny(url, { iss: null })
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({ code: 'issuer_missing', field: 'iss', expected: ISSUER })
    expect(error).not.toHaveProperty('error', 'access_denied')
  })

  test.each(wrong)('[E2] [M2] refuses an error with an issuer %s', async (_, iss) => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    expect(await refusedCallback(scene, { callback: scene.network.deny(url, { iss }), context })).toMatchObject({
      code: 'callback_issuer_mismatch',
      field: 'iss',
      found: iss,
    })
  })

  test('[E2] is that of the entryway, where there is one', async () => {
    const scene = alicesScene({ network: { entryway: true } })
    const { callback, context } = await consentedAlice(scene)
    expect(callback.searchParams.get('iss')).toBe('https://entryway.example.com')
    const ofPds = change(callback, { iss: ISSUER })
    expect(await refusedCallback(scene, { callback: ofPds, context })).toMatchObject({
      code: 'callback_issuer_mismatch',
      expected: 'https://entryway.example.com',
      found: ISSUER,
    })
  })
})
