import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { AppTab } from './app-tab.ts'
import { inBothBrowsers } from './in-both-browsers.ts'
import { decideOn, openConsentWindow } from './consent-in.ts'

inBothBrowsers((scene) => {
  async function openWindow(options: { readonly state?: string } = {}) {
    const [person, opened] = [await scene().newPerson(), await scene().openApp()]
    const popup = await openConsentWindow(opened.tab, person, options)
    const tab = (await opened.context.tabs()).find(({ page }) => page === popup)
    if (!tab) throw new Error('the window is none of the context')
    return { ...opened, person, popup, window: new AppTab(tab) }
  }

  test('signs in in a window, which closes by itself, and the page that opened it goes on', async () => {
    const { tab, person, popup } = await openWindow({ state: 'a draft' })
    const closed = untilClosed(popup)
    await decideOn(popup, person, 'Authorize')
    await closed
    expect(await tab.signedIn()).toMatchObject({
      kind: 'client',
      state: 'a draft',
      session: { did: person.did, status: 'active' },
    })
    expect(await tab.ask('location.href')).toBe(`${scene().app.origin}/`)
    expect(await tab.call()).toEqual([{ did: person.did }])
    expect(await tab.reload()).toMatchObject({ kind: 'client', session: { did: person.did } })
    expect(await tab.accounts()).toHaveLength(1)
  })

  test('[E3] a person who denies in the window: it closes, and the page that opened it is told', async () => {
    const { tab, person, popup } = await openWindow({ state: 'a draft' })
    const closed = untilClosed(popup)
    await decideOn(popup, person, 'Deny access')
    await closed
    expect(await tab.signedIn()).toMatchObject({
      kind: 'error',
      name: 'AuthorizationError',
      code: 'access_denied',
      state: 'a draft',
    })
    expect(await tab.accounts()).toEqual([])
  })

  test('a window that the person closes ends the sign-in, and the next one works', async () => {
    const { tab, person, popup } = await openWindow()
    await popup.getByRole('button').first().waitFor()
    await popup.close()
    // The person is back at the page; without a screen nothing tells it so.
    await tab.ask(`dispatchEvent(new Event('focus'))`)
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', code: 'popup_closed' })
    await tab.ask('app.signedIn = undefined')
    await decideOn(await openConsentWindow(tab, person), person, 'Authorize')
    expect(await tab.signedIn()).toMatchObject({ kind: 'client', session: { did: person.did } })
  })

  test('a window that looks closed at once, as its tie to the page is cut, ends the sign-in all the same', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    await tab.open(scene().app.isolated)
    await tab.ask('void ((open) => (window.open = (...given) => (window.opened = open(...given))))(window.open)')
    const popup = await openConsentWindow(tab, person, { state: 'a draft' })
    await popup.getByRole('button').first().waitFor()
    expect(await tab.ask('window.opened.closed')).toBe(true)
    await decideOn(popup, person, 'Authorize')
    expect(await tab.signedIn()).toMatchObject({
      kind: 'client',
      state: 'a draft',
      session: { did: person.did },
    })
  })

  test('a window that the browser blocks becomes a redirect', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    const { page } = tab.tab
    await tab.ask('void (window.open = () => null)')
    await tab.clickSignIn(person.handle, { mode: 'popup', state: 'a draft' })
    await decideOn(page, person, 'Authorize')
    await tab.untilBackAt(scene().app.redirectUri)
    expect(await tab.started()).toMatchObject({
      kind: 'client',
      state: 'a draft',
      session: { did: person.did },
    })
  })

  test('the page that opened the window is reloaded meanwhile: it hears who signed in, and nothing is lost', async () => {
    const { tab, person, popup, window } = await openWindow()
    await popup.getByRole('button').first().waitFor()
    expect(await tab.reload()).toEqual({ kind: 'nobody' })
    await decideOn(popup, person, 'Authorize')
    expect(await tab.hears('signed_in')).toMatchObject({ did: person.did })
    // Nobody takes over from the window, so the app goes on in it.
    expect(await window.started()).toMatchObject({ kind: 'client', session: { did: person.did } })
    expect(await tab.reload()).toMatchObject({ kind: 'client', session: { did: person.did } })
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('the page that opened the window is closed meanwhile: the app goes on in the window', async () => {
    const { tab, person, popup, window } = await openWindow({ state: 'a draft' })
    await popup.getByRole('button').first().waitFor()
    await tab.tab.close()
    await decideOn(popup, person, 'Authorize')
    expect(await window.started()).toMatchObject({
      kind: 'client',
      state: 'a draft',
      session: { did: person.did },
    })
  })
})

async function untilClosed(popup: Page): Promise<void> {
  if (!popup.isClosed()) await popup.waitForEvent('close')
}
