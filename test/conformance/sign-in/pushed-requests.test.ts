import { describe, expect, test } from 'vitest'
import type { LogEntry } from 'atproof/testing'
import {
  alicesScene,
  CLIENT_ID,
  confidentialAlice,
  REDIRECT_URI,
  refusedAuthorize,
  SCOPE,
  WEB_REDIRECT_URI,
} from '../scene.ts'
import { otherProcess } from './processes.ts'
import { fieldsOf, PDS as ISSUER, PAR, pushes, signInOf } from './scene.ts'

describe('the pushed request', () => {
  test('[D1] of a public client says who, what and where, and nothing else', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    expect(pushes(scene).map(({ status }) => status)).toEqual([400, 201])
    for (const push of pushes(scene)) {
      expect(push).toMatchObject({ method: 'POST', url: PAR })
      expect(fieldsOf(push)).toEqual({
        client_id: `http://localhost?${new URLSearchParams({ redirect_uri: REDIRECT_URI, scope: SCOPE })}`,
        response_type: 'code',
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge_method: 'S256',
        state: expect.stringMatching(/^[\w-]{43}$/),
        redirect_uri: REDIRECT_URI,
        scope: SCOPE,
        login_hint: 'alice.example.com',
      })
    }
  })

  test('[D1] [D8] of a confidential client carries an assertion beside that', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com')
    expect(Object.keys(fieldsOf(pushes(scene)[1])).toSorted()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'login_hint',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ])
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({
      client_id: CLIENT_ID,
      redirect_uri: WEB_REDIRECT_URI,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
  })

  test('[D1] is a form, with no header that a browser would have to ask leave for', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    const names = [...(pushes(scene)[0]?.headers.keys() ?? [])].toSorted()
    expect(names).toEqual(['accept', 'content-type', 'dpop'])
    expect(pushes(scene)[0]?.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
  })

  test('[D1] carries what the app asks for, and only that', async () => {
    const redirectUri = 'http://[::1]/other'
    const scene = alicesScene({ client: { redirectUris: [REDIRECT_URI, redirectUri] } })
    const options = { prompt: 'login', locale: 'de fr-CH', scope: 'atproto', redirectUri, state: 'of the app' }
    await scene.oauth.authorize('alice.example.com', options)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({
      prompt: 'login',
      ui_locales: 'de fr-CH',
      scope: 'atproto',
      redirect_uri: redirectUri,
    })
    expect(pushes(scene)[1]?.form?.has('display')).toBe(false)
  })

  test('[D1] [C9] may return to any port of this machine where none was declared', async () => {
    const scene = alicesScene()
    const redirectUri = 'http://127.0.0.1:53682/callback'
    await scene.oauth.authorize('alice.example.com', { redirectUri })
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ redirect_uri: redirectUri })
  })

  test.each(['http://127.0.0.1/elsewhere', 'https://evil.example.com/callback', 'http://localhost/callback', ''])(
    '[D1] is not sent for the redirect URI %s, which is not of the client',
    async (redirectUri) => {
      const scene = alicesScene()
      const error = await refusedAuthorize(scene, 'alice.example.com', { redirectUri })
      expect(error).toEqual(
        new TypeError(`redirectUri: expected one of ${REDIRECT_URI}, found ${JSON.stringify(redirectUri)}`),
      )
      expect(scene.network.log.entries).toEqual([])
    },
  )

  test.each([
    ['alice.example.com', 'alice.example.com'],
    ['@alice.example.com', 'alice.example.com'],
    ['Alice.Example.COM', 'Alice.Example.COM'],
    [' alice.example.com ', 'alice.example.com'],
  ])('[D6] hints at the account as it was typed: %s', async (typed, hint) => {
    const scene = alicesScene()
    await scene.oauth.authorize(typed)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ login_hint: hint })
  })

  test('[D6] hints at a DID as it was typed, not at the handle', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.did)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ login_hint: scene.alice.did })
  })

  test.each([ISSUER, `${ISSUER}/`, ` ${ISSUER} `])(
    '[D6] hints at nobody where the sign-in begins at a server: %j',
    async (typed) => {
      const scene = alicesScene()
      await scene.oauth.authorize(typed)
      expect(pushes(scene).map(({ form }) => form?.has('login_hint'))).toEqual([false, false])
    },
  )

  test.each(['handle.invalid', '@handle.invalid', 'HANDLE.INVALID'])(
    '[D6] [A4] never hints at %s, which is nobody’s',
    async (typed) => {
      const scene = alicesScene()
      expect(await refusedAuthorize(scene, typed)).toMatchObject({ name: 'IdentityError' })
      expect(scene.network.log.entries).toEqual([])
    },
  )

  test('[D6] [A4] hints at the DID, where the account has no handle but the one that is nobody’s', async () => {
    const scene = alicesScene()
    const { did } = scene.alice
    const document = scene.network.didDocuments.get(did)
    scene.network.didDocuments.set(did, { ...document, alsoKnownAs: ['at://handle.invalid'] })
    await scene.oauth.authorize(did)
    expect(pushes(scene).map(({ form }) => form?.get('login_hint'))).toEqual([did, did])
    const stored = await signInOf(scene)
    expect(stored['did']).toBe(did)
    expect(stored).not.toHaveProperty('handle')
  })
})

