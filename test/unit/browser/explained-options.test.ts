import { AuthorizationError } from 'atproof'
import { type BrowserClientOptions, resume, signIn, type SignInOptions } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { APP, type BrowserScene, browserScene, CALLBACK, failureOf, leaveToSignIn } from './scene.ts'
import { CLIENT_ID, openSite, serveMetadata, SITE, SITE_CALLBACK } from './web-client.ts'

/** Options as plain JavaScript can pass them. */
type Wrong<Options> = { readonly [Name in keyof Options]?: unknown } & Readonly<Record<string, unknown>>

function wrong<Options>(options: Wrong<Options>): Options {
  return options as Options
}

/** The address that the consent page leads back to, where the server ends the sign-in with an error. */
async function callbackWith(scene: BrowserScene, error: string, options?: SignInOptions): Promise<string> {
  serveMetadata(scene)
  const callback = new URL(scene.alice.approve(await leaveToSignIn(scene, openSite(scene), scene.alice, options)))
  callback.searchParams.delete('code')
  callback.searchParams.set('error', error)
  return callback.href
}

describe.each([APP, 'http://[::1]:5173', 'http://localhost:5173'])('a page under development at %s', (origin) => {
  test.each<[string, Wrong<BrowserClientOptions>]>([
    ['redirectUri', { redirectUri: `${CALLBACK}#here` }],
    ['scope', { scope: 'transition:generic' }],
    ['scope', { scope: 'atproto repo:nothing' }],
    ['clientId', { clientId: `${SITE}/` }],
    ['options', { redirectUrl: CALLBACK }],
    ['options', { keys: [] }],
    ['onEvent', { onEvent: 'log' }],
    ['clientName', { clientName: 'Notes' }],
  ])('hears at once that %s cannot work: %j', async (field, options) => {
    const scene = browserScene()
    const { oauth } = scene.open(`${origin}/`, wrong(options))
    const failure = await failureOf(oauth.authorize(scene.alice.handle))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`^${field}: expected `)) })
    expect(scene.network.log.length).toBe(0)
  })
})

test.each<[string, Wrong<SignInOptions>]>([
  ['scope', { scope: 'atproto transition:email' }],
  ['scope', { scope: ['atproto', 'repo:nothing'] }],
  ['fallbackScope', { fallbackScope: 'atproto transition:email' }],
  ['display', { display: 'window' }],
  ['locale', { locale: 'de_DE' }],
  ['state', { state: 7 }],
  ['options', { promt: 'login' }],
])('a page under development hears at once that the %s of a sign-in cannot work: %j', async (field, options) => {
  const scene = browserScene()
  const { oauth } = scene.open()
  const failure = await failureOf(signIn(oauth, scene.alice.handle, wrong(options)))
  expect(failure).toBeInstanceOf(TypeError)
  expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`^${field}: expected `)) })
  expect(scene.network.log.length).toBe(0)
})

test('a page under development hears of a wrong option at its callback before the code is sent', async () => {
  const scene = browserScene()
  const callback = scene.alice.approve(await leaveToSignIn(scene, scene.open(), scene.alice))
  const { oauth } = scene.open(callback, { scope: 'transition:generic' })
  expect(await failureOf(resume(oauth))).toMatchObject({
    name: 'TypeError',
    message: expect.stringMatching(/^scope: expected /),
  })
  expect(scene.network.log.count('/oauth/token')).toBe(0)
})

