import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openApp, sameStorage } from '../../../e2e/scene.ts'
import { untypedBytes } from '../../../e2e/untyped-bytes.ts'
import { SessionError, type XrpcClient } from '../../../src/index.ts'
import { BODIES, TYPE } from './bodies.ts'
import { causesOf, failureOf } from './failure-of.ts'
import { type ForeignClient, NOTE, PATTERNS } from './foreign-client.ts'
import { LIBRARIES } from './libraries.ts'
import { openScene, type Scene, type SignedIn } from './scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const UPLOAD_PATH = '/xrpc/com.atproto.repo.uploadBlob'
const HOUR = 60 * 60_000
const DOWN = {
  kind: 'status',
  status: 503,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: 'Down', message: 'down for a while' }),
} as const
/** A call by a library, by its name; the last one cannot be sent again. */
type Call = readonly [name: string, call: (library: ForeignClient) => Promise<unknown>]

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene?.close())

describe.each(LIBRARIES)('%s on a session of ours', (_, open) => {
  let app: SignedIn
  /** On a machine that sleeps now and then. */
  let slept: SignedIn
  let client: XrpcClient
  let foreign: ForeignClient
  beforeAll(async () => {
    app = await scene.signIn()
    slept = await scene.signIn()
    client = app.client
    foreign = open(client)
  })
  beforeEach(() => {
    app.sent.length = 0
    scene.passedOn.length = 0
  })

  const refreshes = () => refreshesOf(app)

  test('calls, writes a record and lists it', async () => {
    expect(foreign.did).toBe(client.did)
    expect(await foreign.getSession()).toBe(client.did)
    const uri = await foreign.writeNote('grüße 🦋')
    expect((await foreign.listNotes())[0]).toBe('grüße 🦋')
    const { data } = await client.get('com.atproto.repo.listRecords', {
      params: { repo: client.did, collection: NOTE, limit: 1 },
    })
    expect(data.records).toEqual([{ uri, cid: expect.any(String), value: { $type: NOTE, text: 'grüße 🦋' } }])
    expect(app.sent.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  test.each(BODIES)('[J9] uploads %s, and points to it in a record', async (text, make) => {
    const bytes = untypedBytes(100_000)
    const uploaded = await foreign.upload(make(bytes), TYPE)
    expect(uploaded).toMatchObject({ mimeType: TYPE, size: bytes.length })
    const uri = await foreign.attach(text, make(bytes), TYPE)
    const { data } = await client.get('com.atproto.repo.getRecord', {
      params: { repo: client.did, collection: NOTE, rkey: uri.split('/').at(-1) ?? '' },
    })
    const file = { $type: 'blob', ref: { $link: uploaded.cid }, mimeType: TYPE, size: bytes.length }
    expect(data.value).toEqual({ $type: NOTE, text, file })
    expect(await getBlob(uploaded.cid)).toEqual(bytes)
  })

  test('[J5] has the error of a method as its own', async () => {
    expect(await foreign.readMissing()).toMatchObject({ status: 400, error: 'RecordNotFound' })
  })

  test('[J10] [J11] sends its own headers: to whom a call is passed on, and whose labels count', async () => {
    const { elsewhere } = scene
    await foreign.queryLabels(elsewhere)
    expect(labelersOf(scene)).toContain(elsewhere.labeler)
    await open(client.with({ labelers: ['did:web:other.example.com'] })).queryLabels(elsewhere)
    expect(labelersOf(scene)).toContain(elsewhere.labeler)
    expect(labelersOf(scene)).not.toContain('did:web:other.example.com')
    expect(scene.passedOn).toHaveLength(2)
  })

  test('[J2] sends an array as many parameters of one name', async () => {
    await foreign.queryLabels(scene.elsewhere)
    expect(scene.passedOn.map(({ params }) => [...params])).toEqual([
      PATTERNS.map((pattern) => ['uriPatterns', pattern]),
    ])
  })

  test('calls with the settings of the client that it is given, save where the library sets them itself', async () => {
    const { did, serviceId } = scene.elsewhere
    const labelers = ['did:web:ours.example.com'] as const
    const headers = { 'accept-language': 'de' }
    await open(client.with({ proxy: `${did}#${serviceId}`, headers, labelers })).queryLabels()
    expect(scene.passedOn.map((call) => call.headers.get('accept-language'))).toEqual(['de'])
    expect(labelersOf(scene)).toEqual(foreign.ownLabelers ?? labelers)
  })

  test('[J6] is told what a server says that is down, and repeats nothing', async () => {
    await scene.world.fail({ path: `/xrpc/${GET_SESSION}`, ...DOWN })
    expect(foreign.refusalOf(await failureOf(foreign.getSession()))).toMatchObject({ status: 503, error: 'Down' })
    expect(app.sent.map(({ status }) => status)).toEqual([503])
    expect(await foreign.getSession()).toBe(client.did)
  })

  const CALLS: readonly Call[] = [
    ['a query', (library) => library.getSession()],
    ['a record', (library) => library.writeNote('later')],
    ...BODIES.map(
      ([name, make]) =>
        [name, (library: ForeignClient) => library.attach(name, make(untypedBytes(1000)), TYPE)] as const,
    ),
  ]
  test.each(CALLS)('[R3] refreshes once when the token has expired before %s', async (__, call) => {
    await scene.world.skip(2 * HOUR)
    await call(foreign)
    expect(refreshes()).toEqual([200])
    // The old token was not even tried.
    expect(app.sent.map(({ error }) => error)).not.toContain('invalid_token')
    expect(await foreign.getSession()).toBe(client.did)
    expect((await client.get(GET_SESSION)).data.did).toBe(client.did)
    expect(await open(client).getSession()).toBe(client.did)
    expect(refreshes()).toEqual([200])
  })

  test.each(CALLS.slice(0, -1))(
    '[R3] is refused an expired token, and refreshes once, before %s',
    async (__, call) => {
      const library = open(slept.client)
      // With a token that is good.
      await library.getSession()
      slept.sent.length = 0
      await scene.world.skip(2 * HOUR)
      // The machine's clock slept too: to us the token is good for a long time.
      slept.clock.fallBehind(2 * HOUR)
      await call(library)
      const [first] = slept.sent
      expect(first?.status).toBe(401)
      expect(await library.getSession()).toBe(slept.client.did)
      expect(refreshesOf(slept)).toEqual([200])
    },
  )

  test.each(CALLS.slice(0, -1))('[R2] goes on with the token of another process before %s', async (__, call) => {
    await (await restart()).client.refresh()
    await call(foreign)
    // The server has ended the older token with that.
    expect(app.sent[0]?.status).toBe(401)
    expect(app.sent.at(-1)?.status).toBe(200)
    expect(refreshes()).toEqual([])
  })

  test('refreshes once for many calls at a time, of both', async () => {
    await scene.world.skip(2 * HOUR)
    const ours = Array.from({ length: 5 }, async () => (await client.get(GET_SESSION)).data.did)
    const theirs = Array.from({ length: 5 }, () => foreign.getSession())
    expect(await Promise.all([...ours, ...theirs])).toEqual(Array(10).fill(client.did))
    expect(refreshes()).toEqual([200])
  })

  test('goes on where our own client has refreshed', async () => {
    await client.refresh()
    expect(refreshes()).toEqual([200])
    expect(await foreign.getSession()).toBe(client.did)
    expect(refreshes()).toEqual([200])
  })

  test.each(BODIES.slice(0, 2))(
    '[R2] sends %s again where the server has ended the token early',
    async (__, make) => {
      await refuseToken({ times: 2 })
      const bytes = untypedBytes(1000)
      expect(await foreign.upload(make(bytes), TYPE)).toMatchObject({ size: bytes.length })
      expect(refreshes()).toEqual([200])
    },
  )

  test('[R4] is told that a stream, which cannot be sent again, was refused', async () => {
    await refuseToken({ times: 1 })
    const failure = await failureOf(foreign.upload(new Blob(['once']).stream(), TYPE))
    expect(foreign.refusalOf(failure)).toMatchObject({ status: 401, error: 'InvalidToken' })
    expect(refreshes()).toEqual([])
  })

  test.each(BODIES)('uploads %s as its first call after a restart', async (__, make) => {
    const { client: restored, sent } = await restart()
    expect(await open(restored).upload(make(untypedBytes(1000)), TYPE)).toMatchObject({ size: 1000 })
    // A nonce is not known yet.
    expect([sent[0]?.status, sent.at(-1)?.status]).toEqual([401, 200])
    expect(sent.findLast(({ path }) => path === UPLOAD_PATH)?.status).toBe(200)
  })

  test('[J14] stops where its caller does', async () => {
    const stop = new AbortController()
    const arrived = scene.keepNextWaiting()
    const asking = failureOf(foreign.queryLabels(scene.elsewhere, stop.signal))
    await arrived
    const reason = new Error('the page was left')
    stop.abort(reason)
    expect(causesOf(await asking)).toContain(reason)
  })

  test('says that the session has ended, and why', async () => {
    const ended = await scene.signIn()
    const left = open(ended.client)
    expect(await left.getSession()).toBe(ended.client.did)
    await scene.world.revokeSessions(ended.client.did)
    const failure = await failureOf(left.getSession())
    expect(causesOf(failure).find((cause) => cause instanceof SessionError)).toMatchObject({
      code: 'needs_reauth',
      reason: 'revoked',
    })
  })

  /** Another process, over the same storage. */
  async function restart(): Promise<Pick<SignedIn, 'client' | 'sent'>> {
    const { oauth, sent } = openApp(scene.world, { storage: sameStorage(app.storage) })
    const restored = await oauth.restore(client.session.sessionId)
    if (!restored) throw new Error('the session is gone')
    return { client: restored, sent }
  }

  async function getBlob(cid: string): Promise<Uint8Array> {
    const params = new URLSearchParams({ did: client.did, cid })
    const response = await client.fetchHandler(`/xrpc/com.atproto.sync.getBlob?${params}`)
    return response.bytes()
  }
})

/** The server's database is away, or it has ended the token: for these uploads it is not a good one. */
async function refuseToken({ times }: { readonly times: number }): Promise<void> {
  await scene.world.fail({
    path: UPLOAD_PATH,
    times,
    kind: 'status',
    status: 401,
    headers: { 'www-authenticate': 'DPoP error="invalid_token"', 'content-type': 'application/json' },
    body: JSON.stringify({ error: 'InvalidToken', message: 'the token was revoked' }),
  })
}

function refreshesOf({ tokenRequests }: SignedIn): number[] {
  return tokenRequests().map(({ status }) => status)
}

/** Whose labels the last call that was passed on asks for. */
function labelersOf({ passedOn }: Scene): string[] {
  return passedOn.at(-1)?.headers.get('atproto-accept-labelers')?.split(', ') ?? []
}
