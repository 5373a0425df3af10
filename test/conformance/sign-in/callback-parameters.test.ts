import { AuthorizationError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, consentedAlice, keysIn, REDIRECT_URI, refusedCallback } from '../scene.ts'
import { change } from './scene.ts'

describe('the parameters', () => {
  test.each(['state', 'iss', 'code', 'error', 'error_description'])(
    '[E4] refuses %s twice, whatever it says, and the sign-in can go on',
    async (name) => {
      const scene = alicesScene()
      const { callback, context } = await consentedAlice(scene)
      for (const [first, second] of [
        ['a', 'b'],
        ['a', 'a'],
        ['', ''],
      ] as const) {
        const twice = change(callback, { [name]: callback.searchParams.get(name) ?? first })
        twice.searchParams.append(name, second)
        const error = await refusedCallback(scene, { callback: twice, context })
        expect(error).toBeInstanceOf(AuthorizationError)
        expect(error).toMatchObject({ code: 'parameter_repeated', field: name, expected: 'one' })
      }
      expect(await keysIn(scene.storage, 'spent/')).toEqual([])
      await scene.oauth.callback(callback, { context })
      expect(await keysIn(scene.storage, 'session/')).toHaveLength(1)
    },
  )

  test('[E4] ignores what it does not know, twice or once', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    callback.searchParams.append('session_state', 'a')
    callback.searchParams.append('session_state', 'b')
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test.each<[string, (params: URLSearchParams) => string | URL | URLSearchParams]>([
    ['a URL as text', (params) => `${REDIRECT_URI}?${params}`],
    ['a URL', (params) => new URL(`${REDIRECT_URI}?${params}`)],
    ['a URL with its fragment', (params) => `${REDIRECT_URI}#${params}`],
    ['a URL with a query of its own and its fragment', (params) => `${REDIRECT_URI}?page=1#${params}`],
    ['the parameters', (params) => params],
    ['a query', (params) => `?${params}`],
    ['a query without its mark', (params) => String(params)],
  ])('[E1] are read from %s', async (_, form) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const { client } = await scene.oauth.callback(form(callback.searchParams), { context })
    expect(client.did).toBe(scene.alice.did)
  })

  test.each<[string, (state: string) => string]>([
    ['in the query', () => `${REDIRECT_URI}?response=eyJhbGciOiJFUzI1NiJ9.e30.x`],
    ['in the fragment', () => `${REDIRECT_URI}#response=eyJhbGciOiJFUzI1NiJ9.e30.x`],
    ['beside a state', (state) => `${REDIRECT_URI}?response=eyJhbGciOiJFUzI1NiJ9.e30.x&state=${state}`],
  ])('[E4] refuses a response that is a JWT (JARM), %s', async (_, form) => {
    const scene = alicesScene()
    const { callback: real, context } = await consentedAlice(scene)
    const callback = form(real.searchParams.get('state') ?? '')
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toMatchObject({ code: 'callback_malformed', field: 'response', expected: 'plain parameters' })
    expect(error.message).not.toContain('eyJ')
    expect(await keysIn(scene.storage, 'spent/')).toEqual([])
  })

  test('[E4] refuses a callback of more than 16 Ki characters', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const long = change(callback, { padding: 'x'.repeat(16 * 1024) })
    expect(await refusedCallback(scene, { callback: long, context })).toMatchObject({
      code: 'callback_malformed',
      field: 'callback',
    })
  })

  test.each(['', 'nonsense', REDIRECT_URI])('[E1] refuses "%s", which carries nothing', async (callback) => {
    const scene = alicesScene()
    const { context } = await consentedAlice(scene)
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({ code: 'state_missing' })
  })
})
