import { OAuthClient, type XrpcClient } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, consentedAlice, failureOf, REDIRECT_URI, type Scene, SCOPE, signIn } from '../scene.ts'

const PDS = 'https://pds.example.com'
const ENTRYWAY = 'https://entryway.example.com'
const RESOURCE = `${PDS}/.well-known/oauth-protected-resource`
const SERVER = `${PDS}/.well-known/oauth-authorization-server`
const WELL_KNOWN = '/.well-known/atproto-did'
const NAME = '_atproto.alice.example.com'
const DIRECTORY = /plc\.directory/
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How often each hop of a sign-in was asked. */
const asked = ({ network: { log } }: Scene) => ({
  dns: log.count(/^dns:/),
  host: log.count(WELL_KNOWN),
  document: log.count(DIRECTORY),
  resource: log.count(RESOURCE),
  server: log.count(SERVER),
})

const ONCE = { dns: 1, host: 1, document: 1, resource: 1, server: 1 }

/** Alice has no handle that anybody answers for. */
function unlistedAlice(): Scene {
  const scene = alicesScene()
  scene.network.wellKnownDids.delete(scene.alice.handle)
  return scene
}

/** Alice has signed in, and ten minutes have passed. */
async function signedInEarlier(scene: Scene): Promise<XrpcClient> {
  const client = await signIn(scene)
  await scene.clock.advance(11 * MINUTE)
  scene.network.log.clear()
  return client
}

describe('what a sign-in remembers', () => {
  test('[A17] [B12] each hop for just under ten minutes', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.handle)
    expect(asked(scene)).toEqual(ONCE)
    await scene.clock.advance(10 * MINUTE - 1)
    await scene.oauth.authorize(scene.alice.handle)
    expect(asked(scene)).toEqual(ONCE)
    await scene.clock.advance(1)
    await scene.oauth.authorize(scene.alice.handle)
    expect(asked(scene)).toEqual({ dns: 2, host: 2, document: 2, resource: 2, server: 2 })
  })

  test('[A17] no longer where the wall clock is set back', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.handle)
    scene.clock.jumpWall(-24 * HOUR)
    await scene.clock.advance(10 * MINUTE)
    await scene.oauth.authorize(scene.alice.handle)
    expect(asked(scene).document).toBe(2)
  })

  test('[A17] for one client, and not for another in the same process', async () => {
    const scene = alicesScene()
    const { network, clock, storage } = scene
    await scene.oauth.authorize(scene.alice.handle)
    const { fetch, resolveTxt } = network
    const other = new OAuthClient({ redirectUri: REDIRECT_URI, scope: SCOPE, storage, fetch, resolveTxt, clock })
    await other.authorize(scene.alice.handle)
    expect(asked(scene)).toEqual({ dns: 2, host: 2, document: 2, resource: 2, server: 2 })
  })

  test('[A9] [A17] an account that took another handle is asked for anew before the handle is called wrong', async () => {
    const scene = alicesScene()
    const { oauth, alice } = scene
    await oauth.authorize(alice.handle)
    alice.rename('alice.example.org')
    await oauth.authorize('alice.example.org')
    expect(asked(scene).document).toBe(2)
    expect(await failureOf(oauth.authorize('alice.example.com'))).toMatchObject({ code: 'handle_not_found' })
  })

  test('[A9] a handle that is wrong at first sight is asked for once', async () => {
    const scene = alicesScene()
    scene.network.wellKnownDids.set('bob.example.com', scene.alice.did)
    expect(await failureOf(scene.oauth.authorize('bob.example.com'))).toMatchObject({ code: 'handle_mismatch' })
    expect(asked(scene)).toMatchObject({ dns: 1, host: 1, document: 1 })
    expect(await failureOf(scene.oauth.authorize('bob.example.com'))).toMatchObject({ code: 'handle_mismatch' })
    expect(asked(scene)).toMatchObject({ dns: 2, host: 2, document: 2 })
  })
})

