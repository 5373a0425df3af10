import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tab } from '../../test/browsers/browser.ts'
import type { AppTab } from './app-tab.ts'
import { FENCE, openScene, type Person, type Scene, tokenAnswers } from './scene.ts'

describe('in webkit', () => {
  let scene: Scene<Tab>
  beforeAll(async () => {
    scene = await openScene('webkit')
  })
  afterAll(() => scene.close())

  test('[E7] signs in on the consent page, and a reload brings the account back without a request', async () => {
    const [person, { tab }] = [await scene.newPerson(), await scene.openApp()]
    await tab.clickSignIn(person.handle, { state: 'back to the inbox' })
    await authorize(tab, person)
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

  test('[M3] the key of a stored session signs, and leaves the browser in no way', async () => {
    const { tab } = await scene.openSignedIn()
    const { keys, names } = await tab.storedKeys()
    const exports = Array.from({ length: 3 }, () => 'InvalidAccessError')
    expect(keys).toEqual([{ extractable: false, exports, signs: true }])
    expect(names).not.toContain('d')
  })
})

/** Signs in and consents, on the page that the server shows. Its fields are filled in by typing, as its script wants it. */
async function authorize(tab: AppTab<Tab>, { password }: Person): Promise<void> {
  await tab.tab.fill('input[name="password"]', password)
  await tab.tab.click('button[type="submit"]')
  await tab.until(`${buttonCalled('Authorize')} !== undefined`)
  await tab.ask(`${buttonCalled('Authorize')}.click()`)
}

function buttonCalled(name: string): string {
  return `[...document.querySelectorAll('button')].find((button) => button.textContent.trim() === '${name}')`
}
