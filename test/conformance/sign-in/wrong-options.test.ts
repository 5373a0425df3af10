import { AuthorizationError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, consentedAlice, failureOf } from '../scene.ts'

describe('options of `authorize` that plain JavaScript can pass', () => {
  test.each([
    ['state', { to: '/inbox' }, 'state: expected a string, found an object'],
    ['state', null, 'state: expected a string, found null'],
    ['prompt', 7, 'prompt: expected a string or an array of strings'],
    ['locale', { de: true }, 'locale: expected a string or an array of strings, found an object'],
    ['display', ['popup'], 'display: expected a string, found an array of 1'],
    ['redirectUri', 1, 'redirectUri: expected a string'],
    ['fresh', 'yes', 'fresh: expected true or false'],
    ['signal', {}, 'signal: expected an AbortSignal, found an object'],
    ['promt', 'login', 'options: expected only state, prompt, locale'],
  ])('[D1] are refused before anything is asked: %s', async (name, value, message) => {
    const { oauth, network } = alicesScene()
    const error = await failureOf(oauth.authorize('alice.example.com', { [name]: value }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(message)
    expect(network.log.entries).toEqual([])
  })

  test('[D1] may be undefined, each of them', async () => {
    const { oauth } = alicesScene()
    const { url } = await oauth.authorize('alice.example.com', {
      state: undefined,
      prompt: undefined,
      locale: undefined,
      display: undefined,
      responseMode: undefined,
      scope: undefined,
      fallbackScope: undefined,
      redirectUri: undefined,
      fresh: undefined,
      signal: undefined,
    })
    expect(URL.canParse(url)).toBe(true)
  })
})

test('[E5] a callback whose cookie is gone is told so, and spends nothing', async () => {
  const scene = alicesScene()
  const { callback, context } = await consentedAlice(scene)
  for (const options of [{ context: undefined }, { context: '' }]) {
    const error = await failureOf(scene.oauth.callback(callback, options))
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code: 'context_missing', action: expect.stringContaining('cookie') as string })
  }
  expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
})
