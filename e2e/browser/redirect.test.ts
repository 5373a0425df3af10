import { expect, test } from 'vitest'
import { decideOn, signInByRedirect, untilConsentPage } from './consent-in.ts'
import { inBothBrowsers } from './in-both-browsers.ts'
import { tokenAnswers } from './scene.ts'

inBothBrowsers((scene) => {
  test('[E7] signs in on the consent page, comes back with the state of the app, and leaves no code in the address bar', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    expect(await tab.started()).toEqual({ kind: 'nobody' })
    const callback = await signInByRedirect(scene(), tab, person, { state: 'back to the inbox' })
    const code = new URL(callback).searchParams.get('code') ?? ''
    expect(code).toMatch(/^cod-/)
    expect(await tab.started()).toMatchObject({
      kind: 'client',
      state: 'back to the inbox',
      session: { did: person.did, handle: person.handle, status: 'active', stored: true },
    })
    expect(await tab.ask('location.href')).toBe(scene().app.redirectUri)
    const addresses = await tab.ask<string>('navigation.entries().map(({ url }) => url).join()')
    expect(addresses).toContain(scene().app.redirectUri)
    expect(addresses).not.toContain(code)
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('a response in the fragment is finished and taken out of the address bar as well', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    await signInByRedirect(scene(), tab, person, { state: 'by fragment', responseMode: 'fragment' })
    expect(await tab.started()).toMatchObject({
      kind: 'client',
      state: 'by fragment',
      session: { did: person.did },
    })
    expect(await tab.ask('location.href')).toBe(scene().app.redirectUri)
  })

  test('a reload brings the account back without a request to any server, and without the state', async () => {
    const { tab, session } = await scene().openSignedIn()
    const origins = new Set<string>()
    tab.tab.page.on('request', (request) => origins.add(new URL(request.url()).origin))
    expect(await tab.reload()).toEqual({ kind: 'client', session })
    expect(origins).toEqual(new Set([scene().app.origin]))
    expect(await scene().network.requests()).toEqual([])
  })

  test('[E3] [E7] a person who denies is not signed in: the app is told with its state, by a clean address', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    const denied = { decision: 'Deny access', state: 'back to the inbox' } as const
    const callback = await signInByRedirect(scene(), tab, person, denied)
    expect(new URL(callback).searchParams.get('error')).toBe('access_denied')
    expect(await tab.started()).toMatchObject({
      kind: 'error',
      name: 'AuthorizationError',
      code: 'access_denied',
      state: 'back to the inbox',
    })
    expect(await tab.ask('location.href')).toBe(scene().app.redirectUri)
    expect(await tab.accounts()).toEqual([])
    expect(await tab.reload()).toEqual({ kind: 'nobody' })
    await signInByRedirect(scene(), tab, person)
    expect(await tab.call()).toEqual([{ did: person.did }])
  })

  test('[I2] two accounts: the app switches between them, and signing one out leaves the other', async () => {
    const [alice, bob, { tab }] = [await scene().newPerson(), await scene().newPerson(), await scene().openApp()]
    await signInByRedirect(scene(), tab, alice)
    await signInByRedirect(scene(), tab, bob)
    const listed = await tab.accounts()
    expect(listed.map(({ did, isCurrent }) => [did, isCurrent])).toEqual([
      [bob.did, true],
      [alice.did, false],
    ])
    const [ofBob, ofAlice] = listed.map(({ sessionId }) => sessionId)
    expect(await tab.switchTo(ofAlice ?? '')).toMatchObject({ session: { did: alice.did } })
    expect(await tab.call()).toEqual([{ did: alice.did }])
    expect(await tab.reload()).toMatchObject({ session: { did: alice.did } })
    expect(await tab.call()).toEqual([{ did: alice.did }])

    expect(await tab.signOut(ofAlice ?? '')).toEqual({ accepted: true })
    expect(await tab.call()).toMatchObject([{ name: 'SessionError', code: 'signed_out' }])
    expect(await tab.reload()).toEqual({ kind: 'nobody' })
    expect((await tab.accounts()).map(({ did }) => did)).toEqual([bob.did])
    expect(await tab.switchTo(ofBob ?? '')).toMatchObject({ session: { did: bob.did } })
    expect(await tab.call()).toEqual([{ did: bob.did }])
  })

  test('[E1] a callback that was used is opened again: the account is back, and the code is not sent twice', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    const callback = await signInByRedirect(scene(), tab, person)
    expect(await tokenAnswers(scene().network)).toContain(200)
    expect(await tab.open(callback)).toMatchObject({ kind: 'client', session: { did: person.did } })
    expect(await tab.ask('location.href')).toBe(scene().app.redirectUri)
    expect(await tokenAnswers(scene().network)).toEqual([])
    expect(await tab.call()).toEqual([{ did: person.did }])

    await tab.signOut((await tab.session())?.sessionId ?? '')
    expect(await tab.open(callback)).toEqual({ kind: 'nobody' })
  })

  test('[E5] a callback of another browser signs nobody in, and its code is not sent', async () => {
    const [person, mine, theirs] = [await scene().newPerson(), await scene().openApp(), await scene().openApp()]
    const callback = await signInByRedirect(scene(), theirs.tab, person)
    await scene().network.requests()
    expect(await mine.tab.open(callback)).toMatchObject({ kind: 'error', code: 'state_unknown' })
    expect(await mine.tab.ask('location.href')).toBe(scene().app.redirectUri)
    expect(await mine.tab.accounts()).toEqual([])
    expect(await scene().network.requests()).toEqual([])
  })

  test('a person who goes back from the consent page finds the app as it was, and can sign in again', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    const { page } = tab.tab
    await tab.clickSignIn(person.handle)
    await untilConsentPage(scene(), tab)
    // As it was left, and the promise of its sign-in with it.
    expect(await tab.goBack()).toBe('kept')
    expect(await tab.started()).toEqual({ kind: 'nobody' })
    expect(await tab.ask('app.clicks')).toBe(1)
    expect(await tab.signedIn()).toMatchObject({ kind: 'error', code: 'sign_in_left' })
    // By a script: the driver takes a page that was kept for one that is still on its way.
    await tab.ask(`app.signInOptions = { state: 'at last' }`)
    await tab.ask(`document.querySelector('#who').value = '${person.handle}'`)
    await tab.ask(`document.querySelector('#redirect').click()`)
    await decideOn(page, person, 'Authorize')
    await tab.untilBackAt(scene().app.redirectUri)
    expect(await tab.started()).toMatchObject({ kind: 'client', state: 'at last', session: { did: person.did } })
  })

  test('a sign-in that was left is finished all the same by whoever goes forward again', async () => {
    const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
    const { page } = tab.tab
    await tab.clickSignIn(person.handle, { state: 'the first' })
    await untilConsentPage(scene(), tab)
    await tab.goBack()
    await tab.ask('void setTimeout(() => history.forward())')
    await decideOn(page, person, 'Authorize')
    await tab.untilBackAt(scene().app.redirectUri)
    expect(await tab.started()).toMatchObject({
      kind: 'client',
      state: 'the first',
      session: { did: person.did },
    })
  })

  test('leads from localhost to the loopback address, with the same path, before anything is stored', async () => {
    const { context, tab } = await scene().openApp()
    const [path, { page }] = ['/notes?tab=2#latest', tab.tab]
    await page.goto(scene().app.localhost + path).catch(() => {}) // it leads on before it has loaded
    await tab.untilBackAt(scene().app.origin + path)
    expect(await tab.started()).toEqual({ kind: 'nobody' })
    const blank = await context.openTab()
    await blank.goto(`${scene().app.localhost}/blank`)
    expect(await blank.evaluate('Object.keys({ ...localStorage, ...sessionStorage })')).toEqual([])
    expect(await blank.evaluate('indexedDB.databases()')).toEqual([])
  })
})
