import { accounts, resume, signOut, switchTo, watchTabs } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { APP, browserScene, failureOf, keptIn, ofItsOwn, signedIn } from './scene.ts'

describe('the accounts of a browser', () => {
  test('are those that signed in, the last one first, and say which is in use', async () => {
    const scene = browserScene()
    await signedIn(scene)
    await scene.clock.advance(1000)
    await signedIn(scene, scene.bob)
    expect(await accounts(scene.open().oauth)).toMatchObject([
      { handle: 'bob.example.com', isCurrent: true, status: 'active' },
      { handle: 'alice.example.com', isCurrent: false },
    ])
  })

  test('are none in a browser where nobody signed in', async () => {
    expect(await accounts(browserScene().open().oauth)).toEqual([])
  })

  test('stand there once each, by the newest session', async () => {
    const scene = browserScene()
    const { client: older } = await signedIn(scene)
    await scene.clock.advance(1000)
    const { client: newer } = await signedIn(scene)
    await scene.clock.advance(1000)
    await signedIn(scene, scene.bob)
    const [, alice, ...rest] = await accounts(scene.open().oauth)
    expect(alice?.sessionId).toBe(newer.session.sessionId)
    expect(newer.session.sessionId).not.toBe(older.session.sessionId)
    expect(rest).toEqual([])
  })

  test('stand there by the session in use, where that is an older one', async () => {
    const scene = browserScene()
    const { client: older } = await signedIn(scene)
    await scene.clock.advance(1000)
    const { oauth } = await signedIn(scene)
    await switchTo(oauth, older.session.sessionId)
    expect(await accounts(scene.open().oauth)).toMatchObject([
      { sessionId: older.session.sessionId, isCurrent: true },
    ])
  })

  test('have whoever signed in last in use, once that was brought back for want of a note', async () => {
    const scene = browserScene()
    await signedIn(scene)
    scene.browser.textsOf(APP).clear()
    const { oauth } = scene.open()
    expect(await accounts(oauth)).toMatchObject([{ isCurrent: false }])
    await resume(oauth)
    expect(await accounts(oauth)).toMatchObject([{ isCurrent: true }])
  })

  test('of another client of the same origin have their own one in use', async () => {
    const scene = browserScene()
    await signedIn(scene)
    const clientId = 'https://app.example.com/client-metadata.json'
    const { oauth } = scene.open(`${APP}/other`, { clientId })
    expect(await accounts(oauth)).toMatchObject([{ isCurrent: false }])
  })
})

describe('switching', () => {
  test('makes another account the one in use, in every tab, without a request', async () => {
    const scene = browserScene()
    const { client: alice } = await signedIn(scene)
    const { oauth } = await signedIn(scene, scene.bob)
    const before = scene.network.log.length
    expect((await switchTo(oauth, alice.session.sessionId))?.did).toBe(scene.alice.did)
    expect((await resume(scene.open().oauth))?.client.did).toBe(scene.alice.did)
    expect(scene.network.log.length).toBe(before)
  })

  test.each(['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/x', 'nonsense', ''])(
    'changes nothing where %j is no session',
    async (sessionId) => {
      const scene = browserScene()
      const { oauth } = await signedIn(scene)
      expect(await switchTo(oauth, sessionId)).toBeUndefined()
      expect((await resume(scene.open().oauth))?.client.did).toBe(scene.alice.did)
    },
  )

  test('works in a browser that keeps nothing for the page, for as long as the page is there', async () => {
    const scene = browserScene()
    const { client: alice } = await signedIn(scene)
    await scene.clock.advance(1000)
    await signedIn(scene, scene.bob)
    scene.browser.refusal = scene.browser.sessionRefusal = 'denied'
    const { oauth } = scene.open()
    expect((await resume(oauth))?.client.did).toBe(scene.bob.did)
    await switchTo(oauth, alice.session.sessionId)
    expect((await resume(oauth))?.client.did).toBe(scene.alice.did)
  })

  test('leaves no older account in use where the browser has no room for the new one', async () => {
    const scene = browserScene()
    await signedIn(scene)
    await scene.clock.advance(1000)
    const { client: bob } = await signedIn(scene, scene.bob)
    const { oauth } = scene.open()
    const alice = (await accounts(oauth)).find(({ did }) => did === scene.alice.did)
    await switchTo(oauth, alice?.sessionId ?? '')
    scene.browser.refusal = 'full'
    await switchTo(oauth, bob.session.sessionId)
    expect((await resume(scene.open().oauth))?.client.did).toBe(scene.bob.did)
  })
})

