import { AtproofError, resume, signOut } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import {
  APP,
  browserScene,
  type BrowserScene,
  CALLBACK,
  failureOf,
  keptIn,
  leaveToSignIn,
  ofItsOwn,
  signedIn,
  signInsIn,
} from './scene.ts'

const HOUR = 3_600_000
const never = () => new Promise<never>(() => {})

/** Alice has consented: the URL that her browser comes back by. */
async function consented(scene: BrowserScene, options?: Parameters<typeof leaveToSignIn>[3]): Promise<string> {
  return scene.alice.approve(await leaveToSignIn(scene, scene.open(), scene.alice, options))
}

const exchanges = ({ network }: BrowserScene) => network.log.to('/oauth/token')

describe('coming back from the consent page', () => {
  test("[E5] signs in, and gives the app's state back", async () => {
    const scene = browserScene()
    const { oauth } = scene.open(await consented(scene, { state: '/inbox' }))
    const back = await resume(oauth)
    expect(back).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
  })

  test.each([
    ['the query', 'query', 'search'],
    ['the fragment', 'fragment', 'hash'],
  ] as const)('[E7] cleans %s before any request', async (_, responseMode, part) => {
    const scene = browserScene()
    const callback = await consented(scene, { responseMode })
    expect(new URL(callback)[part]).toContain('code=')
    const addresses = new Set<string>()
    const tab = scene.open(callback, {
      fetch(url, init) {
        addresses.add(tab.page.address)
        return scene.network.fetch(url, init)
      },
    })
    expect(await resume(tab.oauth)).toMatchObject({ client: { did: scene.alice.did } })
    expect([...addresses]).toEqual([CALLBACK])
    expect(tab.page.addresses).toEqual([callback, CALLBACK])
  })

  test("[E7] keeps what is the app's own of the address, letter for letter", async () => {
    const scene = browserScene()
    const { search } = new URL(await consented(scene))
    const { oauth, page } = scene.open(`${CALLBACK}?a=b%20c+d&flag&${search.slice(1)}#/own?x=1`)
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did } })
    expect(page.address).toBe(`${CALLBACK}?a=b%20c+d&flag#/own?x=1`)
  })

  test("keeps the app's query where the response is in the fragment", async () => {
    const scene = browserScene()
    const { hash } = new URL(await consented(scene, { responseMode: 'fragment' }))
    const { oauth, page } = scene.open(`${CALLBACK}?a=b${hash}`)
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did } })
    expect(page.address).toBe(`${CALLBACK}?a=b`)
  })

  test("finds the response in the fragment behind a state of the app's own, which stays", async () => {
    const scene = browserScene()
    const { hash } = new URL(await consented(scene, { responseMode: 'fragment' }))
    const { oauth, page } = scene.open(`${CALLBACK}?state=draft${hash}`)
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did } })
    expect(page.address).toBe(`${CALLBACK}?state=draft`)
  })

  test('forgets the context once it was used', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    const [name = ''] = signInsIn(scene)
    expect(JSON.parse(keptIn(scene)[name] ?? '')).toHaveProperty('context')
    await resume(scene.open(callback).oauth)
    expect(JSON.parse(keptIn(scene)[name] ?? '')).not.toHaveProperty('context')
  })

  test('keeps no token, code or state where scripts of the page can read', async () => {
    const scene = browserScene()
    const callback = await consented(scene, { state: 'of the app' })
    const { searchParams } = new URL(callback)
    await resume(scene.open(callback).oauth)
    const kept = JSON.stringify([keptIn(scene), scene.browser.messages])
    for (const secret of [searchParams.get('code'), searchParams.get('state'), 'of the app', 'eyJ']) {
      expect(kept).not.toContain(secret)
    }
  })

  test('[E3] throws what the person refused, with the state of the app, and cleans the address', async () => {
    const scene = browserScene()
    const url = await leaveToSignIn(scene, scene.open(), scene.alice, { state: '/inbox' })
    const { oauth, page } = scene.open(scene.alice.deny(url))
    expect(await failureOf(resume(oauth))).toMatchObject({ code: 'access_denied', state: '/inbox' })
    expect(page.address).toBe(CALLBACK)
    expect(await resume(oauth)).toBeUndefined()
  })

  test('shares one sign-in among all who call it at once, and a caller who gives up ends no sign-in', async () => {
    const scene = browserScene()
    const { oauth } = scene.open(await consented(scene, { state: '/inbox' }))
    const givenUp = new AbortController()
    const first = failureOf(resume(oauth, { signal: givenUp.signal }))
    const second = resume(oauth)
    givenUp.abort(new Error('unmounted'))
    expect(await first).toMatchObject({ message: 'unmounted' })
    expect(await second).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('does nothing for a caller who gave up before', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open(await consented(scene))
    expect(await failureOf(resume(oauth, { signal: AbortSignal.abort(new Error('gone')) }))).toMatchObject({
      message: 'gone',
    })
    await scene.clock.settle()
    expect(page.addresses).toHaveLength(1)
  })

  test('puts the response back where the storage fails before the code is spent, so that a reload tries again', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    const failing = { ...ofItsOwn(scene.storage), get: () => Promise.reject(new Error('the disk is away')) }
    const { oauth, page } = scene.open(callback, { storage: failing })
    expect(await failureOf(resume(oauth))).toMatchObject({ code: 'read_failed' })
    expect(page.addresses).toEqual([callback, CALLBACK, callback])
    expect(await resume(scene.open(page.address).oauth)).toMatchObject({ client: { did: scene.alice.did } })
  })

  test('puts the response back over no address that the app has set meanwhile', async () => {
    const scene = browserScene()
    const inbox = `${APP}/inbox`
    const tab = scene.open(await consented(scene), {
      storage: {
        ...ofItsOwn(scene.storage),
        get() {
          tab.page.history.replaceState(tab.page.history.state, '', inbox)
          return Promise.reject(new Error('the disk is away'))
        },
      },
    })
    expect(await failureOf(resume(tab.oauth))).toMatchObject({ code: 'read_failed', retryable: true })
    expect(tab.page.address).toBe(inbox)
  })

  test('leaves an address alone that the app sets while it is looked at, and finishes all the same', async () => {
    const scene = browserScene()
    const { oauth, page } = scene.open(await consented(scene))
    const resuming = resume(oauth)
    page.history.replaceState(page.history.state, '', `${APP}/inbox`)
    expect(await resuming).toMatchObject({ client: { did: scene.alice.did } })
    expect(page.address).toBe(`${APP}/inbox`)
  })

  test.each(['#/', '&tab=1'])(
    'takes the response out of an address to which the app has added %s meanwhile',
    async (own) => {
      const scene = browserScene()
      const callback = await consented(scene)
      const { oauth, page } = scene.open(callback)
      const resuming = resume(oauth)
      page.history.replaceState(page.history.state, '', callback + own)
      expect(await resuming).toMatchObject({ client: { did: scene.alice.did } })
      expect(page.address).toBe(CALLBACK + own.replace('&', '?'))
    },
  )

  test('puts nothing back over an address that the app set while it was looked at', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    const failing = { ...ofItsOwn(scene.storage), get: () => Promise.reject(new Error('the disk is away')) }
    const { oauth, page } = scene.open(callback, { storage: failing })
    const resuming = resume(oauth)
    page.history.replaceState(page.history.state, '', CALLBACK)
    expect(await failureOf(resuming)).toMatchObject({ code: 'read_failed' })
    expect(page.addresses).toEqual([callback, CALLBACK])
  })

  test('puts back what the app had added to the address, too', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    const failing = { ...ofItsOwn(scene.storage), get: () => Promise.reject(new Error('the disk is away')) }
    const { oauth, page } = scene.open(callback, { storage: failing })
    const resuming = resume(oauth)
    page.history.replaceState(page.history.state, '', `${callback}#/`)
    expect(await failureOf(resuming)).toMatchObject({ code: 'read_failed' })
    expect(page.address).toBe(`${callback}#/`)
  })

  test('puts nothing back where the state was spent before, and the account in use cannot be read', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    await resume(scene.open(callback).oauth)
    const storage = { ...ofItsOwn(scene.storage), get: () => Promise.reject(new Error('the disk is away')) }
    const { oauth, page } = scene.open(callback, { storage })
    expect(await failureOf(resume(oauth))).toMatchObject({ code: 'read_failed', retryable: true })
    expect(page.address).toBe(CALLBACK)
  })

  test('puts nothing back where the code may be spent', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    scene.network.fault({ path: '/oauth/token', lose: 'answer', times: Infinity })
    const { oauth, page } = scene.open(callback)
    const failing = failureOf(resume(oauth))
    await scene.clock.advance(60_000)
    expect(await failing).toMatchObject({ name: 'NetworkError', retryable: false })
    expect(page.address).toBe(CALLBACK)
  })
})

