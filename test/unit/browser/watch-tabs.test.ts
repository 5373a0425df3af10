import { resume, signIn, signOut, switchTo, type TabEvent, watchTabs } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import { type Storage, StorageError } from 'atproof'
import {
  APP,
  type AppTab,
  browserScene,
  type BrowserScene,
  failureOf,
  HeldStorage,
  keptIn,
  leaveToSignIn,
  ofItsOwn,
  signedIn,
} from './scene.ts'

/** A tab that listens. */
function listening(scene: BrowserScene, tab: AppTab = scene.open()) {
  const heard: TabEvent[] = []
  const stop = watchTabs(tab.oauth, (event) => heard.push(event))
  return { ...tab, heard, stop }
}

describe('a tab hears that another one', () => {
  test('signed somebody in', async () => {
    const scene = browserScene()
    const { heard } = listening(scene)
    const { client } = await signedIn(scene)
    await scene.clock.settle()
    const { sessionId } = client.session
    const { did } = scene.alice
    expect(heard).toEqual([
      { type: 'signed_in', sessionId, did, gen: 1 },
      { type: 'switched', sessionId, did },
    ])
  })

  test('signed somebody in again', async () => {
    const scene = browserScene()
    const { client, oauth, page } = await signedIn(scene)
    const { heard } = listening(scene)
    signIn(oauth, client).catch(() => {})
    await scene.clock.settle()
    await resume(scene.open(scene.alice.approve(page.went[0]?.url ?? '')).oauth)
    await scene.clock.settle()
    expect(heard.map(({ type }) => type)).toEqual(['refreshed', 'signed_in'])
  })

  test('refreshed, and has its tokens by then: it asks nobody for others', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    const { heard, oauth } = listening(scene)
    const there = (await resume(oauth))?.client
    await client.refresh()
    await scene.clock.settle()
    expect(heard).toEqual([
      { type: 'refreshed', sessionId: client.session.sessionId, did: scene.alice.did, gen: 2 },
    ])
    const before = scene.network.log.to('/oauth/token').length
    await there?.get('com.atproto.server.getSession')
    expect(scene.network.log.to('/oauth/token')).toHaveLength(before)
    const refused = scene.network.log
      .to('/xrpc/com.atproto.server.getSession')
      .filter(({ error }) => error === 'invalid_token')
    expect(refused).toEqual([])
  })

  test('switched', async () => {
    const scene = browserScene()
    const { client: alice, oauth } = await signedIn(scene)
    await signedIn(scene, scene.bob)
    const { heard } = listening(scene)
    await switchTo(oauth, alice.session.sessionId)
    await scene.clock.settle()
    expect(heard).toEqual([{ type: 'switched', sessionId: alice.session.sessionId, did: scene.alice.did }])
  })

  test('signed out, and tells no third one again', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    const [two, three] = [listening(scene), listening(scene)]
    await Promise.all([resume(two.oauth), resume(three.oauth)])
    await signOut(oauth, client.session.sessionId)
    await scene.clock.settle()
    for (const { heard } of [two, three]) {
      expect(heard).toMatchObject([{ type: 'signed_out', sessionId: client.session.sessionId }])
    }
    expect(two.events).toMatchObject([{ type: 'signed_out' }])
  })

  test('found a session at its end', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    const { heard, oauth } = listening(scene)
    const there = (await resume(oauth))?.client
    scene.alice.revokeSessions()
    await failureOf(client.refresh())
    await scene.clock.settle()
    expect(heard).toMatchObject([{ type: 'ended', sessionId: client.session.sessionId }])
    expect((await oauth.restore(client.session.sessionId))?.session.status).toBe('needs_reauth')
    expect(there?.did).toBe(scene.alice.did)
  })
})

test('the next one after a sign-out is in use by the time that it is told: the app resumes with it', async () => {
  const scene = browserScene()
  const { client, oauth } = await signedIn(scene)
  await signOut(oauth, client.session.sessionId)
  const { oauth: other } = scene.open()
  const resumed: (string | undefined)[] = []
  watchTabs(other, async () => resumed.push((await resume(other))?.client.did))
  await signedIn(scene, scene.bob)
  await scene.clock.settle()
  expect(resumed.at(-1)).toBe(scene.bob.did)
})