describe('what fails', () => {
  test('[A17] a handle that nobody answers for is not asked for again for five minutes', async () => {
    const scene = unlistedAlice()
    const attempt = async () => failureOf(scene.oauth.authorize(scene.alice.handle))
    const first = await attempt()
    expect(first).toMatchObject({ code: 'handle_not_found' })
    scene.network.wellKnownDids.set(scene.alice.handle, scene.alice.did)
    await scene.clock.advance(5 * MINUTE - 1)
    expect(await attempt()).toMatchObject({ code: 'handle_not_found', message: first.message })
    expect(asked(scene)).toMatchObject({ dns: 1, host: 1 })
    await scene.clock.advance(1)
    await scene.oauth.authorize(scene.alice.handle)
  })

  test.each([
    ['did_tombstoned', (scene: Scene) => scene.network.didDocuments.set(scene.alice.did, null)],
    ['did_not_found', (scene: Scene) => scene.network.didDocuments.delete(scene.alice.did)],
    ['did_document_invalid', (scene: Scene) => scene.network.didDocuments.set(scene.alice.did, {})],
  ])('[A17] %s stands for five minutes', async (code, spoil) => {
    const scene = alicesScene()
    const document = scene.network.didDocuments.get(scene.alice.did) ?? null
    spoil(scene)
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code })
    scene.network.didDocuments.set(scene.alice.did, document)
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code })
    expect(asked(scene).document).toBe(1)
    await scene.clock.advance(5 * MINUTE)
    await scene.oauth.authorize(scene.alice.did)
  })

  test.each([
    ['cannot be reached', { refuse: true }],
    ['breaks off', { lose: 'answer' }],
    ['answers 500', { status: 500 }],
    ['answers 429', { status: 429 }],
    ['redirects', { redirect: 'https://elsewhere.example.com/' }],
    ['sends too much', { body: 'huge' }],
  ] as const)('[A17] a directory that %s is asked again at once', async (_, fault) => {
    const scene = alicesScene()
    scene.network.fault({ path: DIRECTORY, ...fault })
    await failureOf(scene.oauth.authorize(scene.alice.did))
    await scene.oauth.authorize(scene.alice.did)
    expect(asked(scene).document).toBe(2)
  })

  test.each([
    ['cannot be reached', { refuse: true }],
    ['answers 429', { status: 429 }],
    ['answers 408', { status: 408 }],
    ['answers 503', { status: 503 }],
  ] as const)('[A17] a handle whose host %s is asked for again at once', async (_, fault) => {
    const scene = alicesScene()
    scene.network.fault({ path: WELL_KNOWN, ...fault })
    expect(await failureOf(scene.oauth.authorize(scene.alice.handle))).toMatchObject({
      code: 'handle_unresolved',
      retryable: true,
    })
    await scene.oauth.authorize(scene.alice.handle)
  })

  test('[A17] a failure that the app has changed is not changed for the next caller', async () => {
    const scene = unlistedAlice()
    const first = await failureOf(scene.oauth.authorize(scene.alice.handle))
    Object.assign(first, { action: 'changed' })
    const second = await failureOf(scene.oauth.authorize(scene.alice.handle))
    expect(second).not.toBe(first)
    expect(second.action).toMatch(/^check the spelling/)
  })
})

