import { type BlobBody, nsid, type Storage, type XrpcClient } from 'atproof'
import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, openApp, sameStorage, signIn } from './scene.ts'
import { untypedBytes } from './untyped-bytes.ts'
import { APP_WORLDS, type SkippingClock, type World } from './world.ts'

const UPLOAD = '/xrpc/com.atproto.repo.uploadBlob'
const GET_SESSION = '/xrpc/com.atproto.server.getSession'
/** What the reference server takes at most: 5 MB. */
const LIMIT = 5_242_880
/** No type that a server could tell from the bytes. */
const TYPE = 'application/x-note'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Bytes = Uint8Array<ArrayBuffer>
type Body = (bytes: Bytes) => BlobBody | Promise<BlobBody>

const streamOf = (bytes: Bytes) => new Blob([bytes]).stream()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atproof-uploads-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A file that is read as it is sent. */
async function fileOf(bytes: Bytes): Promise<Blob> {
  const path = join(folder, crypto.randomUUID())
  await writeFile(path, bytes)
  return openAsBlob(path)
}

/** What can be sent again. */
const REPEATABLE: readonly (readonly [name: string, body: Body])[] = [
  ['a Blob', (bytes) => new Blob([bytes], { type: TYPE })],
  ['bytes', (bytes) => bytes],
  ['a function that makes a stream', (bytes) => () => streamOf(bytes)],
]
/** The fake network's clock, which goes by itself, does not wait for a disk. */
const ON_DISK: typeof REPEATABLE = [['a file', fileOf]]

/** An app, and its client of an account. */
interface SignedIn {
  readonly app: App
  readonly client: XrpcClient
  readonly clock: SkippingClock
}

const requestsOf = ({ sent }: App) => sent.map(({ path, status }) => [path, status] as const)
const failureOf = (upload: Promise<unknown>) =>
  upload.then(
    () => expect.unreachable('it was to fail'),
    (error: unknown) => error,
  )

/** Uploads, points to it in a record, and reads it back, byte for byte. */
async function roundTrip({ client, app }: SignedIn, body: Body): Promise<readonly (readonly [string, number])[]> {
  const bytes = untypedBytes(LIMIT)
  app.sent.length = 0
  const { data, status } = await client.uploadBlob(await body(bytes), { encoding: TYPE })
  const requests = requestsOf(app)
  expect(status).toBe(200)
  expect(data.blob).toEqual({
    $type: 'blob',
    ref: { $link: expect.stringMatching(/^bafkrei/) },
    mimeType: TYPE,
    size: LIMIT,
  })
  await client.records(nsid('com.example.album')).create({ file: data.blob })
  const { data: read, headers } = await client.getBlob(data.blob)
  expect(headers.get('content-type')).toBe(TYPE)
  expect(Buffer.compare(read, bytes)).toBe(0)
  return requests
}