/** A tab that is told of a switch before it can see it. */
async function overtaken() {
  const scene = browserScene()
  const { client: alice } = await signedIn(scene)
  await signedIn(scene, scene.bob)
  const tab = listening(scene)
  const { sessionId, did } = alice.session
  const texts = scene.browser.textsOf(APP)
  const arrive = () => {
    for (const key of texts.keys()) if (key.endsWith(' current')) texts.set(key, sessionId)
  }
  const switched = { type: 'switched', sessionId, did }
  scene.browser.send('atproof:', switched)
  await scene.clock.settle()
  return { scene, alice, switched, arrive, ...tab }
}

// Each process of a browser has its own copy of the texts: in Chromium every fifth message is there before them.
describe('a message that overtakes what it tells of', () => {
  test('is told once it is there', async () => {
    const { scene, heard, switched, arrive } = await overtaken()
    expect(heard).toEqual([])
    arrive()
    await scene.clock.advance(20)
    expect(heard).toEqual([switched])
  })

  test('is told a second later where that is not true any more', async () => {
    const { scene, heard, switched } = await overtaken()
    await scene.clock.advance(980)
    expect(heard).toEqual([])
    await scene.clock.advance(20)
    expect(heard).toEqual([switched])
  })

  test('holds up no sign-out', async () => {
    const { scene, heard, alice, oauth, events } = await overtaken()
    await oauth.restore(alice.session.sessionId)
    await signOut(scene.open().oauth, alice.session.sessionId)
    await scene.clock.settle()
    expect(heard).toEqual([])
    expect(events.map(({ type }) => type)).toContain('signed_out')
  })

  test('is not told where the listener was stopped meanwhile', async () => {
    const { scene, heard, stop, arrive } = await overtaken()
    stop()
    arrive()
    await scene.clock.advance(1000)
    expect(heard).toEqual([])
  })
})

test('stale switches do not add up: a second after the last of them a sign-out is told', async () => {
  const scene = browserScene()
  const { client: alice, oauth } = await signedIn(scene)
  await signedIn(scene, scene.bob)
  const { heard } = listening(scene)
  const { sessionId, did } = alice.session
  for (let turn = 0; turn < 3; turn++) scene.browser.send('atproof:', { type: 'switched', sessionId, did })
  await signOut(oauth, sessionId)
  await scene.clock.advance(1000)
  expect(heard.map(({ type }) => type)).toEqual(['switched', 'switched', 'switched', 'signed_out'])
})

test('a switch is told when whoever resumes is done: who resumes then sees it', async () => {
  const scene = browserScene()
  const { client: alice, oauth } = await signedIn(scene)
  await signedIn(scene, scene.bob)
  const storage = new HeldStorage(scene.storage)
  const { oauth: slow } = scene.open(undefined, { storage })
  const resumed: (string | undefined)[] = []
  watchTabs(slow, async () => resumed.push((await resume(slow))?.client.did))
  storage.hold()
  const before = resume(slow)
  await switchTo(oauth, alice.session.sessionId)
  await scene.clock.settle()
  storage.release()
  expect(await before).toMatchObject({ client: { did: scene.bob.did } })
  await scene.clock.advance(20)
  expect(resumed).toEqual([scene.alice.did])
})

test('a sign-in that could not be stored is told when it is, and stays the one in use', async () => {
  const scene = browserScene()
  const { client: old } = await signedIn(scene)
  await signedIn(scene, scene.bob)
  const other = scene.open()
  const told: (string | undefined)[][] = []
  watchTabs(other.oauth, async ({ type }) =>
    told.push([type, (await resume(other.oauth))?.client.session.sessionId]),
  )
  let isFull = true
  const storage: Storage = {
    ...ofItsOwn(scene.storage),
    async put(key, value, options) {
      if (isFull && key.startsWith('session/')) throw new StorageError('write_failed', { retryable: true })
      return scene.storage.put(key, value, options)
    },
  }
  const url = await leaveToSignIn(scene, scene.open(), scene.alice)
  const resuming = resume(scene.open(scene.alice.approve(url), { storage }).oauth)
  await scene.clock.advance(10_000)
  const { sessionId, stored } = (await resuming)?.client.session ?? {}
  expect(stored).toBe(false)
  expect(sessionId).not.toBe(old.session.sessionId)
  expect(told).toEqual([])
  isFull = false
  await scene.clock.advance(60_000)
  expect(told).toEqual([['signed_in', sessionId]])
  expect(keptIn(scene)['current']).toBe(sessionId)
})