/** All that can be asked for at once. */
async function fullPush(): Promise<{ readonly entry: LogEntry; readonly body: string }> {
  const scene = await confidentialAlice({ client: { scope: SCOPE } })
  let body = ''
  const { fetch } = scene.network
  const oauth = otherProcess(scene, {
    clientId: CLIENT_ID,
    redirectUri: WEB_REDIRECT_URI,
    keys: scene.keys,
    fetch: async (url, init) => {
      if (url === PAR) body = String(init.body)
      return fetch(url, init)
    },
  })
  const page = { prompt: 'login', display: 'popup', locale: ['de', 'en'], responseMode: 'query' } as const
  await oauth.authorize('alice.example.com', { ...page, state: 'of the app' })
  const entry = pushes(scene).at(-1)
  if (!entry) throw new Error('nothing was pushed')
  return { entry, body }
}

describe('the body of a pushed request', () => {
  test('[D1] holds every parameter that there is, once, and nothing else', async () => {
    const { entry } = await fullPush()
    const names = [...(entry.form?.keys() ?? [])]
    expect(names.toSorted()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'display',
      'login_hint',
      'prompt',
      'redirect_uri',
      'response_mode',
      'response_type',
      'scope',
      'state',
      'ui_locales',
    ])
    expect(fieldsOf(entry)).toMatchObject({ response_mode: 'query', display: 'popup', ui_locales: 'de en' })
  })

  test('[D1] is encoded as a form, never as JSON, with its parameters in the body and none in the URL', async () => {
    const { entry, body } = await fullPush()
    expect(new URL(entry.url).search).toBe('')
    expect(body).toMatch(/^[\w.*+%-]+=[\w.*+%-]*(?:&[\w.*+%-]+=[\w.*+%-]*)*$/)
    expect(new URLSearchParams(body).get('redirect_uri')).toBe(WEB_REDIRECT_URI)
    expect(entry.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
  })

  test('[D1] never holds a request_uri, a request, a secret, or a verifier', async () => {
    const { entry } = await fullPush()
    const forbidden = ['request_uri', 'request', 'client_secret', 'code_verifier', 'dpop_jkt', 'response_types']
    expect(forbidden.filter((name) => entry.form?.has(name))).toEqual([])
  })
})

describe('the scope', () => {
  test.each(['transition:generic', 'atproto transition:email', ''])(
    "[C3] is checked against the client's own before anybody is asked: %s",
    async (scope) => {
      const scene = alicesScene()
      await expect(scene.oauth.authorize('alice.example.com', { scope })).rejects.toThrow(TypeError)
      expect(scene.network.log.entries).toEqual([])
    },
  )
})
