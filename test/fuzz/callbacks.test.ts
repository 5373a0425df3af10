import { memoryStorage, OAuthClient } from 'atproof'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { parseCallback } from '../../src/flow/callback-parameters.ts'
import { alicesScene, consentedAlice, keysIn, onlyEntry, REDIRECT_URI, SCOPE } from '../conformance/scene.ts'
import { endless } from './arbitraries.ts'
import { callbacksNear, isRight, parametersIn } from './callbacks.ts'
import { expectQuick, outcomeOf, outcomeOfAsync } from './expectations.ts'
import { fuzz, fuzzAsync } from './fuzz.ts'

const expected = { state: 'xJ-9_aZ', iss: 'https://as.example.com', code: 'cod-42' }

fuzz('[E1] [E4] a callback is read by the rules of queries', 8000, callbacksNear(expected), (text) => {
  const outcome = outcomeOf(() => parseCallback(text))
  const found = parametersIn(text)
  const read = (name: string) => found?.get(name) || undefined
  if (!found) expect(outcome).toMatchObject({ error: { name: 'AuthorizationError', code: 'parameter_repeated' } })
  else if (found.has('response')) expect(outcome).toHaveProperty('error.code', 'callback_malformed')
  else if (!found.get('state')) expect(outcome).toHaveProperty('error.code', 'state_missing')
  else {
    expect(outcome).toEqual({
      value: {
        state: read('state'),
        issuer: read('iss'),
        code: read('code'),
        error: read('error'),
        errorDescription: read('error_description'),
      },
    })
  }
})

const piece = fc.constantFrom('state=a&', '&', '=', '%', '?', '#', '/', 'a', 'https://a/', 'code=')

fuzz('[E1] a callback of a megabyte is not read', 60, endless(piece), (text) => {
  expectQuick(() =>
    expect(outcomeOf(() => parseCallback(text))).toHaveProperty('error.code', 'callback_malformed'),
  )
})

/** Alice came back once: what her browser brought, and what is stored of her sign-in. */
async function signInOfAlice() {
  const scene = alicesScene()
  const { callback, context } = await consentedAlice(scene)
  const [key = ''] = await keysIn(scene.storage, 'signin/')
  const { value } = await onlyEntry(scene.storage, 'signin/')
  const { state = '', iss = '', code = '' } = Object.fromEntries(callback.searchParams)
  return { context, key, value, clock: scene.clock, right: { state, iss, code } }
}

const alice = await signInOfAlice()

/** Hands a callback to a client that has Alice's sign-in waiting, and tells what it sent. */
async function sentBy(text: string, context: string): Promise<readonly string[]> {
  const sent: string[] = []
  const { clock, key, value } = alice
  const storage = memoryStorage({ clock })
  await storage.put(key, value, { ifVersion: null })
  const fetch = async (url: string, init: RequestInit) => {
    sent.push(`${init.method} ${url} ${new URLSearchParams(String(init.body)).get('code')}`)
    return Response.json({ error: 'invalid_grant' }, { status: 400 })
  }
  const oauth = new OAuthClient({
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    storage,
    fetch,
    clock,
    resolveTxt: async () => [],
  })
  const outcome = await outcomeOfAsync(() => oauth.callback(text, { context }))
  expect(outcome).toHaveProperty('error.name', 'AuthorizationError')
  expect(await keysIn(storage, 'session/')).toEqual([])
  return sent
}

fuzzAsync(
  '[E1] [E2] [E3] [E4] only the right callback spends its code',
  2500,
  callbacksNear(alice.right),
  async (text) => {
    const found = parametersIn(text)
    const code = found?.get('code')
    // Which code it is only the server can know: that of another sign-in is refused there, by its verifier.
    const mayAsk = code !== undefined && isRight(text, { ...alice.right, code }) && code !== ''
    const sent = await sentBy(text, alice.context)
    expect(sent).toEqual(mayAsk ? [`POST ${alice.right.iss}/oauth/token ${code}`] : [])
  },
)

const otherContext = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text !== alice.context)

fuzzAsync(
  '[E5] no callback spends a code for another browser',
  400,
  fc.tuple(callbacksNear(alice.right), otherContext),
  async ([text, context]) => {
    expect(await sentBy(text, context)).toEqual([])
  },
)

const nearRight = callbacksNear({ state: 'STATE', iss: 'https://pds.example.com', code: 'CODE' })

fuzzAsync(
  '[E1] [E6] on the network, what is not the right callback makes no session',
  150,
  nearRight,
  async (near) => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const { state = '', iss = '', code = '' } = Object.fromEntries(callback.searchParams)
    const text = near.replaceAll('STATE', state).replaceAll('CODE', code)
    const outcome = await outcomeOfAsync(() => scene.oauth.callback(text, { context }))
    const sessions = await keysIn(scene.storage, 'session/')
    const isAccepted = isRight(text, { state, iss, code })
    expect('value' in outcome).toBe(isAccepted)
    expect(sessions).toHaveLength(isAccepted ? 1 : 0)
    if (parametersIn(text)?.get('state') !== state) expect(scene.network.log.count('/oauth/token')).toBe(0)
    scene.network.close()
  },
)