describe('a tab does not hear', () => {
  test('itself', async () => {
    const scene = browserScene()
    const { client, oauth, page } = await signedIn(scene)
    const { heard } = listening(scene, { oauth, page, events: [] })
    await client.refresh()
    await switchTo(oauth, client.session.sessionId)
    await signOut(oauth, client.session.sessionId)
    await scene.clock.settle()
    expect(heard).toEqual([])
  })

  test('another client of the same origin', async () => {
    const scene = browserScene()
    const { heard } = listening(
      scene,
      scene.open(undefined, { clientId: 'https://other.example.com/client.json' }),
    )
    await signedIn(scene)
    await scene.clock.settle()
    expect(heard).toEqual([])
  })

  test('anything once it was stopped, and leaves nothing open', async () => {
    const scene = browserScene()
    const { heard, stop, page } = listening(scene)
    const second = watchTabs(scene.open(undefined, { page }).oauth, () => {})
    stop()
    stop()
    second()
    await signedIn(scene)
    await scene.clock.settle()
    expect(heard).toEqual([])
    expect(page.listening).toBe(0)
    expect(scene.browser.openChannels).toBe(0)
  })

  test('what it was told of just before it was stopped', async () => {
    const scene = browserScene()
    const { heard, stop } = listening(scene)
    const { client } = await signedIn(scene)
    await scene.clock.settle()
    heard.length = 0
    const { sessionId, did } = client.session
    scene.browser.send('atproof:', { type: 'refreshed', sessionId, did })
    await Promise.resolve()
    stop()
    await scene.clock.settle()
    expect(heard).toEqual([])
  })

  test.each([
    ['nothing', undefined],
    ['a text', 'refreshed'],
    ['an unknown type', { type: 'exploded' }],
    ['no session', { type: 'signed_out' }],
    ['an id that is none', { type: 'signed_out', sessionId: '../x', did: 'did:plc:x' }],
    ['a huge id', { type: 'signed_out', sessionId: `did:web:${'x'.repeat(5000)}/x`, did: 'did:web:x' }],
    ['a generation that is none', { type: 'refreshed', sessionId: 'did:plc:x/y', did: 'did:plc:x', gen: '1' }],
    ['a list', [{ type: 'signed_out' }]],
  ])('a message of somebody else: %s', async (_, data) => {
    const scene = browserScene()
    const { heard } = listening(scene)
    scene.browser.send('atproof:', data)
    await scene.clock.settle()
    expect(heard).toEqual([])
  })
})

test('the app is told of its own tab all the same', async () => {
  const scene = browserScene()
  const { client, oauth, events } = await signedIn(scene)
  await client.refresh()
  await signOut(oauth, client.session.sessionId)
  const types = events.map(({ type }) => type)
  expect(types).toEqual(expect.arrayContaining(['signed_in', 'refreshed', 'signed_out']))
})

test('reads nothing of a session that nobody has in this tab', async () => {
  const scene = browserScene()
  const { client } = await signedIn(scene)
  const reads: string[] = []
  const storage: Storage = {
    ...ofItsOwn(scene.storage),
    get: (key) => (reads.push(key), scene.storage.get(key)),
  }
  const { heard, oauth } = listening(scene, scene.open(undefined, { storage }))
  await client.refresh()
  await scene.clock.settle()
  expect(heard).toMatchObject([{ type: 'refreshed', gen: 2 }])
  expect(reads).toEqual([])
  await resume(oauth)
  reads.length = 0
  await client.refresh()
  await scene.clock.settle()
  expect(heard).toHaveLength(2)
  expect(reads).toEqual([`session/${client.session.sessionId}`])
})

