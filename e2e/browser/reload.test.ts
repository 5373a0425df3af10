import { describe, expect, test, vi } from 'vitest'
import type { LoggedRequest } from '../network/commands.ts'
import { decideOn, signInByRedirect } from './consent-in.ts'
import { inBothBrowsers } from './in-both-browsers.ts'
import { FENCE, tokenAnswers } from './scene.ts'

inBothBrowsers((scene) => {
  /** Somebody whose access token has ended, in a tab with the app. */
  async function openExpired() {
    const opened = await scene().openExpired()
    return { ...opened, mine: { did: opened.person.did } }
  }

  /** Has the server keep its next good answer for longer than a reload takes. */
  async function keepAnswer(path: string, onlyStatus: number): Promise<void> {
    await scene().network.requests()
    await scene().network.fail({ path, kind: 'delay-answer', onlyStatus, ms: 3000 })
  }

  /** Waits until the server has acted: a request that the browser has only begun to send is lost with its page. */
  async function untilAnswered(path: string, status: number): Promise<void> {
    const isIt = (request: LoggedRequest) =>
      request.method === 'POST' && request.path === path && request.status === status
    // `expect.poll` belongs to one test, and the other browser's run at the same time.
    await vi.waitUntil(async () => (await scene().network.requests()).some(isIt), { timeout: 10_000 })
  }

  describe('a reload in the middle of a sign-in', () => {
    test('when the server has acted, before its answer is there: the app is as it was, and the next sign-in works', async () => {
      const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
      await keepAnswer('/oauth/par', 201)
      await tab.clickSignIn(person.handle)
      await untilAnswered('/oauth/par', 201)
      expect(await tab.reload()).toEqual({ kind: 'nobody' })
      await signInByRedirect(scene(), tab, person, { state: 'again' })
      expect(await tab.started()).toMatchObject({ kind: 'client', state: 'again', session: { did: person.did } })
    })

    test('on the consent page: it is shown again, and leads back into the app', async () => {
      const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
      const { page } = tab.tab
      await tab.clickSignIn(person.handle, { state: 'still here' })
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
      await page.reload()
      await decideOn(page, person, 'Authorize')
      await tab.untilBackAt(scene().app.redirectUri)
      expect(await tab.started()).toMatchObject({
        kind: 'client',
        state: 'still here',
        session: { did: person.did },
      })
    })

    test('[E6] while the code is on its way: it is not sent twice, the address is clean, and the next sign-in works', async () => {
      const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
      const { page } = tab.tab
      await tab.clickSignIn(person.handle)
      await keepAnswer('/oauth/token', 200)
      await decideOn(page, person, 'Authorize')
      await untilAnswered('/oauth/token', 200)
      expect(await tab.reload()).toEqual({ kind: 'nobody' })
      expect(await tab.ask('location.href')).toBe(scene().app.redirectUri)
      expect(await tokenAnswers(scene().network)).toEqual([])
      await signInByRedirect(scene(), tab, person)
      expect(await tab.started()).toMatchObject({ kind: 'client', session: { did: person.did } })
      expect(await tokenAnswers(scene().network)).toEqual([200])
    })

    test('after it: the account is back', async () => {
      const [person, { tab }] = [await scene().newPerson(), await scene().openApp()]
      await signInByRedirect(scene(), tab, person, { state: 'once' })
      const reloaded = await tab.reload()
      expect(reloaded).toMatchObject({ kind: 'client', session: { did: person.did } })
      expect(reloaded).not.toHaveProperty('state')
    })
  })

  describe('a reload in the middle of a refresh', () => {
    test('[R15] before its note is written: nothing was sent, and the next call refreshes at once', async () => {
      const { tab, mine, session } = await openExpired()
      await tab.ask('app.storage.pausesAttempts = true')
      await tab.beginCalls(1)
      await tab.until('app.storage.hasPaused')
      expect(await tab.reload()).toMatchObject({ kind: 'client', session: { status: 'active' } })
      expect(await tab.call()).toEqual([mine])
      expect((await tokenAnswers(scene().network)).filter((status) => status !== 400)).toEqual([200])
      expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
    })

    test('[R13] before its request reached the server: the app says so, and the session goes on after', async () => {
      const { tab, mine, session } = await openExpired()
      await tab.holdToken('request')
      await tab.beginCalls(1)
      await tab.untilHeld()
      expect(await tab.reload()).toMatchObject({ kind: 'client', session: { did: mine.did, status: 'uncertain' } })
      expect(await tokenAnswers(scene().network)).toEqual([])
      await scene().skip(FENCE, tab)
      expect(await tab.call()).toEqual([mine])
      expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
    })

    test('[R20] when the server has acted, before its answer is there: the answer finds nobody, and the app is told that it was lost', async () => {
      const { tab } = await openExpired()
      await keepAnswer('/oauth/token', 200)
      await tab.beginCalls(1)
      await untilAnswered('/oauth/token', 200)
      expect(await tab.reload()).toMatchObject({ kind: 'client', session: { status: 'uncertain' } })
      await scene().skip(FENCE, tab)
      expect(await tab.call()).toMatchObject([{ code: 'needs_reauth', reason: 'refresh_response_lost' }])
    })

    test('[R20] its answer had come, and was not stored yet: the same', async () => {
      const { tab } = await openExpired()
      await tab.holdToken('answer')
      await tab.beginCalls(1)
      await tab.untilHeld()
      expect(await tab.reload()).toMatchObject({ kind: 'client', session: { status: 'uncertain' } })
      await scene().skip(FENCE, tab)
      expect(await tab.call()).toMatchObject([{ code: 'needs_reauth', reason: 'refresh_response_lost' }])
    })

    test('[R12] of a token that nobody refuses: calls go on with it while nobody knows', async () => {
      const { tab, person } = await scene().openSignedIn()
      await tab.holdToken('request')
      await tab.beginRefresh()
      await tab.untilHeld()
      await tab.reload()
      expect(await tab.call()).toEqual([{ did: person.did }])
    })

    test('after it was stored: the new tokens are in use', async () => {
      const { tab, mine, session } = await openExpired()
      await tab.call()
      await scene().network.requests()
      expect(await tab.reload()).toMatchObject({ kind: 'client', session: { status: 'active' } })
      expect(await tab.call()).toEqual([mine])
      expect(await tokenAnswers(scene().network)).toEqual([])
      expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
    })
  })
})
