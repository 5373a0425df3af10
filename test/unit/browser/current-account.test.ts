import { type OAuthClient, resume, signIn } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { APP, browserScene, failureOf, ofItsOwn, signedIn } from './scene.ts'

const HOUR = 3_600_000
const currentOf = (oauth: OAuthClient) => resume(oauth).then((back) => back?.client.did)

describe('without a response', () => {
  test('brings back the account that was last in use, in every tab, without a request', async () => {
    const scene = browserScene()
    await signedIn(scene)
    await signedIn(scene, scene.bob)
    const before = scene.network.log.length
    expect(await currentOf(scene.open().oauth)).toBe(scene.bob.did)
    expect(scene.network.log.length).toBe(before)
  })

  test('gives undefined where nobody ever signed in', async () => {
    expect(await resume(browserScene().open().oauth)).toBeUndefined()
  })

  test.each(['', 'x', 'did:plc:x', '../..', `did:web:${'x'.repeat(5000)}`])(
    'takes the newest account where %j stands for it, which nobody wrote',
    async (text) => {
      const scene = browserScene()
      await signedIn(scene)
      await scene.clock.advance(1000)
      await signedIn(scene, scene.bob)
      const texts = scene.browser.textsOf(APP)
      for (const key of texts.keys()) if (key.endsWith(' current')) texts.set(key, text || 'nobody')
      expect(await currentOf(scene.open().oauth)).toBe(scene.bob.did)
    },
  )

  test('takes whoever signed in last, again or for the first time', async () => {
    const scene = browserScene()
    const { client, oauth, page } = await signedIn(scene)
    await signedIn(scene, scene.bob)
    await scene.clock.advance(1000)
    signIn(oauth, client).catch(() => {}) // the page is left
    await scene.clock.settle()
    await resume(scene.open(scene.alice.approve(page.went[0]?.url ?? '')).oauth)
    scene.browser.textsOf(APP).clear()
    expect(await currentOf(scene.open().oauth)).toBe(scene.alice.did)
  })

  test('goes on with another session of the same account where its own is gone', async () => {
    const scene = browserScene()
    const { client: older } = await signedIn(scene)
    await scene.clock.advance(1000)
    const { oauth, client: newer } = await signedIn(scene)
    await oauth.revoke(newer.session.sessionId)
    expect((await resume(scene.open().oauth))?.client.session.sessionId).toBe(older.session.sessionId)
  })

  test('never goes on with another account where its own is gone', async () => {
    const scene = browserScene()
    await signedIn(scene, scene.bob)
    const { oauth, client } = await signedIn(scene)
    await oauth.revoke(client.session.sessionId)
    expect(await resume(scene.open().oauth)).toBeUndefined()
  })

  test('goes on without a session that cannot be read, and the app is told', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    const key = `session/${client.session.sessionId}`
    const { version } = (await scene.storage.get(key)) ?? { version: '' }
    await scene.storage.put(key, { schema: 99 }, { ifVersion: version })
    const { oauth, events } = scene.open()
    expect(await resume(oauth)).toBeUndefined()
    expect(events).toMatchObject([{ type: 'unreadable' }])
  })

  test('says so where the storage cannot be read at all', async () => {
    const scene = browserScene()
    await signedIn(scene)
    const storage = { ...ofItsOwn(scene.storage), get: () => Promise.reject(new Error('private window')) }
    expect(await failureOf(resume(scene.open(`${APP}/`, { storage }).oauth))).toMatchObject({
      code: 'read_failed',
    })
  })

  test('brings a session back that has ended, and that says why', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    scene.alice.revokeSessions()
    await scene.clock.advance(15 * 24 * HOUR)
    await failureOf(client.get('com.atproto.server.getSession'))
    expect((await resume(scene.open().oauth))?.client.session).toMatchObject({ status: 'needs_reauth' })
  })
})
