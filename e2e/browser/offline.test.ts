import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { untilConsentPage } from './consent-in.ts'
import { inBothBrowsers } from './in-both-browsers.ts'
import { FENCE, type Scene } from './scene.ts'

/** RFC 6761 §6.4: no name leads there. */
const NOWHERE = 'https://nobody.invalid/'

inBothBrowsers((scene) => {
  test('an app that is opened offline has its account, its calls fail for now, and work again online', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    const requests: string[] = []
    tab.tab.page.on('request', (request) => requests.push(new URL(request.url()).origin))
    const goOnline = await goOffline(scene(), tab.tab.page)
    expect(await tab.reload()).toMatchObject({
      kind: 'client',
      session: { sessionId: session.sessionId, status: 'active' },
    })
    expect(new Set(requests)).toEqual(new Set([scene().app.origin]))
    expect(await tab.call()).toMatchObject([{ name: 'NetworkError', retryable: true }])
    expect(await tab.session()).toMatchObject({ status: 'active' })
    await goOnline()
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('an app of a service worker, in a browser that is offline: the same', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    const context = tab.tab.page.context()
    await tab.askWorker('call', session.sessionId)
    await tab.reload()
    // All that the app is made of has been there once.
    await tab.accounts()
    await context.setOffline(true)
    expect(await tab.reload()).toEqual({ kind: 'client', session })
    expect(await tab.ask('navigator.onLine')).toBe(false)
    expect(await tab.accounts()).toMatchObject([{ sessionId: session.sessionId, isCurrent: true }])
    expect(await tab.call()).toMatchObject([{ name: 'NetworkError', retryable: true }])
    expect(await tab.session()).toMatchObject({ status: 'active' })
    await context.setOffline(false)
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('the network goes while the app is open: calls fail for now, and work again once it is back', async () => {
    const { tab, person } = await scene().openSignedIn()
    const context = tab.tab.page.context()
    await context.setOffline(true)
    expect(await tab.call(3)).toMatchObject(
      Array.from({ length: 3 }, () => ({ name: 'NetworkError', retryable: true })),
    )
    expect(await tab.session()).toMatchObject({ status: 'active' })
    await context.setOffline(false)
    expect(await tab.call(3)).toEqual(Array.from({ length: 3 }, () => ({ did: person.did })))
  })

  test('[R21] a request that fails while the browser is offline was not sent, if it was to leave this machine', async () => {
    const { tab } = await scene().openApp()
    const context = tab.tab.page.context()
    expect(await tab.isUnsent(NOWHERE)).toBe(false)
    await context.setOffline(true)
    expect(await tab.isUnsent(NOWHERE)).toBe(true)
    expect(await tab.isUnsent(scene().app.blank)).toBe(false)
    await context.setOffline(false)
    expect(await tab.isUnsent(NOWHERE)).toBe(false)
  })

  test('[H5] [R21] [R22] a token that ends while offline signs nobody out: the next call after refreshes', async () => {
    const { tab, person, session } = await scene().openExpired()
    const goOnline = await goOffline(scene(), tab.tab.page)
    await tab.reload()
    expect(await tab.call()).toMatchObject([{ retryable: true }])
    expect(await tab.accounts()).toMatchObject([{ sessionId: session.sessionId, isCurrent: true }])
    expect((await tab.session())?.status).not.toBe('needs_reauth')
    await goOnline()
    // Whether the request had left is not known to a browser: it waits until nothing of it can be on its way.
    await scene().skip(FENCE, tab)
    expect(await tab.call()).toEqual([{ did: person.did }])
    expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('a sign-in that begins offline says that it can be tried again, and works online', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    const goOnline = await goOffline(scene(), tab.tab.page)
    await tab.clickSignIn(person.handle)
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', retryable: true })
    await goOnline()
    await tab.clickSignIn(person.handle)
    await untilConsentPage(scene(), tab)
  })
})

/** No server can be reached but the app's own, as with an app that a service worker serves. The way back. */
async function goOffline({ app }: Scene, page: Page): Promise<() => Promise<void>> {
  const isElsewhere = (url: URL): boolean => url.origin !== app.origin
  await page.context().route(isElsewhere, (route) => route.abort('internetdisconnected'))
  return () => page.context().unroute(isElsewhere)
}