describe('lookups at the same time', () => {
  test('[A17] ask each hop once', async () => {
    const scene = alicesScene()
    const bob = scene.network.createAccount('bob.example.com')
    const { handle } = scene.alice
    await Promise.all([handle, handle, handle, bob.handle].map((each) => scene.oauth.authorize(each)))
    expect(asked(scene)).toEqual({ dns: 2, host: 2, document: 2, resource: 1, server: 1 })
    expect(scene.network.log.to('/oauth/par').filter(({ status }) => status === 201)).toHaveLength(4)
  })

  test.each([[WELL_KNOWN], [DIRECTORY], [RESOURCE], [SERVER]])(
    '[J14] an abort while %s is asked ends one waiting, and no other',
    async (path) => {
      const scene = alicesScene()
      const hanging = scene.network.fault({ path, hang: 'answer' })
      const controller = new AbortController()
      const leaving = scene.oauth.authorize(scene.alice.handle, { signal: controller.signal })
      const staying = scene.oauth.authorize(scene.alice.handle)
      await hanging.hit
      const left = expect(leaving).rejects.toBe('stop')
      controller.abort('stop')
      await left
      hanging.release()
      expect((await staying).url).toContain('request_uri')
      expect(scene.network.log.entries.map(({ outcome }) => outcome)).not.toContain('aborted')
      expect(asked(scene)).toEqual(ONCE)
    },
  )

  test.each([[NAME], [WELL_KNOWN], [DIRECTORY], [RESOURCE], [SERVER]])(
    '[J14] the last abort while %s is asked ends the request',
    async (path) => {
      for (const by of ['handle', 'did'] as const) {
        const scene = alicesScene()
        const hanging = scene.network.fault({ path, hang: 'answer' })
        const controllers = [new AbortController(), new AbortController()]
        const leaving = controllers.map(({ signal }) =>
          expect(scene.oauth.authorize(scene.alice[by], { signal })).rejects.toBe('stop'),
        )
        await hanging.hit
        await scene.clock.settle()
        for (const controller of controllers) controller.abort('stop')
        await Promise.all(leaving)
        expect(scene.network.log.to(path).map(({ outcome }) => outcome)).toEqual(['aborted'])
        expect(scene.clock.sleeping).toBe(0)
        await scene.oauth.authorize(scene.alice[by])
      }
    },
  )
})

describe('a server whose metadata fails', () => {
  test.each([
    ['cannot be reached', { refuse: true }, { name: 'NetworkError', code: 'unreachable' }],
    ['answers 503', { status: 503 }, { name: 'DiscoveryError', code: 'server_failing', found: 503 }],
    ['answers 429', { status: 429 }, { name: 'DiscoveryError', code: 'server_failing', found: 429 }],
  ] as const)('that %s is left alone for a second, then two, then four', async (_, fault, error) => {
    const scene = alicesScene()
    scene.network.fault({ path: RESOURCE, times: Infinity, ...fault })
    let times = 0
    for (const seconds of [1, 2, 4]) {
      expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ ...error, url: RESOURCE })
      expect(asked(scene).resource).toBe((times += 1))
      await scene.clock.advance(seconds * SECOND - 1)
      expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ ...error, url: RESOURCE })
      expect(asked(scene).resource).toBe(times)
      await scene.clock.advance(1)
    }
    scene.network.clearFaults()
    await scene.oauth.authorize(scene.alice.did)
  })

  test('is left alone for as long as it asks', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: SERVER, status: 503, headers: { 'retry-after': '30' } })
    await failureOf(scene.oauth.authorize(scene.alice.did))
    await scene.clock.advance(30 * SECOND - 1)
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code: 'server_failing' })
    expect(asked(scene).server).toBe(1)
    await scene.clock.advance(1)
    await scene.oauth.authorize(scene.alice.did)
  })

  test('that was too slow for a whole sign-in is left alone too', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: SERVER, hang: 'request' })
    const failing = failureOf(scene.oauth.authorize(scene.alice.did))
    await scene.clock.advance(10 * SECOND)
    expect(await failing).toMatchObject({ code: 'timeout', url: SERVER })
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code: 'timeout', url: SERVER })
    expect(asked(scene).server).toBe(1)
  })

  test.each([[RESOURCE], [SERVER]])('lets people sign in by what %s said last, for a day', async (path) => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.did)
    scene.network.fault({ path, status: 503, times: Infinity })
    await scene.clock.advance(23 * HOUR)
    for (let at = 0; at < 3; at += 1) await scene.oauth.authorize(scene.alice.did)
    expect(scene.network.log.count(path)).toBe(2)
    await scene.clock.advance(HOUR)
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code: 'server_failing' })
  })

  test('is not believed by what it said last where it says something wrong now', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.did)
    scene.network.authorizationServerMetadata['issuer'] = 'https://evil.example.com'
    await scene.clock.advance(10 * MINUTE)
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code: 'issuer_mismatch' })
  })
})