test('reads anew for each event: what is being read for the one before may be older', async () => {
  const scene = browserScene()
  const { client } = await signedIn(scene)
  const storage = new HeldStorage(scene.storage)
  const { heard, oauth } = listening(scene, scene.open(undefined, { storage }))
  const there = (await resume(oauth))?.client
  storage.hold()
  await client.refresh()
  await scene.clock.settle()
  await client.refresh()
  await scene.clock.settle()
  storage.release()
  await scene.clock.settle()
  expect(heard).toMatchObject([{ gen: 2 }, { gen: 3 }])
  scene.network.log.clear()
  await there?.get('com.atproto.server.getSession')
  expect(scene.network.log.entries.map(({ error }) => error)).not.toContain('invalid_token')
})

test('a forged message ends no session: what counts is what is stored', async () => {
  const scene = browserScene()
  const { client } = await signedIn(scene)
  const { oauth, heard } = listening(scene)
  const there = (await resume(oauth))?.client
  const { sessionId } = client.session
  scene.browser.send('atproof:', { type: 'signed_out', sessionId, did: 'did:plc:mallory', token: 'extra' })
  await scene.clock.settle()
  expect(heard).toEqual([{ type: 'signed_out', sessionId, did: scene.alice.did }])
  await there?.get('com.atproto.server.getSession')
})

test('a listener that throws harms neither the tab nor other listeners', async () => {
  const scene = browserScene()
  const tab = scene.open()
  const heard: string[] = []
  watchTabs(tab.oauth, () => {
    throw new Error("the app's own mistake")
  })
  watchTabs(tab.oauth, ({ type }) => heard.push(type))
  await signedIn(scene)
  await signedIn(scene, scene.bob)
  await scene.clock.settle()
  expect(heard).toEqual(['signed_in', 'switched', 'signed_in', 'switched'])
})

/** A tab whose listener takes as long for each event as the test lets it. */
function takingItsTime(scene: BrowserScene) {
  const tab = scene.open()
  const told: string[] = []
  const ends: PromiseWithResolvers<void>[] = []
  const stop = watchTabs(tab.oauth, ({ type }) => {
    told.push(type)
    const end = Promise.withResolvers<void>()
    ends.push(end)
    return end.promise
  })
  return { ...tab, told, ends, stop }
}

test('tells an event when the listener is done with the one before', async () => {
  const scene = browserScene()
  const { told, ends } = takingItsTime(scene)
  const { client } = await signedIn(scene)
  await client.refresh()
  await scene.clock.settle()
  expect(told).toEqual(['signed_in'])
  ends[0]?.resolve()
  await scene.clock.settle()
  expect(told).toEqual(['signed_in', 'switched'])
})

test('a listener whose promise rejects is told of the next one all the same', async () => {
  const scene = browserScene()
  const { told, ends } = takingItsTime(scene)
  const { client } = await signedIn(scene)
  await client.refresh()
  await scene.clock.settle()
  ends[0]?.reject(new Error("the app's own mistake"))
  await scene.clock.settle()
  expect(told).toEqual(['signed_in', 'switched'])
})

test('a listener that is stopped while it is at an event is told of no more', async () => {
  const scene = browserScene()
  const { told, ends, stop } = takingItsTime(scene)
  const { client } = await signedIn(scene)
  await client.refresh()
  await scene.clock.settle()
  stop()
  ends[0]?.resolve()
  await scene.clock.settle()
  expect(told).toEqual(['signed_in'])
})

test('a listener that is never done holds up neither others nor a sign-out', async () => {
  const scene = browserScene()
  const { client, oauth } = await signedIn(scene)
  const busy = takingItsTime(scene)
  const { heard } = listening(scene, { oauth: busy.oauth, page: busy.page, events: [] })
  const there = (await resume(busy.oauth))?.client
  await client.refresh()
  await signOut(oauth, client.session.sessionId)
  await scene.clock.settle()
  expect(busy.told).toEqual(['refreshed'])
  expect(heard.map(({ type }) => type)).toEqual(['refreshed', 'signed_out'])
  await expect(there?.get('com.atproto.server.getSession')).rejects.toMatchObject({ code: 'signed_out' })
})

test('a sign-out is taken over before its turn has come', async () => {
  const scene = browserScene()
  const { client, oauth } = await signedIn(scene)
  const { told, events, oauth: busy } = takingItsTime(scene)
  await resume(busy)
  await client.refresh()
  await signOut(oauth, client.session.sessionId)
  await scene.clock.settle()
  expect(told).toEqual(['refreshed'])
  expect(events.map(({ type }) => type)).toContain('signed_out')
})

