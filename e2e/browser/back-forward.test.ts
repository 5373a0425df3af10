import { expect, test } from 'vitest'
import type { HoldingPlace } from './held-tokens.ts'
import { inAllBrowsers } from './in-all-browsers.ts'
import { FENCE, tokenAnswers } from './scene.ts'

/** Longer than a tab waits for another one's refresh. */
const LONGEST_WAIT = 31_000

// A page that is kept for going back runs nothing, and closes nothing either: it is there again as it was left.
inAllBrowsers((scene) => {
  /** Two tabs of one account, the first of which shows another page, while the app is kept in it. */
  async function openKept({ expired = false } = {}) {
    const opened = await (expired ? scene().openExpired() : scene().openSignedIn())
    const [kept, other] = [opened.tab, await opened.openTab()]
    // All of it has come then: no page is kept that still loads a part.
    await kept.accounts()
    await kept.tab.goto(scene().app.blank)
    return { ...opened, kept, other, mine: { did: opened.person.did } }
  }

  /** The same, but it was left in the middle of a refresh: its request, or the answer, is held. */
  async function openKeptRefreshing(place: HoldingPlace) {
    const opened = await scene().openExpired()
    const [kept, other] = [opened.tab, await opened.openTab()]
    await kept.holdToken(place)
    await kept.beginCalls(1)
    await kept.untilHeld()
    await kept.tab.goto(scene().app.blank)
    return { ...opened, kept, other, mine: { did: opened.person.did } }
  }

  test('a page that was kept is as it was left: it calls, and hears other tabs again', async () => {
    const { kept, other, mine, session } = await openKept()
    expect(await other.call()).toEqual([mine])
    expect(await kept.goBack()).toBe('kept')
    expect(await kept.call()).toEqual([mine])
    expect(await other.refresh()).toMatchObject({ kind: 'client' })
    expect(await kept.hears('refreshed')).toMatchObject({ sessionId: session.sessionId, gen: 2 })
    expect(await kept.call()).toEqual([mine])
  })

  test('[R13] [R15] another tab refreshed meanwhile: the kept page goes on with the newest token, and refreshes nothing', async () => {
    const { kept, other, mine, session } = await openKept({ expired: true })
    expect(await other.call()).toEqual([mine])
    expect(await tokenAnswers(scene().network)).toContain(200)
    expect(await kept.goBack()).toBe('kept')
    expect(await kept.call()).toEqual([mine])
    expect(await tokenAnswers(scene().network)).toEqual([])
    expect(await kept.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[R13] [R15] the same with a token that had not ended, which the server takes no more', async () => {
    const { kept, other, mine, session } = await openKept()
    await other.refresh()
    expect(await tokenAnswers(scene().network)).toContain(200)
    expect(await kept.goBack()).toBe('kept')
    expect(await kept.call(5)).toEqual(Array.from({ length: 5 }, () => mine))
    expect(await tokenAnswers(scene().network)).toEqual([])
    expect(await kept.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[I2] the account was signed out meanwhile: the kept page is told, and sends nothing', async () => {
    const { kept, other, session } = await openKept()
    await other.signOut(session.sessionId)
    expect(await kept.goBack()).toBe('kept')
    expect(await kept.hears('signed_out')).toMatchObject({ sessionId: session.sessionId })
    await scene().network.requests()
    expect(await kept.call()).toMatchObject([{ name: 'SessionError', code: 'signed_out' }])
    expect(await scene().network.requests()).toEqual([])
  })

  test('[R13] [R16] left before the request of its refresh was sent, and kept: another tab waits, says so, refreshes, and both go on', async () => {
    const { kept, other, mine, session } = await openKeptRefreshing('request')
    await other.beginCalls(1)
    await other.until(`app.events.includes('refresh_awaited')`)
    await scene().skip(LONGEST_WAIT, other)
    expect(await other.results()).toMatchObject([{ code: 'refresh_pending', retryable: true }])
    await scene().skip(FENCE, other)
    expect(await other.call()).toEqual([mine])
    expect(await kept.goBack()).toBe('kept')
    await kept.releaseToken()
    // Its proof is too old by now, and says nothing about the token.
    expect(await kept.results()).toMatchObject([{ code: 'refresh_unanswered', retryable: true }])
    expect(await kept.call()).toEqual([mine])
    expect(await other.call()).toEqual([mine])
    expect((await tokenAnswers(scene().network)).filter((status) => status === 200)).toHaveLength(1)
    expect(await other.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[R13] [R24] left when the answer to its refresh had come, and kept: it stores that when it is back, and both go on', async () => {
    const { kept, other, mine, session } = await openKeptRefreshing('answer')
    await other.beginCalls(1)
    await other.until(`app.events.includes('refresh_awaited')`)
    expect(await kept.goBack()).toBe('kept')
    await kept.releaseToken()
    expect(await kept.results()).toEqual([mine])
    expect(await other.results()).toEqual([mine])
    expect((await tokenAnswers(scene().network)).filter((status) => status !== 400)).toEqual([200])
    expect(await other.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })
})
