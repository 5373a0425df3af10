import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { untypedBytes } from '../../../e2e/untyped-bytes.ts'
import { SessionError, type XrpcClient } from '../../../src/index.ts'
import { BODIES, TYPE } from './bodies.ts'
import { causesOf, failureOf } from './failure-of.ts'
import type { ForeignClient } from './foreign-client.ts'
import { LIBRARIES } from './libraries.ts'
import { type ByPassword, openScene, type Scene } from './scene.ts'

const HOUR = 60 * 60_000

/** A call by a library, by its name; the last one cannot be sent again. */
type Call = readonly [name: string, call: (library: ForeignClient) => Promise<unknown>]

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene?.close())

describe.each(LIBRARIES)('%s on a session of ours that began with a password', (_, open) => {
  let app: ByPassword
  let client: XrpcClient
  let foreign: ForeignClient
  beforeAll(async () => {
    app = await scene.signInWithPassword()
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
    await foreign.writeNote('by password')
    expect(await foreign.listNotes()).toEqual(['by password'])
    expect(app.sent.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test.each(BODIES)('[J9] uploads %s', async (__, make) => {
    const bytes = untypedBytes(100_000)
    expect(await foreign.upload(make(bytes), TYPE)).toMatchObject({ mimeType: TYPE, size: bytes.length })
  })

  test('[J5] has the error of a method as its own', async () => {
    expect(await foreign.readMissing()).toMatchObject({ status: 400, error: 'RecordNotFound' })
  })

  test('[J10] [J11] sends its own headers: to whom a call is passed on, and whose labels count', async () => {
    await foreign.queryLabels(scene.elsewhere)
    const [call] = scene.passedOn
    expect(call?.headers.get('atproto-accept-labelers')).toContain(scene.elsewhere.labeler)
  })

  const CALLS: readonly Call[] = [
    ['a query', (library) => library.getSession()],
    ['a record', (library) => library.writeNote('later')],
    ...BODIES.map(
      ([name, make]) =>
        [name, (library: ForeignClient) => library.upload(make(untypedBytes(1000)), TYPE)] as const,
    ),
  ]
  test.each(CALLS)('[R3] refreshes once when the token has expired before %s', async (__, call) => {
    await scene.world.skip(3 * HOUR)
    await call(foreign)
    expect(refreshes()).toEqual([200])
    // The old token was not even tried.
    expect(new Set(app.sent.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await foreign.getSession()).toBe(client.did)
    expect((await client.get('com.atproto.server.getSession')).data.did).toBe(client.did)
    expect(refreshes()).toEqual([200])
  })

  test.each(CALLS.slice(0, -1))(
    '[R3] is refused an expired token, and refreshes once, before %s',
    async (__, call) => {
      const slept = await scene.signInWithPassword()
      const library = open(slept.client)
      await scene.world.skip(3 * HOUR)
      // The machine's clock slept too: to us the token is good for a long time.
      slept.clock.fallBehind(3 * HOUR)
      await call(library)
      const [first] = slept.sent
      expect(first?.status).toBe(400)
      expect(await library.getSession()).toBe(slept.client.did)
      expect(refreshesOf(slept)).toEqual([200])
    },
  )

  test('refreshes once for many calls at a time, of both', async () => {
    await scene.world.skip(3 * HOUR)
    const ours = Array.from(
      { length: 5 },
      async () => (await client.get('com.atproto.server.getSession')).data.did,
    )
    const theirs = Array.from({ length: 5 }, () => foreign.getSession())
    expect(await Promise.all([...ours, ...theirs])).toEqual(Array(10).fill(client.did))
    expect(refreshes()).toEqual([200])
  })

  test('says that the session was signed out', async () => {
    const left = await scene.signInWithPassword()
    const theirs = open(left.client)
    expect(await theirs.getSession()).toBe(left.client.did)
    expect(await left.revoke()).toEqual({ accepted: true })
    const failure = await failureOf(theirs.getSession())
    expect(causesOf(failure).find((cause) => cause instanceof SessionError)).toMatchObject({ code: 'signed_out' })
  })
})

function refreshesOf({ sent }: ByPassword): number[] {
  return sent.filter(({ path }) => path.endsWith('.refreshSession')).map(({ status }) => status)
}