describe('a response that nobody waits for', () => {
  test('[E1] [E5] of another browser is refused, and nothing is sent', async () => {
    const [scene, other] = [browserScene(), browserScene()]
    const { oauth, page } = other.open(await consented(scene))
    expect(await failureOf(resume(oauth))).toMatchObject({ code: 'state_unknown', action: 'sign in again' })
    expect(page.address).toBe(CALLBACK)
    expect(exchanges(other)).toEqual([])
  })

  test('[E5] of another browser leaves the account that is signed in here alone', async () => {
    const scene = browserScene()
    const { client } = await signedIn(scene)
    const foreign = `${CALLBACK}?state=${'x'.repeat(43)}&iss=https%3A%2F%2Fpds.example.com&code=cod-1`
    const { oauth, page } = scene.open(foreign)
    expect((await resume(oauth))?.client.session.sessionId).toBe(client.session.sessionId)
    expect(page.address).toBe(CALLBACK)
  })

  test('[E1] with an error of a stranger is none of a sign-in that waits', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    const forged = `${CALLBACK}?state=forged&iss=https%3A%2F%2Fevil.example.com&error=access_denied`
    expect(await failureOf(resume(scene.open(forged).oauth))).toMatchObject({ code: 'state_unknown' })
    expect(await resume(scene.open(callback).oauth)).toMatchObject({ client: { did: scene.alice.did } })
  })

  test('[E2] without an issuer is refused where the state is ours', async () => {
    const scene = browserScene()
    const url = new URL(await consented(scene))
    url.searchParams.delete('iss')
    expect(await failureOf(resume(scene.open(url.href).oauth))).toMatchObject({ code: 'issuer_missing' })
    expect(exchanges(scene)).toEqual([])
  })

  test("without an issuer and with a state that is not ours is another library's, and stays where it is", async () => {
    const scene = browserScene()
    const address = `${CALLBACK}?state=theirs&code=theirs`
    const { oauth, page } = scene.open(address)
    expect(await resume(oauth)).toBeUndefined()
    expect(page.addresses).toEqual([address])
  })

  test('[E3] without a code or an error is refused where the state is ours', async () => {
    const scene = browserScene()
    const url = new URL(await consented(scene))
    url.searchParams.delete('code')
    expect(await failureOf(resume(scene.open(url.href).oauth))).toMatchObject({ code: 'code_missing' })
  })

  test.each(['?state=x', '?code=x', '?error=x', '#state=x', '', '?', '#'])(
    'is no response in an address with %j',
    async (part) => {
      const scene = browserScene()
      const { oauth, page } = scene.open(`${CALLBACK}${part}`)
      expect(await resume(oauth)).toBeUndefined()
      expect(page.addresses).toHaveLength(1)
    },
  )

  test('an hour late says so, and is forgotten', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    await scene.clock.advance(HOUR)
    const { oauth } = scene.open(callback)
    expect(await failureOf(resume(oauth))).toMatchObject({ code: 'sign_in_expired' })
    expect(signInsIn(scene)).toEqual([])
    expect(await resume(oauth)).toBeUndefined()
  })

  test('a minute before the hour is over is in time', async () => {
    const scene = browserScene()
    const callback = scene.alice.deny(await leaveToSignIn(scene, scene.open(), scene.alice))
    await scene.clock.advance(HOUR - 60_000)
    expect(await failureOf(resume(scene.open(callback).oauth))).toMatchObject({ code: 'access_denied' })
  })

  test('whose sign-in seems to begin in the future, since the clock was set back, is over too', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    scene.clock.jumpWall(-HOUR)
    expect(await failureOf(resume(scene.open(callback).oauth))).toMatchObject({ code: 'sign_in_expired' })
    expect(signInsIn(scene)).toEqual([])
  })

  test('is not looked for in a text that is longer than any of ours', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    for (const [key, text] of scene.browser.textsOf(APP)) {
      scene.browser.textsOf(APP).set(key, text + ' '.repeat(100_000))
    }
    expect(await failureOf(resume(scene.open(callback).oauth))).toMatchObject({ code: 'state_unknown' })
  })

  test('for want of what the browser kept is unknown, whatever stands there instead', async () => {
    for (const text of ['', '{', '"text"', '[]', '{"at":1}', 'x'.repeat(100_000)]) {
      const scene = browserScene()
      const callback = await consented(scene)
      for (const [key] of scene.browser.textsOf(APP)) scene.browser.textsOf(APP).set(key, text)
      expect(await failureOf(resume(scene.open(callback).oauth))).toMatchObject({ code: 'state_unknown' })
      expect(exchanges(scene)).toEqual([])
    }
  })
})

