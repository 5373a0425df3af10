import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserContext, Tab } from '../../test/browsers/browser.ts'
import { AppTab } from './app-tab.ts'
import { decideInTab } from './decide-in-tab.ts'
import { FENCE, openScene, type Scene, tokenAnswers } from './scene.ts'

const PATIENTLY = { timeout: 20_000 }

describe('in webkit', () => {
  let scene: Scene<Tab>
  beforeAll(async () => {
    scene = await openScene('webkit')
  })
  afterAll(() => scene.close())

  test('[E7] signs in on the consent page, and a reload brings the account back without a request', async () => {
    const [person, { tab }] = [await scene.newPerson(), await scene.openApp()]
    await tab.clickSignIn(person.handle, { state: 'back to the inbox' })
    await decideInTab(tab, person, 'Authorize')
    await tab.untilBackAt(scene.app.redirectUri)
    expect(await tab.started()).toMatchObject({
      kind: 'client',
      state: 'back to the inbox',
      session: { did: person.did, status: 'active', stored: true },
    })
    expect(await tab.call()).toEqual([{ did: person.did }])
    await scene.network.requests()
    expect(await tab.reload()).toMatchObject({ kind: 'client', session: { did: person.did } })
    expect(await scene.network.requests()).toEqual([])
  })

  test('[H1] [R13] [R15] two tabs and twenty parallel calls on an expired token make one token request', async () => {
    const { tab, openTab, person, session } = await scene.openExpired()
    const second = await openTab()
    await tab.beginCalls(10)
    await second.beginCalls(10)
    const results = [...(await tab.results()), ...(await second.results())]
    expect(results).toEqual(Array.from({ length: 20 }, () => ({ did: person.did })))
    expect((await tokenAnswers(scene.network)).filter((status) => status !== 400)).toEqual([200])
    expect(await second.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[R13] the refreshing tab is closed before its request reached the server: the other goes on, and nobody is signed out', async () => {
    const { tab, openTab, person, session } = await scene.openExpired()
    const second = await openTab()
    await tab.holdToken('request')
    await tab.beginCalls(1)
    await tab.untilHeld()
    await tab.tab.close()
    await second.beginCalls(1)
    await second.until(`app.events.includes('refresh_awaited')`)
    await scene.skip(FENCE, second)
    expect(await second.results()).toEqual([{ did: person.did }])
    expect(await second.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[R15] a tab that is reloaded in the middle of a refresh goes on with the session', async () => {
    const { tab, person } = await scene.openExpired()
    await tab.holdToken('request')
    await tab.beginCalls(1)
    await tab.untilHeld()
    expect(await tab.reload()).toMatchObject({ kind: 'client', session: { status: 'uncertain' } })
    await scene.skip(FENCE, tab)
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('[I2] tabs hear of a refresh and of a sign-out, and go by it at once', async () => {
    const { tab, openTab, person, session } = await scene.openExpired()
    const second = await openTab()
    expect(await tab.call()).toEqual([{ did: person.did }])
    expect(await second.hears('refreshed')).toMatchObject({ sessionId: session.sessionId, gen: 2 })
    expect(await second.call()).toEqual([{ did: person.did }])
    expect(await tab.signOut(session.sessionId)).toEqual({ accepted: true })
    await second.hears('signed_out')
    await scene.network.requests()
    expect(await second.call()).toMatchObject([{ name: 'SessionError', code: 'signed_out' }])
    expect(await scene.network.requests()).toEqual([])
  })

  /** The window that shows the consent page. */
  async function findWindow(context: BrowserContext): Promise<Tab | undefined> {
    for (const tab of await context.tabs()) if ((await tab.url()).startsWith(scene.network.pds)) return tab
    return undefined
  }

  /** Somebody clicks, and a window opens that is to show the consent page. */
  async function openWindow() {
    const [person, opened] = [await scene.newPerson(), await scene.openApp()]
    await opened.tab.clickSignIn(person.handle, { mode: 'popup', state: 'a draft' })
    let window: Tab | undefined
    await expect.poll(async () => (window = await findWindow(opened.context)), PATIENTLY).toBeDefined()
    if (!window) throw new Error('no window is open')
    return { ...opened, person, window: new AppTab(window) }
  }

  test('signs in in a window, which closes by itself, and the page that opened it goes on', async () => {
    const { context, tab, person, window } = await openWindow()
    await decideInTab(window, person, 'Authorize')
    expect(await tab.signedIn()).toMatchObject({
      kind: 'client',
      state: 'a draft',
      session: { did: person.did, status: 'active' },
    })
    await expect.poll(() => context.tabs(), PATIENTLY).toHaveLength(1)
    expect(await tab.call()).toEqual([{ did: person.did }])
    expect(await tab.reload()).toMatchObject({ kind: 'client', session: { did: person.did } })
  })

  test('[E3] a person who denies in the window: it closes, and the page that opened it is told', async () => {
    const { context, tab, person, window } = await openWindow()
    await decideInTab(window, person, 'Deny access')
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', code: 'access_denied', state: 'a draft' })
    await expect.poll(() => context.tabs(), PATIENTLY).toHaveLength(1)
    expect(await tab.accounts()).toEqual([])
  })

  test('a window that the person closes ends the sign-in', async () => {
    const { tab, window } = await openWindow()
    await window.tab.close()
    // The person is back at the page; without a screen nothing tells it so.
    await tab.ask(`dispatchEvent(new Event('focus'))`)
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', code: 'popup_closed' })
  })

  test('[M3] the key of a stored session signs, and leaves the browser in no way', async () => {
    const { tab } = await scene.openSignedIn()
    const { keys, names } = await tab.storedKeys()
    const exports = Array.from({ length: 3 }, () => 'InvalidAccessError')
    expect(keys).toEqual([{ extractable: false, exports, signs: true }])
    expect(names).not.toContain('d')
  })
})
