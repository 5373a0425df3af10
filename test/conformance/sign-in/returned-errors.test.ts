import { AuthorizationError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, consentedAlice, refusedCallback } from '../scene.ts'
import { exchanges } from './processes.ts'
import { change } from './scene.ts'

describe('an error of the server', () => {
  test("[E3] consent denied is told as such, with the app's own state", async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const error = await refusedCallback(scene, { callback: scene.network.deny(url), context })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code: 'access_denied',
      field: 'error',
      found: 'access_denied',
      error: 'access_denied',
      state: 'of the app',
      retryable: false,
    })
    expect(error.message).toContain('The user rejected the request')
    expect(exchanges(scene)).toEqual([])
  })

  test.each([
    ['invalid_scope', 'scope_refused', 'fallbackScope'],
    ['unauthorized_client', 'client_refused', 'clientMetadata'],
    ['login_required', 'interaction_required', 'without the prompt `none`'],
    ['consent_required', 'interaction_required', 'without the prompt `none`'],
    ['interaction_required', 'interaction_required', 'without the prompt `none`'],
    ['account_selection_required', 'interaction_required', 'without the prompt `none`'],
    ['server_error', 'server_failing', 'sign in again'],
    ['temporarily_unavailable', 'server_failing', 'sign in again'],
    ['invalid_request', 'authorization_failed', 'sign in again'],
    ['of_its_own', 'authorization_failed', 'sign in again'],
    ['toString', 'authorization_failed', 'sign in again'],
  ])('[E3] %s ends the sign-in as %s, and says what helps', async (name, code, action) => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const callback = scene.network.deny(url, { error: name })
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({
      name: 'AuthorizationError',
      code,
      field: 'error',
      error: name,
      found: name,
      state: 'of the app',
      action: expect.stringContaining(action),
      // The state is spent: nothing makes this very callback succeed.
      retryable: false,
    })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E3] counts more than a code that stands beside it', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const both = change(callback, { error: 'access_denied' })
    expect(await refusedCallback(scene, { callback: both, context })).toMatchObject({ code: 'access_denied' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] [E3] spends the state too', async () => {
    const scene = alicesScene()
    const { url, context } = await scene.oauth.authorize('alice.example.com')
    const callback = scene.network.deny(url)
    await refusedCallback(scene, { callback, context })
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({ code: 'state_spent' })
  })

  test.each([null, ''])('[E3] without an error, a code is required (%j)', async (code) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'of the app' })
    expect(await refusedCallback(scene, { callback: change(callback, { code }), context })).toMatchObject({
      code: 'code_missing',
      field: 'code',
      expected: 'a code',
      state: 'of the app',
    })
    expect(exchanges(scene)).toEqual([])
  })
})
