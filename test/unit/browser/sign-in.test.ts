import { resume, signIn, type SignInOptions } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { APP, browserScene, CALLBACK, failureOf, leaveToSignIn, signedIn, signInsIn } from './scene.ts'
import { CLIENT_ID, openSite, serveMetadata } from './web-client.ts'

const HOUR = 3_600_000

describe('signing in in this tab', () => {
  test('leaves for the consent page, and never resolves', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open()
    let isSettled = false
    signIn(oauth, scene.alice.handle).finally(() => (isSettled = true))
    await scene.clock.advance(2 * HOUR)
    expect(page.went).toMatchObject([{ how: 'assign', url: expect.stringContaining('request_uri=') }])
    expect(page.opened).toEqual([])
    expect(isSettled).toBe(false)
  })

  test('says so where the person came back by going back, and can still be ended by going forward', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open()
    const failing = failureOf(signIn(oauth, scene.alice.handle, { state: '/inbox' }))
    await scene.clock.settle()
    page.emit('pageshow', { persisted: true })
    expect(await failing).toMatchObject({ code: 'sign_in_left', state: '/inbox', action: 'sign in again' })
    expect(page.listening).toBe(0)
    const callback = scene.alice.approve(page.went[0]?.url ?? '')
    expect(await resume(scene.open(callback).oauth)).toMatchObject({ state: '/inbox' })
  })

  test('takes the first showing of a page for no return', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open()
    let isSettled = false
    signIn(oauth, scene.alice.handle).finally(() => (isSettled = true))
    await scene.clock.settle()
    page.emit('pageshow', { persisted: false })
    await scene.clock.settle()
    expect(isSettled).toBe(false)
  })

  test('ends with its signal, and keeps nothing of the sign-in', async () => {
    const scene = browserScene()
    const { oauth } = scene.open()
    const ending = new AbortController()
    const failing = failureOf(signIn(oauth, scene.alice.handle, { signal: ending.signal }))
    await scene.clock.settle()
    expect(signInsIn(scene)).toHaveLength(1)
    ending.abort(new Error('changed my mind'))
    expect(await failing).toMatchObject({ message: 'changed my mind' })
    expect(signInsIn(scene)).toEqual([])
  })

  test.each(['redirect', 'popup'] as const)(
    'stays here where its signal ends it once the request is pushed: %s',
    async (mode) => {
      const scene = browserScene()
      const { oauth, page } = scene.open()
      const ending = new AbortController()
      const authorize = oauth.authorize.bind(oauth)
      oauth.authorize = async (...args) => {
        const request = await authorize(...args)
        ending.abort(new Error('changed my mind'))
        return request
      }
      const failure = await failureOf(signIn(oauth, scene.alice.handle, { mode, signal: ending.signal }))
      expect(failure).toMatchObject({ message: 'changed my mind' })
      expect(page.went).toEqual([])
      expect(page.opened.flatMap(({ ledTo }) => ledTo)).toEqual([])
      expect(page.opened.filter(({ closed }) => !closed)).toEqual([])
      expect(signInsIn(scene)).toEqual([])
    },
  )

  test('does nothing for a signal that is aborted already', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open()
    const options = { mode: 'popup', signal: AbortSignal.abort(new Error('gone')) } as const
    expect(await failureOf(signIn(oauth, scene.alice.handle, options))).toMatchObject({ message: 'gone' })
    expect(page.opened).toEqual([])
    expect(scene.network.log.length).toBe(0)
  })

  test('of two tabs at once ends both, each with its own account and state', async () => {
    const scene = browserScene()
    const alices = await leaveToSignIn(scene, scene.open(), scene.alice, { state: 'a' })
    const bobs = await leaveToSignIn(scene, scene.open(), scene.bob, { state: 'b' })
    const [one, two] = [scene.open(scene.alice.approve(alices)), scene.open(scene.bob.approve(bobs))]
    const both = await Promise.all([resume(one.oauth), resume(two.oauth)])
    expect(both).toMatchObject([
      { client: { did: scene.alice.did }, state: 'a' },
      { client: { did: scene.bob.did }, state: 'b' },
    ])
  })

  test('leads back into the session of a client that is given', async () => {
    const scene = browserScene()
    const { client, oauth, page } = await signedIn(scene)
    signIn(oauth, client).catch(() => {})
    await scene.clock.settle()
    const back = await resume(scene.open(scene.alice.approve(page.went[0]?.url ?? '')).oauth)
    expect(back?.client.session.sessionId).toBe(client.session.sessionId)
  })

  test('forgets sign-ins that nobody came back from within an hour, and no others', async () => {
    const scene = browserScene()
    await leaveToSignIn(scene, scene.open(), scene.alice)
    const [old] = signInsIn(scene)
    scene.browser.textsOf(APP).set('of the app', 'stays')
    scene.browser.textsOf(APP).set('atproof: sign-in/x', 'not ours')
    await scene.clock.advance(HOUR / 2)
    await leaveToSignIn(scene, scene.open(), scene.alice)
    expect(signInsIn(scene)).toHaveLength(2)
    await scene.clock.advance(HOUR / 2)
    await leaveToSignIn(scene, scene.open(), scene.alice)
    expect(signInsIn(scene)).toHaveLength(2)
    expect(signInsIn(scene)).not.toContain(old)
    expect(scene.browser.textsOf(APP).get('of the app')).toBe('stays')
  })
})

describe('the redirect URI', () => {
  const redirectUris = ['https://app.example.com/callback', 'https://beta.example.com/callback']

  async function pushedFrom(href: string, options?: SignInOptions): Promise<string | undefined> {
    const scene = browserScene()
    serveMetadata(scene, { redirect_uris: redirectUris })
    const tab = openSite(scene, { redirectUri: undefined, redirectUris }, href)
    const url = await leaveToSignIn(scene, tab, scene.alice, options)
    const { origin, pathname } = new URL(scene.alice.approve(url))
    return origin + pathname
  }

  test.each(redirectUris)('is the one on the own origin of the page: %s', async (redirectUri) => {
    expect(await pushedFrom(new URL('/somewhere', redirectUri).href)).toBe(redirectUri)
  })

  test('is the one that the app names', async () => {
    const [, beta = ''] = redirectUris
    expect(await pushedFrom('https://beta.example.com/', { redirectUri: beta })).toBe(beta)
  })

  test('that is on another origin is a mistake: what the browser keeps could not be read there', async () => {
    const scene = browserScene()
    const { oauth } = scene.open('https://app.example.com/', {
      clientId: CLIENT_ID,
      redirectUri: undefined,
      redirectUris,
    })
    const failure = await failureOf(signIn(oauth, scene.alice.handle, { redirectUri: redirectUris[1] }))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: expect.stringContaining('one on https://app.example.com') })
    expect(scene.network.log.length).toBe(0)
    expect(scene.browser.textsOf('https://app.example.com').size).toBe(0)
  })

  test('without a port gets that of the page, where it is a loopback address', async () => {
    const scene = browserScene()
    const tab = scene.open(`${APP}/`, { redirectUri: 'http://127.0.0.1/callback' })
    const callback = scene.alice.approve(await leaveToSignIn(scene, tab, scene.alice))
    expect(callback.startsWith(`${CALLBACK}?`)).toBe(true)
    expect(await resume(scene.open(callback, { redirectUri: 'http://127.0.0.1/callback' }).oauth)).toMatchObject({
      client: { did: scene.alice.did },
    })
  })
})