describe('the refresh and the caches', () => {
  test('[R11] [H8] asks every hop, whatever a sign-in has just found', async () => {
    const scene = alicesScene()
    const client = await signedInEarlier(scene)
    await scene.oauth.authorize(scene.alice.handle)
    expect(asked(scene)).toEqual(ONCE)
    await client.refresh()
    expect(asked(scene)).toEqual({ ...ONCE, document: 2, resource: 2, server: 2 })
  })

  test('[R11] and what it finds is there for a sign-in', async () => {
    const scene = alicesScene()
    const client = await signedInEarlier(scene)
    await client.refresh()
    expect(asked(scene)).toEqual({ dns: 0, host: 0, document: 1, resource: 1, server: 1 })
    await scene.oauth.authorize(scene.alice.did)
    expect(asked(scene)).toMatchObject({ document: 1, resource: 1, server: 1 })
  })

  test('[R11] several sessions of one server ask it once', async () => {
    const scene = alicesScene()
    const alice = await signIn(scene)
    const bob = await scene.network.signIn('bob.example.com', { oauth: scene.oauth })
    await scene.clock.advance(11 * MINUTE)
    scene.network.log.clear()
    await Promise.all([alice.refresh(), bob.refresh()])
    expect(asked(scene)).toEqual({ dns: 0, host: 0, document: 2, resource: 1, server: 1 })
  })

  test.each([[RESOURCE], [`${ENTRYWAY}/.well-known/oauth-authorization-server`]])(
    '[R11] never takes what %s said last for a confirmation',
    async (path) => {
      const scene = alicesScene({ network: { entryway: true } })
      const client = await signedInEarlier(scene)
      await scene.oauth.authorize(scene.alice.handle)
      await scene.clock.advance(24 * HOUR)
      scene.network.fault({ path, status: 503, times: Infinity })
      expect(await failureOf(client.refresh())).toMatchObject({ code: 'issuer_unverified' })
      expect(scene.network.log.count('/oauth/token')).toBe(0)
    },
  )

  test('[R11] leaves a server alone that failed a moment ago', async () => {
    const scene = alicesScene()
    const alice = await signIn(scene)
    const bob = await scene.network.signIn('bob.example.com', { oauth: scene.oauth })
    await scene.clock.advance(11 * MINUTE)
    scene.network.log.clear()
    scene.network.fault({ path: RESOURCE, status: 503, times: Infinity })
    // The last good answers stand.
    await alice.refresh()
    await bob.refresh()
    expect(asked(scene)).toMatchObject({ document: 2, resource: 1 })
  })
})

describe('a callback that is to show who signed in', () => {
  test('[F8] asks every hop, whatever was found before', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.handle)
    const consented = await consentedAlice(scene, { identifier: PDS })
    scene.network.log.clear()
    await scene.oauth.callback(consented.callback, { context: consented.context })
    expect(asked(scene)).toMatchObject({ document: 1, resource: 1, server: 1 })
  })

  test('[F8] asks a server that failed a moment ago: the code is spent, and somebody waits', async () => {
    const scene = alicesScene({ network: { entryway: true } })
    const consented = await consentedAlice(scene, { identifier: ENTRYWAY })
    scene.network.fault({ path: RESOURCE, status: 503, headers: { 'retry-after': '600' } })
    expect(await failureOf(scene.oauth.authorize(scene.alice.handle))).toMatchObject({ url: RESOURCE })
    expect(await failureOf(scene.oauth.authorize(scene.alice.handle))).toMatchObject({ url: RESOURCE })
    expect(asked(scene).resource).toBe(1)
    const { client } = await scene.oauth.callback(consented.callback, { context: consented.context })
    expect(client.did).toBe(scene.alice.did)
    expect(asked(scene).resource).toBe(2)
  })

  test('[F8] is not confirmed by what a server said last', async () => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene, { identifier: PDS })
    scene.network.fault({ path: RESOURCE, status: 503 })
    expect(
      await failureOf(scene.oauth.callback(consented.callback, { context: consented.context })),
    ).toMatchObject({ code: 'server_failing', url: RESOURCE })
  })
})
