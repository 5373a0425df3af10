import { resume, signIn } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { browserScene, failureOf, keptIn, leaveToSignIn, signedIn } from './scene.ts'

describe('a browser that keeps nothing for the page', () => {
  test('is told so before the page is left', async () => {
    const scene = browserScene()
    scene.browser.refusal = scene.browser.sessionRefusal = 'denied'
    const { oauth, page } = scene.open()
    expect(await failureOf(signIn(oauth, scene.alice.handle))).toMatchObject({
      code: 'write_failed',
      field: 'localStorage',
      retryable: false,
      action: expect.stringContaining('keep data of this site'),
    })
    expect(page.went).toEqual([])
  })

  test('closes the window that was opened', async () => {
    const scene = browserScene()
    scene.browser.refusal = scene.browser.sessionRefusal = 'full'
    const { oauth, page } = scene.open()
    const failure = await failureOf(signIn(oauth, scene.alice.handle, { mode: 'popup' }))
    expect(failure).toMatchObject({ code: 'write_failed' })
    expect(page.opened[0]?.closed).toBe(true)
  })

  test('or has no room for all tabs, keeps it for this one: no window is used then', async () => {
    const scene = browserScene()
    scene.browser.refusal = 'full'
    const tab = scene.open()
    const url = await leaveToSignIn(scene, tab, scene.alice, { mode: 'popup' })
    expect(tab.page.opened[0]?.closed).toBe(true)
    // The same tab comes back.
    tab.page.addresses.push(scene.alice.approve(url))
    const { oauth } = scene.open(undefined, { page: tab.page })
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did } })
    expect((await resume(oauth))?.client.did).toBe(scene.alice.did)
  })

  test('and has room again: who signs in again there is in use for all tabs', async () => {
    const scene = browserScene()
    scene.browser.refusal = 'full'
    const tab = scene.open()
    const { page } = tab
    const comeBack = async (consentPage: string) => {
      page.addresses.push(scene.alice.approve(consentPage))
      const { oauth } = scene.open(undefined, { page })
      const resumed = await resume(oauth)
      if (!resumed) throw new Error('nobody was signed in')
      return { oauth, ...resumed }
    }
    const { oauth, client } = await comeBack(await leaveToSignIn(scene, tab, scene.alice))
    expect(keptIn(scene)['current']).toBeUndefined()
    scene.browser.refusal = undefined
    signIn(oauth, client).catch(() => {}) // the page is left
    await scene.clock.settle()
    await comeBack(page.went.at(-1)?.url ?? '')
    expect(keptIn(scene)['current']).toBe(client.session.sessionId)
  })

  test('brings back whoever signed in last', async () => {
    const scene = browserScene()
    await signedIn(scene, scene.bob)
    await scene.clock.advance(1000)
    await signedIn(scene)
    scene.browser.refusal = scene.browser.sessionRefusal = 'denied'
    expect(await resume(scene.open().oauth)).toMatchObject({ client: { did: scene.alice.did } })
  })
})