describe('signing out', () => {
  test('[I1] revokes the session, and nobody is in use until somebody is chosen', async () => {
    const scene = browserScene()
    const { client: bob } = await signedIn(scene, scene.bob)
    const { client, oauth } = await signedIn(scene)
    expect(await signOut(oauth, client.session.sessionId)).toEqual({ accepted: true })
    expect(scene.network.log.to('/oauth/revoke')).toHaveLength(1)
    expect(await resume(scene.open().oauth)).toBeUndefined()
    expect(await accounts(oauth)).toMatchObject([{ did: scene.bob.did, isCurrent: false }])
    await switchTo(oauth, bob.session.sessionId)
    expect((await resume(scene.open().oauth))?.client.did).toBe(scene.bob.did)
  })

  test('nobody is in use until somebody signs in', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    await signOut(oauth, client.session.sessionId)
    await signedIn(scene, scene.bob)
    expect((await resume(scene.open().oauth))?.client.did).toBe(scene.bob.did)
  })

  test('of another account leaves the one in use alone', async () => {
    const scene = browserScene()
    const { client: bob } = await signedIn(scene, scene.bob)
    const { oauth } = await signedIn(scene)
    await signOut(oauth, bob.session.sessionId)
    expect((await resume(scene.open().oauth))?.client.did).toBe(scene.alice.did)
  })

  test('takes the older sessions of the account along, which would come up in its place', async () => {
    const scene = browserScene()
    const { client: older } = await signedIn(scene)
    await scene.clock.advance(1000)
    const { client, oauth } = await signedIn(scene)
    await signOut(oauth, client.session.sessionId)
    expect(await accounts(oauth)).toEqual([])
    expect(await oauth.restore(older.session.sessionId)).toBeUndefined()
    expect(scene.network.log.to('/oauth/revoke').filter(({ status }) => status === 200)).toHaveLength(2)
  })

  test('says that the server could not be reached, and is signed out here', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    scene.network.fault({ path: '/oauth/revoke', lose: 'request', times: Infinity })
    const signingOut = signOut(oauth, client.session.sessionId)
    await scene.clock.advance(120_000)
    expect(await signingOut).toMatchObject({ accepted: false })
    expect(await resume(scene.open().oauth)).toBeUndefined()
  })

  test('fails where the storage does, and the account stays in use', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    const storage = { ...ofItsOwn(scene.storage), put: () => Promise.reject(new Error('the disk is full')) }
    const { oauth } = scene.open(undefined, { storage })
    expect(await failureOf(signOut(oauth, client.session.sessionId))).toMatchObject({ code: 'write_failed' })
    expect((await resume(scene.open().oauth))?.client.did).toBe(scene.alice.did)
  })

  test('of a session that is gone says so', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    await signOut(oauth, client.session.sessionId)
    expect(await signOut(oauth, client.session.sessionId)).toMatchObject({ accepted: false })
  })

  test('takes no text that is no id of a session', async () => {
    const { oauth } = browserScene().open()
    expect(await failureOf(signOut(oauth, 'alice.example.com'))).toBeInstanceOf(TypeError)
  })

  test('notes for all tabs that nobody is in use', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    await signOut(oauth, client.session.sessionId)
    expect(keptIn(scene)['current']).toBe('')
  })
})

describe('a tab that is told', () => {
  test('of a sign-out fails at once, without asking anybody', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    const other = scene.open()
    const there = (await resume(other.oauth))?.client
    const stop = watchTabs(other.oauth, () => {})
    await signOut(oauth, client.session.sessionId)
    await scene.clock.settle()
    const before = scene.network.log.length
    expect(await failureOf(there?.get('com.atproto.server.getSession') ?? Promise.resolve())).toMatchObject({
      code: 'signed_out',
    })
    expect(scene.network.log.length).toBe(before)
    stop()
  })
})