describe.each(APP_WORLDS)('on %s', (name, open) => {
  const repeatable = name === 'the fake network' ? REPEATABLE : [...REPEATABLE, ...ON_DISK]
  const bodies: typeof REPEATABLE = [...repeatable, ['a stream', streamOf]]
  let world: World
  let storage: Storage
  let sessionId: string
  beforeAll(async () => {
    world = await open()
    const app = openApp(world)
    const { session } = await signIn(app, await world.newPerson())
    storage = app.storage
    sessionId = session.sessionId
  })
  afterAll(() => world.close())

  /** As after a restart: what is stored comes along, and no nonce. Nothing was sent. */
  async function restarted(): Promise<SignedIn> {
    const clock = world.newClock()
    const app = openApp(world, { clock, storage: sameStorage(storage) })
    const client = await app.oauth.restore(sessionId)
    if (!client) throw new Error('the session is gone')
    return { app, client, clock }
  }

  /** One that has just called the server, and knows its nonce. */
  async function inUse(): Promise<SignedIn> {
    const scene = await restarted()
    await scene.client.get('com.atproto.server.getSession')
    scene.app.sent.length = 0
    return scene
  }

  /** Another process has refreshed. The server takes the token of this one no more, which does not know that yet. */
  async function outdated(): Promise<SignedIn> {
    const scene = await inUse()
    await (await restarted()).client.refresh()
    return scene
  }

  describe('without a nonce', () => {
    test.each(repeatable)('[J9] %s of 5 MB is the first request after a restart, sent twice', async (__, body) => {
      expect(await roundTrip(await restarted(), body)).toEqual([
        [UPLOAD, 401],
        [UPLOAD, 200],
      ])
    })

    test('[J9] a stream of 5 MB is the first upload after a restart, behind a small request', async () => {
      expect(await roundTrip(await restarted(), streamOf)).toEqual([
        [GET_SESSION, 401],
        [GET_SESSION, 200],
        [UPLOAD, 200],
      ])
    })

    test.each(repeatable)('[J9] %s of 5 MB is sent twice where the server has new nonces', async (__, body) => {
      const scene = await inUse()
      await world.invalidateNonces()
      expect(await roundTrip(scene, body)).toEqual([
        [UPLOAD, 401],
        [UPLOAD, 200],
      ])
    })

    test('[J9] a stream of 5 MB waits for a small request where nothing was called for a minute', async () => {
      const scene = await inUse()
      await world.invalidateNonces()
      await scene.clock.skip(MINUTE)
      expect(await roundTrip(scene, streamOf)).toEqual([
        [GET_SESSION, 401],
        [GET_SESSION, 200],
        [UPLOAD, 200],
      ])
    })

    test('a stream that met new nonces is gone, and the error says what can be sent again', async () => {
      const scene = await inUse()
      const { app, client } = scene
      await world.invalidateNonces()
      const failure = await failureOf(client.uploadBlob(streamOf(untypedBytes(LIMIT)), { encoding: TYPE }))
      expect(failure).toMatchObject({
        name: 'XrpcError',
        code: 'error_response',
        status: 401,
        error: 'use_dpop_nonce',
        retryable: false,
        action: expect.stringContaining('a function that makes the stream'),
      })
      expect(requestsOf(app)).toEqual([[UPLOAD, 401]])
      // The refusal has brought the nonce.
      expect(await roundTrip(scene, streamOf)).toEqual([[UPLOAD, 200]])
    })
  })

  describe('with a token that the server ended early', () => {
    test.each(repeatable)('[R2] %s of 5 MB is sent again with the newer one', async (__, body) => {
      expect(await roundTrip(await outdated(), body)).toEqual([
        [UPLOAD, 401],
        [UPLOAD, 200],
      ])
    })

    test('[R4] a stream is gone, and the error says what can be sent again', async () => {
      const scene = await outdated()
      const { app, client } = scene
      const failure = await failureOf(client.uploadBlob(streamOf(untypedBytes(LIMIT)), { encoding: TYPE }))
      expect(failure).toMatchObject({
        name: 'XrpcError',
        code: 'error_response',
        nsid: 'com.atproto.repo.uploadBlob',
        status: 401,
        error: 'invalid_token',
        retryable: false,
        action: 'give `input` as a function that makes the stream: a stream can be sent only once',
        message: expect.stringMatching(/uploadBlob.*401 invalid_token/),
      })
      expect(requestsOf(app)).toEqual([[UPLOAD, 401]])
      expect(await roundTrip(scene, (bytes) => () => streamOf(bytes))).toEqual([
        [UPLOAD, 401],
        [UPLOAD, 200],
      ])
    })
  })

  test.each(bodies)('[R3] [J9] an expired token is refreshed before %s of 5 MB', async (__, body) => {
    const scene = await inUse()
    await world.skip(2 * HOUR)
    const requests = await roundTrip(scene, body)
    expect(scene.app.tokenRequests().map(({ status }) => status)).toEqual([200])
    expect(requests.filter(([path, status]) => path === UPLOAD && status === 200)).toHaveLength(1)
    expect(requests.findIndex(([path]) => path === '/oauth/token')).toBeLessThan(
      requests.findIndex(([path]) => path === UPLOAD),
    )
  })

  test.each(bodies)('[J6] %s of a byte more than 5 MB is refused, once and by its name', async (__, body) => {
    const { app, client } = await inUse()
    const failure = await failureOf(client.uploadBlob(await body(untypedBytes(LIMIT + 1)), { encoding: TYPE }))
    expect(failure).toMatchObject({
      name: 'XrpcError',
      code: 'error_response',
      status: 413,
      error: 'PayloadTooLarge',
      retryable: false,
      action: undefined,
    })
    expect(requestsOf(app)).toEqual([[UPLOAD, 413]])
  })
})
