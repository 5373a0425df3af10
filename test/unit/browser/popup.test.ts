import type { Storage } from 'atproof'
import {
  type BrowserClientOptions,
  resume,
  signIn,
  type SignInOptions,
  switchTo,
  watchTabs,
} from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { FakeWindow } from './fake-browser.ts'
import {
  APP,
  browserScene,
  type BrowserScene,
  failureOf,
  HeldStorage,
  keptIn,
  leaveToSignIn,
  ofItsOwn,
  signedIn,
  signInsIn,
} from './scene.ts'

const HOUR = 3_600_000

/** Alice is at the consent page in a window. */
async function atConsent(
  scene: BrowserScene,
  options: SignInOptions = {},
  client?: Partial<BrowserClientOptions>,
) {
  const tab = scene.open(undefined, client)
  const outcome = signIn(tab.oauth, scene.alice.handle, { mode: 'popup', state: '/inbox', ...options })
  outcome.catch(() => {}) // asserted later
  const [window = new FakeWindow()] = tab.page.opened
  await scene.clock.settle()
  return { tab, window, outcome, consentPage: window.ledTo.at(-1) ?? '' }
}

describe('signing in in a window', () => {
  test('opens the window before anything is awaited', () => {
    const scene = browserScene()
    const { oauth, page } = scene.open()
    void signIn(oauth, scene.alice.handle, { mode: 'popup' }).catch(() => {})
    expect(page.opened).toHaveLength(1)
    expect(page.opened[0]?.ledTo).toEqual([])
  })

  test('gives the consent page no hold of the page that opened it', async () => {
    const scene = browserScene()
    const { window, consentPage } = await atConsent(scene)
    expect(consentPage).toContain('request_uri=')
    expect(window.opener).toBeNull()
  })

  test('ends in the window, which hands over and closes', async () => {
    const scene = browserScene()
    const { tab, window, outcome, consentPage } = await atConsent(scene)
    const popup = scene.open(scene.alice.approve(consentPage), { window })
    let isAppShown = false
    void resume(popup.oauth).then(() => (isAppShown = true))
    await scene.clock.advance(1000)
    expect(await outcome).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
    expect(window.closed).toBe(true)
    expect(isAppShown).toBe(false)
    expect(signInsIn(scene)).toEqual([])
    expect(tab.page.listening).toBe(0)
    expect(scene.browser.openChannels).toBe(0)
    const { client } = await outcome
    expect((await client.get('com.atproto.server.getSession')).data.did).toBe(scene.alice.did)
    expect((await resume(scene.open().oauth))?.client.session.sessionId).toBe(client.session.sessionId)
  })

  test('hands over without a BroadcastChannel', async () => {
    const scene = browserScene()
    scene.browser.hasChannels = false
    const { window, outcome, consentPage } = await atConsent(scene)
    void resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
    await scene.clock.advance(1000)
    expect(await outcome).toMatchObject({ client: { did: scene.alice.did } })
    expect(window.closed).toBe(true)
  })

  test('hands over where the consent page has cut the tie, so that the window looks closed from the beginning', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    window.isCut = true
    await scene.clock.advance(60_000)
    window.isCut = false
    void resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
    window.isCut = true
    await scene.clock.advance(1000)
    expect(await outcome).toMatchObject({ client: { did: scene.alice.did } })
  })

  test('goes on in the window where the page that opened it is gone', async () => {
    const scene = browserScene()
    const clock = { ...scene.clock, sleep: () => new Promise<never>(() => {}) }
    const { tab, window, consentPage } = await atConsent(scene, {}, { clock })
    tab.page.emit('pagehide')
    const popup = scene.open(scene.alice.approve(consentPage), { window })
    const coming = resume(popup.oauth)
    await scene.clock.advance(3500)
    expect(await coming).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
    expect(window.closed).toBe(false)
  })

  test('hands over to a page that only hears: the browser slows the timers of one that is covered', async () => {
    const scene = browserScene()
    const clock = {
      ...scene.clock,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<never>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    }
    const { window, outcome, consentPage } = await atConsent(scene, {}, { clock })
    void resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
    await scene.clock.advance(1000)
    expect(await outcome).toMatchObject({ client: { did: scene.alice.did } })
    expect(window.closed).toBe(true)
  })

  test('tells the page that opened it, as any other tab, before that one has taken over', async () => {
    const scene = browserScene()
    const { tab, window, outcome, consentPage } = await atConsent(scene)
    const heard: string[] = []
    const stop = watchTabs(tab.oauth, ({ type }) => heard.push(type))
    void resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
    await scene.clock.advance(1000)
    await outcome
    expect(heard).toEqual(['signed_in', 'switched'])
    stop()
  })

  test('leaves another account in use that somebody switched to before the page took over', async () => {
    const scene = browserScene()
    const { client: bob } = await signedIn(scene, scene.bob)
    const storage = new HeldStorage(scene.storage)
    const { window, outcome, consentPage } = await atConsent(scene, {}, { storage })
    storage.hold()
    const popup = scene.open(scene.alice.approve(consentPage), { window })
    const coming = resume(popup.oauth)
    await scene.clock.advance(5000)
    expect(await coming).toMatchObject({ client: { did: scene.alice.did } })
    await switchTo(popup.oauth, bob.session.sessionId)
    storage.release()
    await scene.clock.advance(1000)
    expect(await outcome).toMatchObject({ client: { did: scene.alice.did } })
    expect(keptIn(scene)['current']).toBe(bob.session.sessionId)
  })

  test('goes on in a window that cannot be closed', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    window.staysOpen = true
    const coming = resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
    await scene.clock.advance(2000)
    expect(await coming).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
    expect(await outcome).toMatchObject({ client: { did: scene.alice.did } })
  })

  test('tells a refusal, and no more of it than its code', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    const popup = scene.open(scene.alice.deny(consentPage), { window })
    const failing = failureOf(resume(popup.oauth))
    await scene.clock.advance(2000)
    expect(await failureOf(outcome)).toMatchObject({
      name: 'AuthorizationError',
      code: 'access_denied',
      state: '/inbox',
    })
    expect(window.closed).toBe(true)
    expect(await failing).toMatchObject({ code: 'access_denied' })
  })

  test('tells the code of another failure', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    scene.network.fault({ path: '/oauth/token', lose: 'answer', times: Infinity })
    const failing = failureOf(resume(scene.open(scene.alice.approve(consentPage), { window }).oauth))
    await scene.clock.advance(60_000)
    await failing
    expect(await failureOf(outcome)).toMatchObject({
      code: 'sign_in_elsewhere',
      message: expect.stringContaining('connection_failed'),
    })
  })

  test('tells no text that stands where a code should', async () => {
    const scene = browserScene()
    const { outcome } = await atConsent(scene)
    const [name = ''] = signInsIn(scene)
    const { at } = JSON.parse(keptIn(scene)[name] ?? '')
    scene.browser.textsOf(APP).set(`atproof: ${name}`, JSON.stringify({ at, isPopup: true, error: 'eyJ a token' }))
    await scene.clock.advance(1000)
    expect(String(await failureOf(outcome))).not.toContain('eyJ')
  })

  test('stays open where only its memory has the session', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    const storage: Storage = {
      ...ofItsOwn(scene.storage),
      put: (key, value, options) =>
        key.startsWith('session/')
          ? Promise.reject(new Error('the disk is full'))
          : scene.storage.put(key, value, options),
    }
    const coming = resume(scene.open(scene.alice.approve(consentPage), { window, storage }).oauth)
    await scene.clock.advance(5000)
    expect(await coming).toMatchObject({ client: { did: scene.alice.did, session: { stored: false } } })
    expect(window.closed).toBe(false)
    expect(await failureOf(outcome)).toMatchObject({ code: 'sign_in_elsewhere' })
  })

  test('goes on in the window where only that one has room for what came of it', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    scene.browser.refusal = 'full'
    const coming = resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
    await scene.clock.advance(1000)
    expect(await coming).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
    expect(window.closed).toBe(false)
    expect(await failureOf(outcome)).toMatchObject({ code: 'sign_in_elsewhere', state: '/inbox' })
  })

  test('tells that it came too late, and closes', async () => {
    const scene = browserScene()
    const { window, outcome, consentPage } = await atConsent(scene)
    // The page that opened it measures how long it waits, and does not see it.
    scene.clock.jumpWall(HOUR)
    const failing = failureOf(resume(scene.open(scene.alice.approve(consentPage), { window }).oauth))
    await scene.clock.advance(2000)
    expect(await failureOf(outcome)).toMatchObject({ code: 'sign_in_expired', state: '/inbox' })
    expect(window.closed).toBe(true)
    expect(await failing).toMatchObject({ code: 'sign_in_expired' })
    expect(signInsIn(scene)).toEqual([])
  })

  describe('that is closed', () => {
    test.each(['focus', 'pointerdown', 'keydown'])('is believed a second after %s', async (type) => {
      const scene = browserScene()
      const { tab, window, outcome } = await atConsent(scene)
      window.closed = true
      await scene.clock.advance(60_000)
      tab.page.emit(type)
      await scene.clock.advance(900)
      expect(tab.page.listening).toBeGreaterThan(0)
      await scene.clock.advance(700)
      expect(await failureOf(outcome)).toMatchObject({
        code: 'popup_closed',
        state: '/inbox',
        action: 'sign in again',
      })
      expect(tab.page.listening).toBe(0)
    })

    test('is not believed while the person is elsewhere: a consent page may have cut the tie', async () => {
      const scene = browserScene()
      const { tab, window, consentPage, outcome } = await atConsent(scene)
      tab.page.emit('focus')
      tab.page.emit('blur')
      window.isCut = true
      await scene.clock.advance(600_000)
      expect(tab.page.listening).toBeGreaterThan(0)
      void failureOf(resume(scene.open(scene.alice.deny(consentPage)).oauth))
      await scene.clock.advance(2000)
      expect(await failureOf(outcome)).toMatchObject({ code: 'access_denied' })
    })

    test('is told from one that is open while the person looks at the page behind it', async () => {
      const scene = browserScene()
      const { tab, window, outcome, consentPage } = await atConsent(scene)
      tab.page.emit('focus')
      await scene.clock.advance(60_000)
      void resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
      await scene.clock.advance(1000)
      expect(await outcome).toMatchObject({ client: { did: scene.alice.did } })
    })

    test('while its page is still ours is believed at once, and nothing is kept', async () => {
      const scene = browserScene()
      const { oauth, page } = scene.open()
      const failing = failureOf(signIn(oauth, scene.alice.handle, { mode: 'popup' }))
      page.opened[0]?.close()
      expect(await failing).toMatchObject({ code: 'popup_closed' })
      expect(signInsIn(scene)).toEqual([])
    })

    test('and whose sign-in ends all the same is told to the tabs', async () => {
      const scene = browserScene()
      const { tab, window, outcome, consentPage } = await atConsent(scene)
      const heard: string[] = []
      const stop = watchTabs(tab.oauth, ({ type }) => heard.push(type))
      window.isCut = true
      tab.page.emit('focus')
      await scene.clock.advance(2000)
      expect(await failureOf(outcome)).toMatchObject({ code: 'popup_closed' })
      window.isCut = false
      const coming = resume(scene.open(scene.alice.approve(consentPage), { window }).oauth)
      await scene.clock.advance(5000)
      expect(await coming).toMatchObject({ client: { did: scene.alice.did } })
      expect(window.closed).toBe(false)
      expect(heard).toContain('signed_in')
      stop()
    })
  })

  test('is given up after an hour', async () => {
    const scene = browserScene()
    const { outcome } = await atConsent(scene)
    await scene.clock.advance(HOUR)
    expect(await failureOf(outcome)).toMatchObject({ code: 'sign_in_expired' })
  })

  test('ends with its signal: the window is closed, and nobody can come back to it', async () => {
    const scene = browserScene()
    const ending = new AbortController()
    const { window, outcome, consentPage } = await atConsent(scene, { signal: ending.signal })
    ending.abort(new Error('changed my mind'))
    await scene.clock.settle()
    expect(await failureOf(outcome)).toMatchObject({ message: 'changed my mind' })
    expect(window.closed).toBe(true)
    const late = resume(scene.open(scene.alice.approve(consentPage)).oauth)
    expect(await failureOf(late)).toMatchObject({ code: 'state_unknown' })
  })

  test('closes the window where the sign-in cannot begin', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open()
    const failing = failureOf(signIn(oauth, 'nobody.example.com', { mode: 'popup' }))
    await scene.clock.advance(60_000)
    expect(await failing).toMatchObject({ name: 'IdentityError' })
    expect(page.opened[0]?.closed).toBe(true)
    expect(signInsIn(scene)).toEqual([])
  })

  test('falls back to this tab where the browser blocks the window', async () => {
    const scene = browserScene()
    scene.browser.blocksPopups = true
    const callback = scene.alice.approve(await leaveToSignIn(scene, scene.open(), scene.alice, { mode: 'popup' }))
    const window = new FakeWindow()
    expect(await resume(scene.open(callback, { window }).oauth)).toMatchObject({
      client: { did: scene.alice.did },
    })
    expect(window.closed).toBe(false)
  })

  test('falls back to this tab where a blocked window is there and closed', async () => {
    const scene = browserScene()
    const tab = scene.open()
    const { open } = tab.page
    tab.page.open = (...args) => {
      const opened = open.apply(tab.page, args)
      opened?.close()
      return opened
    }
    expect(await leaveToSignIn(scene, tab, scene.alice, { mode: 'popup' })).toContain('request_uri=')
  })

  test('asks for a consent page that fits a window, unless the app asks for another', async () => {
    for (const [display, options] of [
      ['popup', {}],
      ['page', { display: 'page' }],
    ] as const) {
      const scene = browserScene()
      await atConsent(scene, options)
      const bodies = scene.network.log.to('/oauth/par').map((entry) => entry.form?.get('display'))
      expect(new Set(bodies)).toEqual(new Set([display]))
    }
  })

  test('refuses a mode that there is not', async () => {
    const { oauth, page } = browserScene().open()
    const mode: string = 'iframe'
    const failure = await failureOf(Reflect.apply(signIn, undefined, [oauth, 'alice.example.com', { mode }]))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: 'mode: expected redirect or popup, found "iframe"' })
    expect(page.opened).toEqual([])
  })
})
