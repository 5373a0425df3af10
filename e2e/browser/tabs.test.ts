import { expect, test } from 'vitest'
import { crash, freeze, thaw } from '../../test/browsers/freeze.ts'
import type { HoldingPlace } from './held-tokens.ts'
import { inBothBrowsers } from './in-both-browsers.ts'
import { FENCE, signInQuietly, tokenAnswers } from './scene.ts'

/** Longer than a tab waits for another one's refresh. */
const LONGEST_WAIT = 31_000

inBothBrowsers((scene, name) => {
  /** Two tabs of one account, whose access token has ended. */
  async function openTwoTabs() {
    const opened = await scene().openExpired()
    const second = await opened.openTab()
    return { ...opened, first: opened.tab, second }
  }

  /** The same, while the first tab refreshes and its request, or the answer, is held. */
  async function openRefreshing(place: HoldingPlace) {
    const opened = await openTwoTabs()
    await opened.first.holdToken(place)
    await opened.first.beginCalls(1)
    await opened.first.untilHeld()
    return { ...opened, mine: { did: opened.person.did } }
  }

  test('[H1] [R13] [R15] two tabs and twenty parallel calls on an expired token make one token request', async () => {
    const { first, second, person, session } = await openTwoTabs()
    await Promise.all([first.beginCalls(10), second.beginCalls(10)])
    const results = [...(await first.results()), ...(await second.results())]
    expect(results).toEqual(Array.from({ length: 20 }, () => ({ did: person.did })))
    const answers = await tokenAnswers(scene().network)
    // The tab that was just opened has no nonce yet, and may be the one that refreshes.
    expect(answers.filter((status) => status !== 400)).toEqual([200])
    expect(answers.length).toBeLessThanOrEqual(2)
    expect(await first.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[H6] [R13] the refreshing tab is closed before its request reached the server: the other waits, says so, and goes on', async () => {
    const { first, second, mine } = await openRefreshing('request')
    await first.tab.close()
    expect(await tokenAnswers(scene().network)).toEqual([])
    await second.beginCalls(1)
    await second.until(`app.events.includes('refresh_awaited')`)
    await scene().skip(LONGEST_WAIT, second)
    expect(await second.results()).toMatchObject([
      { name: 'SessionError', code: 'refresh_pending', retryable: true },
    ])
    expect(await tokenAnswers(scene().network)).toEqual([])
    await scene().skip(FENCE, second)
    expect(await second.call()).toEqual([mine])
    expect((await tokenAnswers(scene().network)).filter((status) => status !== 400)).toEqual([200])
    expect(await second.session()).toMatchObject({ status: 'active' })
  })

  test('[R20] the refreshing tab is closed when the server had answered: the session is lost, and the app is told why', async () => {
    const { first, second, session } = await openRefreshing('answer')
    await first.tab.close()
    await scene().skip(FENCE, second)
    expect(await second.call()).toMatchObject([{ code: 'needs_reauth', reason: 'refresh_response_lost' }])
    expect(await second.accounts()).toMatchObject([{ sessionId: session.sessionId, status: 'needs_reauth' }])
  })

  test('[R13] [R24] the refreshing tab is frozen while its answer comes: the other waits, says so, and takes over its tokens after', async () => {
    const { first, second, mine, session } = await openRefreshing('answer')
    await freeze(first.tab)
    await second.beginCalls(1)
    await second.until(`app.events.includes('refresh_awaited')`)
    await scene().skip(LONGEST_WAIT, second)
    expect(await second.results()).toMatchObject([{ code: 'refresh_pending', retryable: true }])
    thaw(first.tab)
    await first.releaseToken()
    expect(await first.results()).toEqual([mine])
    expect(await second.call()).toEqual([mine])
    expect((await tokenAnswers(scene().network)).filter((status) => status !== 400)).toEqual([200])
    expect(await second.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[R13] [R16] the refreshing tab is frozen before its request left, for longer than the fence: the other refreshes, and the thawed one goes on', async () => {
    const { first, second, mine, session } = await openRefreshing('request')
    await freeze(first.tab)
    await scene().skip(FENCE, second)
    expect(await second.call()).toEqual([mine])
    thaw(first.tab)
    await first.releaseToken()
    // Its proof is too old by now, and says nothing about the token.
    expect(await first.results()).toMatchObject([{ code: 'refresh_unanswered', retryable: true }])
    expect(await first.call()).toEqual([mine])
    expect(await second.call()).toEqual([mine])
    expect((await tokenAnswers(scene().network)).filter((status) => status === 200)).toHaveLength(1)
    expect(await second.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  // Firefox has no command for it.
  if (name === 'chromium') {
    test('[R13] the refreshing tab crashes before its request reached the server: the other goes on, and nobody is signed out', async () => {
      const { first, second, mine, session } = await openRefreshing('request')
      await crash(first.tab)
      await second.beginCalls(1)
      await second.until(`app.events.includes('refresh_awaited')`)
      await scene().skip(FENCE, second)
      expect(await second.results()).toEqual([mine])
      expect(await second.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
    })
  }

  test('a tab that waits goes on as soon as the other one has stored', async () => {
    const { first, second, mine } = await openRefreshing('answer')
    await second.beginCalls(10)
    await second.until(`app.events.includes('refresh_awaited')`)
    await first.releaseToken()
    expect(await second.results()).toEqual(Array.from({ length: 10 }, () => mine))
    expect(await first.results()).toEqual([mine])
  })

  // Where tabs have processes of their own, a message may be there before what stands in localStorage.
  test('[I2] a tab that is told of a switch finds the account in use, whichever comes first', async () => {
    const { tab, openTab, session: one } = await scene().openSignedIn()
    const other = await signInQuietly(tab, await scene().newPerson())
    const second = await openTab()
    const turns = Array.from({ length: 40 }, (_, turn) => [one, other][turn % 2]?.sessionId ?? '')
    for (const [turn, sessionId] of turns.entries()) {
      await tab.switchTo(sessionId)
      await second.until(`app.switches.length === ${turn + 1}`)
    }
    expect(await second.ask('app.switches')).toEqual(
      turns.map((sessionId) => ({ to: sessionId, inUse: sessionId })),
    )
  })
})