describe('a page at its own address', () => {
  test.each<[string, Wrong<BrowserClientOptions>]>([
    ['redirectUri', { clientId: undefined }],
    ['clientId', { clientId: 'app.example.com' }],
    ['clientId', { clientId: 7 }],
    ['redirectUri', { redirectUri: undefined }],
    ['redirectUris', { redirectUri: undefined, redirectUris: SITE_CALLBACK }],
    ['redirectUri', { redirectUri: undefined, redirectUris: [] }],
    ['scope', { scope: 'transition:generic' }],
    ['scope', { scope: ['transition:generic'] }],
    ['scope', { scope: 7 }],
    ['fallbackScope', { fallbackScope: '' }],
    ['options', { keys: [{ kty: 'EC' }] }],
    ['options', { sealKeys: ['a secret'] }],
    ['options', { scopes: 'atproto' }],
    ['onEvent', { onEvent: 'log' }],
    ['plcDirectory', { plcDirectory: 7 }],
    ['clientName', { clientName: '' }],
    [
      'clientMetadata.client_id',
      { clientId: undefined, redirectUri: undefined, scope: undefined, clientMetadata: {} },
    ],
  ])('hears at once that an unusual %s cannot work: %j', async (field, options) => {
    const scene = browserScene()
    serveMetadata(scene)
    const { oauth } = openSite(scene, wrong(options))
    const failure = await failureOf(oauth.authorize(scene.alice.handle))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`^${field}: expected `)) })
    expect(scene.network.log.length).toBe(0)
  })

  test.each<[string, Wrong<SignInOptions>]>([
    ['scope', { scope: 'transition:generic' }],
    ['scope', { scope: [] }],
    ['redirectUri', { redirectUri: '' }],
    ['redirectUri', { redirectUri: [SITE_CALLBACK] }],
    ['prompt', { prompt: [] }],
    ['prompt', { prompt: 7 }],
    ['display', { display: 'window' }],
    ['responseMode', { responseMode: 'form_post' }],
    ['locale', { locale: ['de', '_'] }],
    ['state', { state: { from: '/inbox' } }],
    ['fresh', { fresh: 1 }],
    ['onProgress', { onProgress: 'show' }],
    ['signal', { signal: {} }],
    ['options', { promt: 'login' }],
  ])('hears at once that an unusual %s of a sign-in cannot work: %j', async (field, options) => {
    const scene = browserScene()
    serveMetadata(scene)
    const { oauth } = openSite(scene)
    const failure = await failureOf(oauth.authorize(scene.alice.handle, wrong(options)))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`^${field}: expected `)) })
    expect(scene.network.log.length).toBe(0)
  })

  test.each([
    ['an `Accept-Language` header', 'fr;q=0.5, de', 'de fr'],
    ['one without weights', 'de,fr', 'de fr'],
    ['several tags in one text', 'de fr-CH', 'de fr-CH'],
    ['a list', ['de', 'fr-CH'], 'de fr-CH'],
  ])('asks for the languages of %s', async (_, locale, asked) => {
    const scene = browserScene()
    serveMetadata(scene)
    await leaveToSignIn(scene, openSite(scene), scene.alice, { locale })
    expect(scene.network.log.to('/oauth/par').at(-1)?.form?.get('ui_locales')).toBe(asked)
  })

  test.each<[string, string, Partial<BrowserClientOptions>, SignInOptions]>([
    ['scope', 'scope_refused', {}, { scope: 'atproto transition:email' }],
    ['scope', 'scope_refused', { scope: 'atproto repo:nothing' }, {}],
    ['scope', 'scope_refused', {}, { scope: 'atproto repo:*', fallbackScope: 'atproto blob:*/*' }],
    ['redirectUri', 'request_refused', {}, { redirectUri: `${SITE}/elsewhere` }],
    ['redirectUri', 'request_refused', { redirectUri: `${SITE_CALLBACK}#here` }, {}],
    ['clientId', 'client_refused', { clientId: `${SITE}/` }, {}],
  ])('hears of a wrong %s once a server has refused it: %s', async (field, code, options, wishes) => {
    const scene = browserScene()
    serveMetadata(scene)
    const { oauth } = openSite(scene, options)
    const failure = await failureOf(signIn(oauth, scene.alice.handle, wishes))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`^${field}: expected `)) })
    expect(failure).toMatchObject({ cause: { name: 'AuthorizationError', code } })
    expect(scene.network.log.count('/oauth/par')).toBeGreaterThan(0)
  })

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['scope_refused', { scope: 'atproto' }],
    ['request_refused', { redirect_uris: [`${SITE}/elsewhere`] }],
    ['client_refused', { client_id: `${CLIENT_ID}.old` }],
  ])('whose options can work hears what the server said: %s', async (code, served) => {
    const scene = browserScene()
    serveMetadata(scene, served)
    const failure = await failureOf(signIn(openSite(scene).oauth, scene.alice.handle))
    expect(failure).toBeInstanceOf(AuthorizationError)
    expect(failure).toMatchObject({ code })
    expect(failure).not.toHaveProperty('cause')
  })

  test('hears what the server said where that has nothing to do with options', async () => {
    const scene = browserScene()
    serveMetadata(scene)
    scene.network.fault({ path: '/oauth/par', status: 503 })
    const { oauth } = openSite(scene, { scope: 'atproto repo:nothing' })
    expect(await failureOf(oauth.authorize(scene.alice.handle))).toMatchObject({ code: 'server_failing' })
  })

  // The person has come back, and the app wants its state.
  test.each([
    ['invalid_scope', 'scope_refused', { scope: 'atproto repo:nothing' }],
    ['access_denied', 'access_denied', {}],
  ])('hears at its callback what the server said, whatever its options are: %s', async (error, code, options) => {
    const scene = browserScene()
    const callback = await callbackWith(scene, error, { state: '/inbox' })
    expect(await failureOf(resume(openSite(scene, options, callback).oauth))).toMatchObject({
      name: 'AuthorizationError',
      code,
      state: '/inbox',
    })
  })
})