describe('a response for another client of the origin', () => {
  const OTHER = { clientId: 'https://app.example.com/client-metadata.json' }
  const ofOther = `?state=${'x'.repeat(43)}&iss=https%3A%2F%2Fpds.example.com&code=cod-1`

  test('stays for it, whichever of them looks first', async () => {
    const scene = browserScene()
    const callback = await consented(scene, { state: '/inbox' })
    const { page, oauth } = scene.open(callback)
    const other = scene.open(undefined, { ...OTHER, page })
    expect(await resume(other.oauth)).toBeUndefined()
    expect(page.addresses).toEqual([callback])
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
    expect(page.addresses).toEqual([callback, CALLBACK])
  })

  test('stays for it where only its tab has room for what it waits for', async () => {
    const scene = browserScene()
    scene.browser.refusal = 'full'
    const tab = scene.open()
    tab.page.addresses.push(scene.alice.approve(await leaveToSignIn(scene, tab, scene.alice)))
    expect(await resume(scene.open(undefined, { ...OTHER, page: tab.page }).oauth)).toBeUndefined()
    expect(await resume(tab.oauth)).toMatchObject({ client: { did: scene.alice.did } })
  })

  test('brings the account in use back, as if there were none', async () => {
    const scene = browserScene()
    await signedIn(scene)
    const address = `${APP}/theirs${ofOther}`
    const { oauth, page } = scene.open(address)
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did }, state: undefined })
    expect(page.addresses).toEqual([address])
  })

  test.each([
    `${APP}/theirs`,
    `${APP}/callback/`,
    `${APP}/`,
    'http://127.0.0.1:3000/callback',
    'https://127.0.0.1:5173/callback',
  ])('stays at an address that is none of ours: %s', async (at) => {
    const scene = browserScene()
    const { oauth, page } = scene.open(at + ofOther)
    expect(await resume(oauth)).toBeUndefined()
    expect(page.addresses).toHaveLength(1)
  })

  test.each([CALLBACK, 'http://127.0.0.1/callback'])(
    'is one of ours at the redirect URI %s, and refused',
    async (redirectUri) => {
      const scene = browserScene()
      const { oauth, page } = scene.open(CALLBACK + ofOther, { redirectUri })
      expect(await failureOf(resume(oauth))).toMatchObject({ code: 'state_unknown' })
      expect(page.address).toBe(CALLBACK)
    },
  )

  test('that waits for another response keeps this one from nobody', async () => {
    const scene = browserScene()
    await leaveToSignIn(scene, scene.open(), scene.alice)
    const { oauth } = scene.open(CALLBACK + ofOther, OTHER)
    expect(await failureOf(resume(oauth))).toMatchObject({ code: 'state_unknown' })
  })
})

