import {
  memoryStorage,
  revokePasswordSession,
  signInWithPassword,
  type SignInWithPasswordOptions,
  type Storage,
} from 'atproof'
import { fileStorage } from 'atproof/node'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parsePassword, type PasswordRecord } from '../src/session/password-record.ts'
import type { Person } from './contract/world.ts'
import { sameStorage } from './scene.ts'
import { APP_WORLDS, type World } from './world.ts'

// Loaded beforehand: the clock of the fake network cannot see that a module is still being loaded.
await Promise.all([import('../src/discovery/identifier.ts'), import('../src/discovery/identity.ts')])

const GET_SESSION = 'com.atproto.server.getSession'
const CREATE = '/xrpc/com.atproto.server.createSession'
const REFRESH = '/xrpc/com.atproto.server.refreshSession'
const DELETE = '/xrpc/com.atproto.server.deleteSession'
const HOUR = 60 * 60_000

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  const folders: string[] = []
  /** Where a bot keeps its session. The clock of the fake network cannot see a disk either. */
  async function newStorage(): Promise<() => Storage> {
    if (world.kind === 'fake') {
      const storage = memoryStorage({ clock: world.newClock() })
      return () => sameStorage(storage)
    }
    const folder = await mkdtemp(join(tmpdir(), 'atproof-password-'))
    folders.push(folder)
    return () => fileStorage(folder)
  }
  beforeAll(async () => {
    world = await open()
  })
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
  })
  afterAll(() => world.close())

  /** A bot with a storage of its own. Each start is that of another process: nothing but what is stored comes along. */
  async function bot() {
    const person = await world.newPerson()
    const openStorage = await newStorage()
    const sent: { readonly path: string; readonly status: number }[] = []
    const clock = world.newClock()
    const options = () => ({
      ...world.clientOptions,
      clock,
      storage: openStorage(),
      async fetch(url: string, init: RequestInit) {
        const { pathname: path } = new URL(url)
        try {
          const response = await world.fetch(url, init)
          sent.push({ path, status: response.status })
          return response
        } catch (error) {
          sent.push({ path, status: 0 })
          throw error
        }
      },
    })
    const start = (
      change: SignInWithPasswordOptions & { readonly password?: string; readonly as?: string } = {},
    ) => {
      const { password = person.password, as = person.did, ...more } = change
      return signInWithPassword(as, password, { ...options(), ...more })
    }
    const answers = (path: string) => sent.filter((each) => each.path === path).map(({ status }) => status)
    return { person, sent, options, start, answers, clock }
  }

  /** An app password, where there are such. */
  async function passwordOf(
    { password }: Person,
    start: Awaited<ReturnType<typeof bot>>['start'],
  ): Promise<string> {
    if (world.kind === 'fake') return password
    const client = await start()
    const response = await client.fetchHandler('/xrpc/com.atproto.server.createAppPassword', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'the bot' }),
    })
    const made = (await response.json()) as { password: string }
    return made.password
  }

  test('signs in with an app password, writes a record and reads it back', async () => {
    const { person, start, options } = await bot()
    const password = await passwordOf(person, start)
    const storage = (await newStorage())()
    const client = await start({ as: person.handle, password, storage })
    expect(client.session).toMatchObject({
      did: person.did,
      handle: person.handle,
      pds: world.pds,
      status: 'active',
    })
    if (world.kind === 'real') expect(client.session.scope).toBe('com.atproto.appPass')
    const collection = 'com.example.note'
    const record = { $type: collection, text: 'grüße 🦋' }
    const { data } = await client.post('com.atproto.repo.createRecord', {
      input: { repo: client.did, collection, record },
    })
    const { data: listed } = await client.get('com.atproto.repo.listRecords', {
      params: { repo: client.did, collection },
    })
    expect(listed.records).toEqual([{ uri: data.uri, cid: data.cid, value: record }])
    expect(await revokePasswordSession(client.session.sessionId, { ...options(), storage })).toEqual({
      accepted: true,
    })
  })

  test('goes on after a restart without signing in again', async () => {
    const { start, sent, answers } = await bot()
    const { session } = await start()
    sent.length = 0
    const client = await start()
    expect(sent).toEqual([])
    expect(client.session.sessionId).toBe(session.sessionId)
    expect((await client.get(GET_SESSION)).status).toBe(200)
    expect(answers(CREATE)).toEqual([])
  })

  test('refreshes once for twenty parallel calls on an expired token', async () => {
    const { start, answers } = await bot()
    const client = await start()
    await world.skip(2 * HOUR + 1000)
    const results = await Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
    expect(results.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(answers(REFRESH)).toEqual([200])
  })

  test('refreshes once for two processes', async () => {
    const { start, answers } = await bot()
    const [one, two] = [await start(), await start()]
    await world.skip(2 * HOUR + 1000)
    const results = await Promise.all([one.get(GET_SESSION), two.get(GET_SESSION)])
    expect(results.map(({ status }) => status)).toEqual([200, 200])
    expect(answers(REFRESH)).toEqual([200])
    expect(answers(CREATE)).toEqual([200])
  })

  test('goes on where the answer to a refresh was lost', async () => {
    const { start, answers } = await bot()
    const client = await start()
    await world.skip(2 * HOUR + 1000)
    await world.fail({ path: REFRESH, kind: 'lose-answer', onlyStatus: 200 })
    expect((await client.get(GET_SESSION)).status).toBe(200)
    // The server takes a used token once more.
    expect(answers(REFRESH)).toEqual([0, 200])
    expect((await start()).session.status).toBe('active')
  })

  test('says `ExpiredToken` of a token that the clock here takes for good, and refreshes', async () => {
    const { start, answers } = await bot()
    // A clock that stands still: the token is not known to be over.
    const clock = world.newClock()
    const now = clock.now()
    const client = await start({ clock: { ...clock, now: () => now } })
    await world.skip(2 * HOUR + 1000)
    const result = await client.get(GET_SESSION)
    expect(result.status).toBe(200)
    expect(answers(`/xrpc/${GET_SESSION}`)).toEqual([400, 400, 200])
    expect(answers(REFRESH)).toEqual([200])
  })

  test('signs out at the server, and signs in anew after that', async () => {
    const { start, answers, options } = await bot()
    const client = await start()
    const { sessionId } = client.session
    expect(await revokePasswordSession(sessionId, options())).toEqual({ accepted: true })
    expect(answers(DELETE)).toEqual([200])
    const again = await start()
    expect(again.session.sessionId).not.toBe(sessionId)
    expect(answers(CREATE)).toEqual([200, 200])
  })

  test('says that a session was ended elsewhere, and leads the next sign-in back into it', async () => {
    const { start, options, answers } = await bot()
    const client = await start()
    const { sessionId } = client.session
    const entry = await options().storage.get(`password/${sessionId}`)
    const { tokens } = parsePassword('the session', entry?.value) as PasswordRecord
    const headers = { authorization: `Bearer ${tokens.refreshToken}` }
    expect((await world.fetch(world.pds + DELETE, { method: 'POST', headers })).status).toBe(200)
    await world.skip(2 * HOUR + 1000)
    const failure = await client.get(GET_SESSION).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
    const again = await start()
    expect(again.session).toMatchObject({ sessionId, status: 'active' })
    expect(answers(CREATE)).toEqual([200, 200])
    expect((await client.get(GET_SESSION)).status).toBe(200)
  })

  test('says that the password is wrong, and that the account was taken down', async () => {
    const { start, person } = await bot()
    const wrong = await start({ password: 'wrong' }).catch((error: unknown) => error)
    expect(wrong).toMatchObject({ name: 'AuthorizationError', code: 'password_refused' })
    await world.takeDown(person.did)
    const gone = await start().catch((error: unknown) => error)
    expect(gone).toMatchObject({ name: 'AuthorizationError', code: 'account_taken_down' })
  })

  test('names an account that moved, and signs in where it lives now', async () => {
    const { person, options } = await bot()
    const { pds } = await world.addPds({ issuer: 'own' })
    const setup = { ...options(), ...world.clientOptions }
    const client = await signInWithPassword(person.did, person.password, setup)
    const { sessionId } = client.session
    await world.move(person, pds)
    await world.skip(2 * HOUR + 1000)
    const failure = await client.get(GET_SESSION).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
    const again = await signInWithPassword(person.did, person.password, setup)
    expect(again.session).toMatchObject({ sessionId, pds, status: 'active' })
    expect((await client.get(GET_SESSION)).status).toBe(200)
  })
})
