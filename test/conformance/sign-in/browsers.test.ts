import { AuthorizationError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, consentedAlice, keysIn, refusedCallback } from '../scene.ts'
import { exchanges } from './processes.ts'

describe('the browser', () => {
  test('[E5] another than began the sign-in is turned away', async () => {
    const scene = alicesScene()
    const { callback } = await consentedAlice(scene)
    const error = await refusedCallback(scene, { callback, context: 'x'.repeat(43) })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code: 'context_mismatch', field: 'context', action: 'sign in again' })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E5] without a context is told where it may have got lost, and the state is not spent', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const error = await refusedCallback(scene, { callback, context: '' })
    expect(error).toMatchObject({ code: 'context_missing', action: expect.stringContaining('SameSite=Lax') })
    await scene.oauth.callback(callback, { context })
  })

  test('[E5] of another sign-in is another browser', async () => {
    const scene = alicesScene()
    const mallory = await consentedAlice(scene)
    const { context } = await consentedAlice(scene)
    expect(await refusedCallback(scene, { callback: mallory.callback, context })).toMatchObject({
      code: 'context_mismatch',
    })
  })

  test('[E5] that is not the right one does not spend the state of the right one', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    await refusedCallback(scene, { callback, context: 'of somebody else' })
    expect(await keysIn(scene.storage, 'spent/')).toEqual([])
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.did).toBe(scene.alice.did)
  })
})
