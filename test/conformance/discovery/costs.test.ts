import type { FakeNetwork, LogEntry } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { alicesScene, failureOf, type Scene, type SceneOptions } from '../scene.ts'

const PDS = 'https://pds.example.com'
const ENTRYWAY = 'https://entryway.example.com'
const RESOURCE = '/.well-known/oauth-protected-resource'
const SERVER = '/.well-known/oauth-authorization-server'
const LEG = 100

/** The requests of HTTP, without their origin where it is told by the path. */
const requests = ({ log }: FakeNetwork): readonly string[] =>
  log.to(/^http/).map(({ url }) => url.replace(/\?.*$/, ''))

/** Every answer takes a tenth of a second, so that the time of a sign-in tells how long its chain is. */
function slowScene(options: SceneOptions = {}): Scene {
  const scene = alicesScene(options)
  scene.network.fault({ path: /./, delay: 'answer', ms: LEG, times: Infinity, skipChallenges: false })
  return scene
}

/** How many answers a sign-in waits for one after the other. */
async function chainOf({ oauth, clock }: Scene, identifier: string): Promise<number> {
  const begin = clock.monotonic()
  let end: number | undefined
  const done = oauth.authorize(identifier).then(() => void (end = clock.monotonic()))
  while (end === undefined) await clock.advance(LEG)
  await done
  return (end - begin) / LEG
}

/** Behind an entryway nobody wants what the PDS's own origin says of an authorization server. */
const unwanted = () => alicesScene({ network: { entryway: true } })
const own = ({ log }: FakeNetwork): LogEntry | undefined => log.to(PDS + SERVER)[0]

describe('the requests of a sign-in from a cold start', () => {
  test('[B1] [B5] are six in a chain of five, where the PDS is its own issuer, beside one lookup in DNS', async () => {
    const scene = slowScene()
    expect(await chainOf(scene, scene.alice.handle)).toBe(5)
    expect(requests(scene.network)).toEqual([
      `https://${scene.alice.handle}/.well-known/atproto-did`,
      `https://plc.directory/${scene.alice.did}`,
      PDS + RESOURCE,
      PDS + SERVER,
      `${PDS}/oauth/par`,
      `${PDS}/oauth/par`,
    ])
    expect(scene.network.log.count(/^dns:/)).toBe(1)
  })

  test('[A5] are six where the PDS resolves the handle, and DNS is not asked', async () => {
    const scene = slowScene({ client: { handleResolver: PDS } })
    expect(await chainOf(scene, scene.alice.handle)).toBe(5)
    expect(scene.network.log).toHaveLength(6)
    expect(requests(scene.network)[0]).toBe(`${PDS}/xrpc/com.atproto.identity.resolveHandle`)
  })

  test('[B10] are seven in a chain of six behind an entryway', async () => {
    const scene = slowScene({ network: { entryway: true } })
    expect(await chainOf(scene, scene.alice.handle)).toBe(6)
    expect(requests(scene.network).slice(2)).toEqual([
      PDS + RESOURCE,
      PDS + SERVER,
      ENTRYWAY + SERVER,
      `${ENTRYWAY}/oauth/par`,
      `${ENTRYWAY}/oauth/par`,
    ])
    expect(requests(scene.network)).toHaveLength(7)
  })

  test('[A9] are as many by a DID, in a chain of four: the handle is proved while the server is asked', async () => {
    const scene = slowScene()
    expect(await chainOf(scene, scene.alice.did)).toBe(4)
    expect(requests(scene.network)).toHaveLength(6)
  })

  test('[B11] are four at a PDS and at an authorization server, in a chain of three', async () => {
    for (const [identifier, entryway] of [
      [PDS, false],
      [ENTRYWAY, true],
    ] as const) {
      const scene = slowScene({ network: { entryway } })
      expect(await chainOf(scene, identifier)).toBe(3)
      expect(scene.network.log).toHaveLength(4)
    }
  })
})

