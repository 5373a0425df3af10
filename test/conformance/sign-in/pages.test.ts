import { AuthorizationError, type AuthorizeOptions } from 'atproof'
import { describe, expect, test } from 'vitest'
import {
  alicesScene,
  confidentialAlice,
  consentedAlice,
  failureOf,
  refusedAuthorize,
  type Scene,
} from '../scene.ts'

const ISSUER = 'https://pds.example.com'

/** What the consent page was asked for: the parameters of the push that the server took. */
function asked({ network }: Scene): URLSearchParams {
  const taken = network.log.to('/oauth/par').find(({ status }) => status === 201)
  if (!taken?.form) throw new Error('no push was taken')
  return taken.form
}

/** What the server's metadata says that its pages offer; undefined takes the word away. */
function offers({ network }: Scene, member: string, values: unknown): void {
  if (values === undefined) delete network.authorizationServerMetadata[`${member}_supported`]
  else network.authorizationServerMetadata[`${member}_supported`] = values
}

describe('a prompt', () => {
  test.each(['login', 'consent', 'select_account', 'create'])(
    '[D7] that the server offers is sent: %s',
    async (prompt) => {
      const scene = alicesScene()
      await scene.oauth.authorize('alice.example.com', { prompt })
      expect(asked(scene).get('prompt')).toBe(prompt)
    },
  )

  test('[D7] that the server does not offer is refused here, and nothing is sent', async () => {
    const scene = alicesScene()
    offers(scene, 'prompt_values', ['login', 'consent'])
    const error = await refusedAuthorize(scene, 'alice.example.com', { prompt: 'create' })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code: 'prompt_unsupported',
      url: ISSUER,
      field: 'prompt',
      expected: 'one of login, consent',
      found: 'create',
      retryable: false,
    })
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  test.each([
    ['does not say what it offers', undefined],
    ['offers nothing', []],
    ['says it badly', 'login'],
    ['says it with something else in it', ['login', 7]],
  ])('[D7] is refused here where the server %s: it could be ignored there', async (_, values) => {
    const scene = alicesScene()
    offers(scene, 'prompt_values', values)
    const error = await refusedAuthorize(scene, 'alice.example.com', { prompt: 'login' })
    expect(error).toMatchObject({ code: 'prompt_unsupported', field: 'prompt', found: 'login' })
    expect(error.message).toBe(
      `the authorization server does not offer this prompt at ${ISSUER} (prompt, expected none: the server does not say that it knows any, found "login")`,
    )
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  test('[D7] is not sent where none was asked for, and then nobody minds what the server offers', async () => {
    const scene = alicesScene()
    offers(scene, 'prompt_values', undefined)
    await scene.oauth.authorize('alice.example.com')
    expect(asked(scene).has('prompt')).toBe(false)
  })

  test('[D7] `none` is not for a public client, and it is told so before anything is sent', async () => {
    const scene = alicesScene()
    const error = await refusedAuthorize(scene, 'alice.example.com', { prompt: 'none' })
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'prompt_unsupported',
      field: 'prompt',
      expected: 'one of login, consent, select_account, create',
      found: 'none',
    })
    expect(error.message).toContain('the prompt none is for confidential clients')
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  test('[D7] `none` is sent by a confidential client', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com', { prompt: 'none' })
    expect(asked(scene).get('prompt')).toBe('none')
  })

  test('[D7] that is not offered says nothing of confidential clients to whoever did not ask for `none`', async () => {
    const scene = alicesScene()
    offers(scene, 'prompt_values', ['consent'])
    const error = await refusedAuthorize(scene, 'alice.example.com', { prompt: 'login' })
    expect(error.message).not.toContain('confidential')
  })

  test('[D1] [D7] `create` is how a sign-up begins, at an account’s server or at one that was named', async () => {
    for (const identifier of [ISSUER, 'alice.example.com']) {
      const scene = alicesScene()
      await scene.oauth.authorize(identifier, { prompt: 'create' })
      expect(asked(scene).get('prompt')).toBe('create')
      expect(asked(scene).has('login_hint')).toBe(identifier !== ISSUER)
    }
  })
})

describe('a list of prompts', () => {
  test.each<[readonly string[], readonly string[], string]>([
    [['select_account', 'login'], ['login', 'select_account'], 'select_account'],
    [['create', 'login', 'consent'], ['consent', 'login'], 'login'],
    [['of_tomorrow', 'consent'], ['consent'], 'consent'],
    [['none', 'login'], ['none', 'login'], 'login'],
  ])('[D7] %j is the order of preference: of %j the server is asked for %s', async (prompt, values, sent) => {
    const scene = alicesScene()
    offers(scene, 'prompt_values', values)
    await scene.oauth.authorize('alice.example.com', { prompt })
    expect(asked(scene).get('prompt')).toBe(sent)
  })

  test('[D7] that begins with `none` asks nothing where the client is confidential', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com', { prompt: ['none', 'login'] })
    expect(asked(scene).get('prompt')).toBe('none')
  })

  test('[D7] of which the server offers nothing is refused, with all that was wished for', async () => {
    const scene = alicesScene()
    offers(scene, 'prompt_values', ['consent'])
    const error = await refusedAuthorize(scene, 'alice.example.com', { prompt: ['create', 'login', 'none'] })
    expect(error).toMatchObject({
      code: 'prompt_unsupported',
      expected: 'one of consent',
      found: 'create login none',
    })
    expect(error.message).toContain('the prompt none is for confidential clients')
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })
})