test.each(['without a BroadcastChannel', 'where none is granted'])('%s everything else works', async (how) => {
  const scene = browserScene()
  if (how.startsWith('without')) scene.browser.hasChannels = false
  else scene.browser.deniesChannels = true
  const { client, oauth } = await signedIn(scene)
  const stop = watchTabs(oauth, () => {})
  await client.refresh()
  await signOut(oauth, client.session.sessionId)
  stop()
  expect(await resume(scene.open().oauth)).toBeUndefined()
})

test('no channel stays open where nobody listens: the browser may keep the page for going back', async () => {
  const scene = browserScene()
  const { client } = await signedIn(scene)
  await client.refresh()
  expect(scene.browser.messages.length).toBeGreaterThan(1)
  expect(scene.browser.openChannels).toBe(0)
})

test('no message ever holds more than names', async () => {
  const scene = browserScene()
  const { client, oauth } = await signedIn(scene)
  await client.refresh()
  await switchTo(oauth, client.session.sessionId)
  await signOut(oauth, client.session.sessionId)
  for (const { data } of scene.browser.messages) {
    const names = typeof data === 'object' && data !== null ? Object.keys(data) : [data]
    expect(['type', 'sessionId', 'did', 'gen', 'look']).toEqual(expect.arrayContaining(names))
  }
  expect(scene.browser.messages.length).toBeGreaterThan(3)
})

describe('a page that was kept for going back', () => {
  test('closes its channel meanwhile, and opens it again', async () => {
    const scene = browserScene()
    const { page, heard } = listening(scene)
    page.emit('pagehide', { persisted: true })
    expect(scene.browser.openChannels).toBe(0)
    page.emit('pageshow', { persisted: true })
    await signedIn(scene)
    await scene.clock.settle()
    expect(heard.map(({ type }) => type)).toEqual(['signed_in', 'switched'])
  })

  test('is told of the sign-out of the account that was in use', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    const away = listening(scene)
    await resume(away.oauth)
    away.page.emit('pagehide', { persisted: true })
    await signOut(oauth, client.session.sessionId)
    away.page.emit('pageshow', { persisted: true })
    await scene.clock.settle()
    expect(away.heard).toMatchObject([{ type: 'signed_out', sessionId: client.session.sessionId }])
  })

  test('is told of it also where nobody was signed in in this tab', async () => {
    const scene = browserScene()
    const { client, oauth } = await signedIn(scene)
    const away = listening(scene)
    away.page.emit('pagehide', { persisted: true })
    await signOut(oauth, client.session.sessionId)
    away.page.emit('pageshow', { persisted: true })
    await scene.clock.settle()
    expect(away.heard).toMatchObject([{ type: 'signed_out', sessionId: client.session.sessionId }])
    expect(away.events).toEqual([])
  })

  test('is told that another account is in use', async () => {
    const scene = browserScene()
    await signedIn(scene)
    const away = listening(scene)
    away.page.emit('pagehide', { persisted: true })
    const { client: bob } = await signedIn(scene, scene.bob)
    away.page.emit('pageshow', { persisted: true })
    await scene.clock.settle()
    expect(away.heard).toEqual([{ type: 'switched', sessionId: bob.session.sessionId, did: scene.bob.did }])
  })

  test('is told nothing where nothing happened, and has the tokens of a refresh', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    const away = listening(scene)
    await resume(away.oauth)
    away.page.emit('pagehide', { persisted: true })
    await client.refresh()
    away.page.emit('pageshow', { persisted: true })
    await scene.clock.settle()
    expect(away.heard).toEqual([])
    expect(away.events).toMatchObject([{ type: 'refresh_adopted' }])
  })

  test('is told nothing where it was not kept', async () => {
    const scene = browserScene()
    await signedIn(scene)
    const away = listening(scene)
    away.page.emit('pagehide', { persisted: false })
    await signedIn(scene, scene.bob)
    away.page.emit('pageshow', { persisted: false })
    await scene.clock.settle()
    expect(away.heard).toEqual([])
  })
})

test('leaving for a consent page tells nobody anything', async () => {
  const scene = browserScene()
  await leaveToSignIn(scene, scene.open(), scene.alice)
  expect(scene.browser.messages).toEqual([])
})
