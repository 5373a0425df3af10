import { resume, signIn } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { type AppTab, browserScene, CALLBACK } from './scene.ts'

describe('on localhost', () => {
  const HERE = 'http://localhost:5173/notes?a=b%20c#/two'

  test.each([
    ['signIn', (tab: AppTab) => signIn(tab.oauth, 'alice.example.com', { mode: 'popup' })],
    ['resume', (tab: AppTab) => resume(tab.oauth)],
  ] as const)('%s leads to 127.0.0.1 before anything is kept, opened or sent', async (_, call) => {
    const scene = browserScene()
    const tab = scene.open(HERE)
    let isSettled = false
    void call(tab).finally(() => (isSettled = true))
    await scene.clock.advance(60_000)
    expect(tab.page.went).toEqual([{ how: 'replace', url: 'http://127.0.0.1:5173/notes?a=b%20c#/two' }])
    expect(isSettled).toBe(false)
    expect(tab.page.opened).toEqual([])
    expect(scene.network.log.length).toBe(0)
    expect(scene.browser.textsOf('http://localhost:5173').size).toBe(0)
  })

  test('leads to [::1] where the redirect URI is there', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open(HERE, { redirectUri: 'http://[::1]:5173/callback' })
    void resume(oauth)
    await scene.clock.settle()
    expect(page.went).toEqual([{ how: 'replace', url: 'http://[::1]:5173/notes?a=b%20c#/two' }])
  })

  test.each([
    ['127.0.0.1 itself', 'http://127.0.0.1:5173/', CALLBACK],
    ['https, where nothing is to be gained', 'https://localhost:5173/', CALLBACK],
    ['an app of the web', 'http://localhost:5173/', 'https://app.example.com/callback'],
  ])('leads nowhere from %s', async (_, href, redirectUri) => {
    const scene = browserScene()
    const { oauth, page } = scene.open(href, { redirectUri })
    expect(await resume(oauth)).toBeUndefined()
    expect(page.went).toEqual([])
  })
})