describe('a response that was used', () => {
  test('brings the account back: the page was reloaded, or gone back to', async () => {
    const scene = browserScene()
    const callback = await consented(scene, { state: '/inbox' })
    const first = await resume(scene.open(callback).oauth)
    const again = await resume(scene.open(callback).oauth)
    expect(again?.client.session.sessionId).toBe(first?.client.session.sessionId)
    expect(again?.state).toBeUndefined()
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('brings the account back long after the browser forgot the sign-in', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    await resume(scene.open(callback).oauth)
    await scene.clock.advance(3 * HOUR)
    expect(await resume(scene.open(callback).oauth)).toMatchObject({ client: { did: scene.alice.did } })
  })

  test.each([
    ['a moment', 0],
    ['three hours', 3 * HOUR],
  ])('brings nobody back %s after the account signed out, and is no failure', async (_, ms) => {
    const scene = browserScene()
    const callback = await consented(scene)
    const { oauth } = scene.open(callback)
    await signOut(oauth, (await resume(oauth))?.client.session.sessionId ?? '')
    await scene.clock.advance(ms)
    expect(await resume(scene.open(callback).oauth)).toBeUndefined()
  })

  test('brings the account in use back, not the one that signed in by it', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    await resume(scene.open(callback).oauth)
    await signedIn(scene, scene.bob)
    expect(await resume(scene.open(callback).oauth)).toMatchObject({ client: { did: scene.bob.did } })
  })

  test('in several tabs at once signs in once, and all have it with its state', async () => {
    const scene = browserScene()
    const callback = await consented(scene, { state: '/inbox' })
    const backs = Promise.all([1, 2, 3].map(() => resume(scene.open(callback).oauth)))
    await scene.clock.advance(5000)
    const [first, ...others] = await backs
    for (const back of [first, ...others]) {
      expect(back).toMatchObject({ client: { did: scene.alice.did }, state: '/inbox' })
      expect(back?.client.session.sessionId).toBe(first?.client.session.sessionId)
    }
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('in several tabs at once, and refused, is refused in all', async () => {
    const scene = browserScene()
    const url = await leaveToSignIn(scene, scene.open(), scene.alice)
    const callback = scene.alice.deny(url)
    const failures = Promise.all([1, 2].map(() => failureOf(resume(scene.open(callback).oauth))))
    await scene.clock.advance(5000)
    for (const failure of await failures) expect(failure).toMatchObject({ code: 'access_denied' })
  })

  test('by a tab that was frozen over it says so after ten seconds', async () => {
    const scene = browserScene()
    const callback = await consented(scene)
    const frozen = scene.open(callback, { fetch: never, clock: { ...scene.clock, sleep: never } })
    void resume(frozen.oauth)
    await scene.clock.settle()
    const failing = failureOf(resume(scene.open(callback).oauth))
    await scene.clock.advance(11_000)
    expect(await failing).toMatchObject({ code: 'state_spent', action: 'sign in again' })
    expect(signInsIn(scene)).toEqual([])
  })

  test('by a tab that failed over it fails alike', async () => {
    const scene = browserScene()
    const callback = await consented(scene, { state: '/inbox' })
    scene.network.fault({ path: '/oauth/token', lose: 'answer', times: Infinity })
    const failures = Promise.all([1, 2].map(() => failureOf(resume(scene.open(callback).oauth))))
    await scene.clock.advance(60_000)
    const codes = (await failures).map((failure) => (failure instanceof AtproofError ? failure.code : undefined))
    expect(codes.toSorted()).toEqual(['connection_failed', 'sign_in_elsewhere'])
  })
})