describe('a second sign-in within ten minutes', () => {
  test('[B12] to the same server costs two requests less', async () => {
    const scene = slowScene()
    const bob = scene.network.createAccount('bob.example.com')
    await chainOf(scene, scene.alice.handle)
    scene.network.log.clear()
    expect(await chainOf(scene, bob.handle)).toBe(4)
    expect(requests(scene.network)).toEqual([
      `https://${bob.handle}/.well-known/atproto-did`,
      `https://plc.directory/${bob.did}`,
      `${PDS}/oauth/par`,
      `${PDS}/oauth/par`,
    ])
  })

  test('[A17] of the same account asks its server alone', async () => {
    const scene = slowScene()
    await chainOf(scene, scene.alice.handle)
    scene.network.log.clear()
    expect(await chainOf(scene, scene.alice.handle)).toBe(2)
    expect(requests(scene.network)).toEqual([`${PDS}/oauth/par`, `${PDS}/oauth/par`])
    expect(scene.network.log.count(/^dns:/)).toBe(0)
  })

  test('[B12] [B10] behind an entryway costs three less: nobody asks the PDS for what it was not', async () => {
    const scene = slowScene({ network: { entryway: true } })
    const bob = scene.network.createAccount('bob.example.com')
    await chainOf(scene, scene.alice.handle)
    scene.network.log.clear()
    await chainOf(scene, bob.handle)
    expect(requests(scene.network)).toHaveLength(4)
  })

  test('[A17] [B12] after ten minutes costs as much as the first', async () => {
    const scene = slowScene()
    await chainOf(scene, scene.alice.handle)
    scene.network.log.clear()
    await scene.clock.advance(600_000)
    expect(await chainOf(scene, scene.alice.handle)).toBe(5)
    expect(requests(scene.network)).toHaveLength(6)
  })

  test('[B10] [B12] after ten minutes, behind an entryway, asks only who is known to answer', async () => {
    const scene = slowScene({ network: { entryway: true } })
    await chainOf(scene, scene.alice.handle)
    scene.network.log.clear()
    await scene.clock.advance(600_000)
    await chainOf(scene, scene.alice.handle)
    expect(requests(scene.network).filter((url) => url.endsWith(SERVER))).toEqual([ENTRYWAY + SERVER])
    expect(requests(scene.network)).toHaveLength(6)
  })
})

describe("the metadata of the PDS's own origin, asked before it is known to be wanted", () => {
  test.each([
    ['fails', { status: 500 }],
    ['is not there', { status: 404 }],
    ['redirects', { redirect: 'https://evil.example.com/' }],
    ['cannot be reached', { refuse: true }],
    ['is for somebody else', { respond: () => Response.json({ issuer: 'https://evil.example.com' }) }],
    ['is a web page', { respond: () => new Response('<html>', { headers: { 'content-type': 'text/html' } }) }],
  ] as const)('[B10] is no error where it is not, and %s', async (_, fault) => {
    const scene = unwanted()
    scene.network.fault({ path: PDS + SERVER, ...fault })
    const { url } = await scene.oauth.authorize(scene.alice.handle)
    expect(new URL(url).origin).toBe(ENTRYWAY)
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test('[B10] is given up once it is known that nobody wants it', async () => {
    const scene = unwanted()
    scene.network.fault({ path: PDS + SERVER, hang: 'request' })
    await scene.oauth.authorize(scene.alice.handle)
    expect(own(scene.network)?.outcome).toBe('aborted')
    expect(scene.clock.sleeping).toBe(0)
  })

  test('[B10] and a failure of it is not held against the PDS', async () => {
    const scene = unwanted()
    scene.network.fault({ path: PDS + SERVER, status: 503, headers: { 'retry-after': '60' } })
    await scene.oauth.authorize(scene.alice.handle)
    await scene.clock.advance(600_000)
    await scene.oauth.authorize(scene.alice.handle)
    expect(scene.network.log.count(PDS + RESOURCE)).toBe(2)
  })

  test('[B3] is given up, and fails without a sound, where the PDS says something wrong', async () => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['resource'] = 'https://other.example.com'
    scene.network.fault({ path: PDS + SERVER, hang: 'request' })
    expect(await failureOf(scene.oauth.authorize(scene.alice.handle))).toMatchObject({ code: 'resource_mismatch' })
    expect(own(scene.network)?.outcome).toBe('aborted')
    expect(scene.clock.sleeping).toBe(0)
  })

  test('[B5] is an error where it is the issuer', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: PDS + SERVER, status: 404 })
    expect(await failureOf(scene.oauth.authorize(scene.alice.handle))).toMatchObject({
      code: 'metadata_unavailable',
      url: PDS + SERVER,
      found: 404,
    })
    expect(scene.network.log.count(PDS + SERVER)).toBe(1)
  })

  test('[B6] is not taken for that of the issuer, however well it is formed', async () => {
    const scene = unwanted()
    const { authorizationServerMetadata: metadata } = scene.network
    scene.network.fault({ path: PDS + SERVER, respond: () => Response.json({ ...metadata, issuer: PDS }) })
    const { url } = await scene.oauth.authorize(scene.alice.handle)
    expect(new URL(url).origin).toBe(ENTRYWAY)
  })

  test('[A9] the handle of a DID is not asked for any longer than the server', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: '/.well-known/atproto-did', hang: 'request' })
    scene.network.fault({ path: PDS + RESOURCE, status: 404 })
    expect(await failureOf(scene.oauth.authorize(scene.alice.did))).toMatchObject({ code: 'metadata_unavailable' })
    expect(scene.network.log.to('/.well-known/atproto-did')[0]?.outcome).toBe('aborted')
    expect(scene.clock.sleeping).toBe(0)
  })
})