describe('how the page is shown', () => {
  test.each(['page', 'popup', 'touch'] as const)('[D1] is sent where the server knows it: %s', async (display) => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com', { display })
    expect(asked(scene).get('display')).toBe(display)
  })

  test('[D1] is only a wish: one that the server does not know is left out, and the sign-in goes on', async () => {
    const scene = alicesScene()
    offers(scene, 'display_values', ['page'])
    const { callback, context } = await consentedAlice(scene, { display: 'popup' })
    expect(asked(scene).has('display')).toBe(false)
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test.each([
    ['nothing', undefined],
    ['it badly', 'popup'],
  ])('[D1] is sent where the server says %s of what it knows', async (_, values) => {
    const scene = alicesScene()
    offers(scene, 'display_values', values)
    await scene.oauth.authorize('alice.example.com', { display: 'wap' })
    expect(asked(scene).get('display')).toBe('wap')
  })

  test('[D1] is not sent where nothing was wished for', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    expect(asked(scene).has('display')).toBe(false)
    expect(asked(scene).has('ui_locales')).toBe(false)
    expect(asked(scene).has('response_mode')).toBe(false)
  })
})

describe('the languages of the page', () => {
  test.each<[AuthorizeOptions['locale'], string]>([
    ['de', 'de'],
    ['de fr-CH', 'de fr-CH'],
    [['fr-CH', 'de', 'en'], 'fr-CH de en'],
    [['pt'], 'pt'],
  ])('[D1] are sent as %j says, best first', async (locale, sent) => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com', { locale })
    expect(asked(scene).get('ui_locales')).toBe(sent)
  })

  test('[D1] are taken from a header of the browser, too', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com', { locale: 'fr;q=0.5, de-CH, *;q=0.1, b_d, en;q=0.8, it;q=0' })
    expect(asked(scene).get('ui_locales')).toBe('de-CH en fr')
  })

  test('[D1] are left out where the list is empty', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com', { locale: [] })
    expect(asked(scene).has('ui_locales')).toBe(false)
  })

  test.each<[AuthorizeOptions['locale'], string]>([
    ['german!', 'german!'],
    ['de_CH', 'de_CH'],
    [['de', 'x'], 'de x'],
  ])('[D1] that are %j are a mistake, which is told before anything is pushed', async (locale, found) => {
    const scene = alicesScene()
    const error = await refusedAuthorize(scene, 'alice.example.com', { locale })
    expect(error).toEqual(
      new TypeError(`locale: expected language tags such as de or fr-CH, found ${JSON.stringify(found)}`),
    )
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })
})

describe('how the response comes back', () => {
  test('[D1] [E1] in the fragment, where the app asks for that, and the callback reads it there', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { responseMode: 'fragment' })
    expect(asked(scene).get('response_mode')).toBe('fragment')
    expect([callback.search, callback.hash.startsWith('#state=')]).toEqual(['', true])
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[D1] in the query, where the app asks for that', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { responseMode: 'query' })
    expect(asked(scene).get('response_mode')).toBe('query')
    expect((await scene.oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test.each([
    ['responseMode', 'form_post', 'one of query, fragment'],
    ['display', 'hologram', 'one of page, popup, touch, wap'],
  ])('[D1] %s cannot be %s, and nothing is pushed', async (name, value, expected) => {
    const scene = alicesScene()
    // As somebody writes it who has no types.
    const options: AuthorizeOptions = JSON.parse(JSON.stringify({ [name]: value }))
    const error = await failureOf(scene.oauth.authorize('alice.example.com', options))
    expect(error).toEqual(new TypeError(`${name}: expected ${expected}, found "${value}"`))
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })
})
