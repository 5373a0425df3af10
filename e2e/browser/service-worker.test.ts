import { expect, test } from 'vitest'
import { inAllBrowsers } from './in-all-browsers.ts'
import { tokenAnswers } from './scene.ts'

/** As long as an access token lives. */
const HOUR = 60 * 60_000

inAllBrowsers((scene) => {
  test('a service worker of one file calls for the account of the page, by the key and the token that are stored', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    const script = await (await fetch(`${scene().app.origin}/service-worker.js`)).text()
    expect(script.match(/(?<![\w#.])import\s*\(|^(?:import|export)\b/m)).toBeNull()
    expect(await tab.askWorker('call', session.sessionId)).toEqual({ did: person.did })
    expect(await tab.askWorker('upload', session.sessionId)).toEqual({ did: person.did })
    expect(await tokenAnswers(scene().network)).toEqual([])
  })

  test('[R13] [R15] it refreshes an expired token, and the page goes on with the new one', async () => {
    const { tab, person, session } = await scene().openExpired()
    const mine = { did: person.did }
    expect(await tab.askWorker('call', session.sessionId)).toEqual(mine)
    expect(await tokenAnswers(scene().network)).toContain(200)
    expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
    expect(await tab.call(3)).toEqual([mine, mine, mine])
    expect(await tokenAnswers(scene().network)).toEqual([])
  })

  test('[R13] [R15] the page refreshes, and the service worker goes on with the new token', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    expect(await tab.askWorker('call', session.sessionId)).toEqual({ did: person.did })
    await tab.refresh()
    expect(await tokenAnswers(scene().network)).toContain(200)
    expect(await tab.askWorker('call', session.sessionId)).toEqual({ did: person.did })
    expect(await tokenAnswers(scene().network)).toEqual([])
  })

  test('[H1] [R15] page and service worker find the token expired at the same time: they make one token request', async () => {
    const { tab, person, session } = await scene().openSignedIn()
    const mine = { did: person.did }
    expect(await tab.askWorker('call', session.sessionId)).toEqual(mine)
    await scene().skip(HOUR, tab)
    await scene().network.requests()
    expect(await Promise.all([tab.call(2), tab.askWorker('call', session.sessionId)])).toEqual([
      [mine, mine],
      mine,
    ])
    expect((await tokenAnswers(scene().network)).filter((status) => status !== 400)).toEqual([200])
    expect(await tab.stored(session.sessionId)).toMatchObject({ gen: 2, hasAttempt: false })
  })

  test('[I2] the page signs out: the service worker has no account any more', async () => {
    const { tab, session } = await scene().openSignedIn()
    await tab.askWorker('call', session.sessionId)
    await tab.signOut(session.sessionId)
    await scene().network.requests()
    expect(await tab.askWorker('call', session.sessionId)).toMatchObject({ message: 'nothing is stored' })
    expect(await scene().network.requests()).toEqual([])
  })
})
