import { afterEach, expect, test } from 'vitest'
import type { Tab } from '../../test/browsers/browser.ts'
import type { AppTab } from './app-tab.ts'
import { decideInTab, untilAsked } from './decide-in-tab.ts'
import { inAllBrowsers } from './in-all-browsers.ts'
import { tokenAnswers } from './scene.ts'

const UNREACHABLE = { name: 'NetworkError', code: 'unreachable', retryable: true }

// A newer app was put in the place of the one that is open, whose parts are gone, or the network lost one of them.
inAllBrowsers((scene, name) => {
  afterEach(() => scene().app.bringBack())

  /** The parts are there again for a page. Firefox asks no second time for one that failed, as long as the page is open. */
  async function bringBack(tab: AppTab<Tab>): Promise<void> {
    scene().app.bringBack()
    if (name === 'firefox') await tab.reload()
  }

  test('what refreshes is gone: the account comes back, and a call with a good token works', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    scene().app.lose('care')
    expect(await tab.reload()).toEqual({ kind: 'client', session })
    expect(await tab.call(3)).toEqual(Array.from({ length: 3 }, () => ({ did: person.did })))
  })

  test('[R21] what refreshes is gone, and the token has ended: the call says so, the session is unharmed, and works once it is back', async () => {
    const { tab, person, session } = await scene().openExpired()
    const before = await tab.stored(session.sessionId)
    scene().app.lose('care')
    await tab.reload()
    expect(await tab.call(2)).toMatchObject([UNREACHABLE, UNREACHABLE])
    expect(await tab.refresh()).toMatchObject({ kind: 'error', ...UNREACHABLE })
    expect(await tab.session()).toMatchObject({ status: 'active' })
    expect(await tab.stored(session.sessionId)).toEqual(before)
    expect(await tokenAnswers(scene().network)).toEqual([])
    await bringBack(tab)
    expect(await tab.call(2)).toEqual([{ did: person.did }, { did: person.did }])
    expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('what signs in is gone: the app is told, nothing was sent or kept, and the next sign-in works', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    scene().app.lose('door')
    await scene().network.requests()
    await tab.clickSignIn(person.handle)
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', ...UNREACHABLE })
    expect(await scene().network.requests()).toEqual([])
    expect(Object.keys(await tab.keptTexts()).filter((key) => key.startsWith('atproof:'))).toEqual([])
    await bringBack(tab)
    await tab.clickSignIn(person.handle)
    await decideInTab(tab, person, 'Authorize')
    await tab.untilBackAt(scene().app.redirectUri)
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('the same in a window: it closes, and the page that opened it is told', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    scene().app.lose('door')
    await scene().network.requests()
    await tab.ask('void ((open) => (window.open = (...given) => (window.opened = open(...given))))(window.open)')
    await tab.clickSignIn(person.handle, { mode: 'popup' })
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', ...UNREACHABLE })
    await tab.until('window.opened.closed')
    expect(await scene().network.requests()).toEqual([])
  })

  test('[E1] what finishes a sign-in is gone: no code is sent, and a reload finishes it', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    await tab.clickSignIn(person.handle, { state: 'a draft' })
    await untilAsked(tab)
    scene().app.lose('door')
    await scene().network.requests()
    await decideInTab(tab, person, 'Authorize')
    await tab.until(`location.href.startsWith('${scene().app.redirectUri}')`)
    expect(await tab.started()).toMatchObject({ kind: 'error', ...UNREACHABLE })
    expect(await tab.ask('location.href')).toBe(scene().app.lastCallback())
    expect(await tokenAnswers(scene().network)).toEqual([])
    scene().app.bringBack()
    expect(await tab.reload()).toMatchObject({ kind: 'client', state: 'a draft', session: { did: person.did } })
    expect(await tab.ask('location.href')).toBe(scene().app.redirectUri)
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('what signs out is gone: the app is told, and the session goes on', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    scene().app.lose()
    await tab.reload()
    await expect(tab.signOut(session.sessionId)).rejects.toThrow('a part of the app could not be loaded')
    expect(await tab.call()).toEqual([{ did: person.did }])
    expect(await tab.reload()).toEqual({ kind: 'client', session })
  })

  test('all of it is gone: what the server says of a call is told as it is', async () => {
    const { tab, person } = await scene().openSignedIn()
    scene().app.lose()
    await tab.reload()
    const path = '/xrpc/com.atproto.server.getSession'
    const headers = { 'content-type': 'application/json' }
    await scene().network.fail({ path, kind: 'status', status: 400, headers, body: '{"error":"NotToday"}' })
    expect(await tab.call()).toMatchObject([{ name: 'XrpcError', code: 'error_response' }])
    expect(await tab.call()).toEqual([{ did: person.did }])
  })
})
