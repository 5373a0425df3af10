import { encryptedStorage, signInWithPassword, XrpcClient, nsid } from 'atproof'
import { fileStorage } from 'atproof/node'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { parsePassword } from '../src/session/password-record.ts'
import type { LoggedRequest } from './network/commands.ts'
import { type RealNetwork, startNetwork } from './network/start.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const POSTS = nsid('app.bsky.feed.post')
const CREATE_SESSION = '/xrpc/com.atproto.server.createSession'
const REFRESH = '/xrpc/com.atproto.server.refreshSession'
const PUT = '/xrpc/com.atproto.repo.putRecord'
const HOUR_MS = 60 * 60_000

let network: RealNetwork
let folder: string
beforeAll(async () => {
  network = await startNetwork()
  folder = await mkdtemp(join(tmpdir(), 'atproof-node-bot-'))
  await cp(join(ROOT, 'examples/node-bot'), folder, {
    recursive: true,
    // Of whoever tried the example here.
    filter: (path) => !path.includes('node_modules', ROOT.length),
  })
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/atproof'))
})
const running: Bot[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((bot) => bot.end('SIGKILL')))
})
afterAll(async () => {
  await network.close()
  await rm(folder, { recursive: true, force: true })
})

function networkOptions() {
  return { plcDirectory: network.plc, handleResolver: network.pds, allowLoopback: [network.pds, network.plc] }
}

let accounts = 0
/** An account with an app password, and the settings of a bot for it. Its own requests are not in the log any more. */
async function newSettings() {
  const owner = { handle: `bot${++accounts}.test`, password: 'correct horse battery staple' }
  const { did } = await network.createAccount(owner)
  const client = await signInWithPassword(did, owner.password, networkOptions())
  const { data } = await client.post('com.atproto.server.createAppPassword', { input: { name: 'the bot' } })
  await network.requests()
  return {
    BOT_IDENTIFIER: did,
    BOT_APP_PASSWORD: data.password,
    STORAGE_FOLDER: join(folder, `sessions-${accounts}`),
    STORAGE_KEY: randomBytes(32).toString('base64'),
    POST_EVERY_SECONDS: '1',
  }
}

interface Bot {
  /** What it printed so far. */
  readonly out: () => string
  readonly complaints: () => string
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  /** Its exit code, once it ends by itself. */
  readonly ended: Promise<number | null>
}

function startBot(settings: Readonly<Record<string, string>>): Bot {
  const child = spawn(process.execPath, ['bot.ts'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NETWORK: JSON.stringify(networkOptions()), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, complaints] = ['', '']
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()))
  const ended = once(child, 'close').then(() => child.exitCode)
  const bot: Bot = {
    out: () => out,
    complaints: () => complaints,
    ended,
    async end(signal) {
      child.kill(signal)
      return ended
    },
  }
  running.push(bot)
  return bot
}

/** The posts of an account as everybody reads them, the oldest first. */
async function postsOf(did: string): Promise<readonly { readonly uri: string; readonly text: unknown }[]> {
  const reader = new XrpcClient({ service: network.pds, allowLoopback: [network.pds] })
  const posts = []
  for await (const { uri, value } of reader.records(POSTS).list({ repo: did, reverse: true })) {
    posts.push({ uri, text: value['text'] })
  }
  return posts
}

/** Waits for so many posts more than there are. */
async function untilMore(did: string, more: number) {
  const wanted = (await postsOf(did)).length + more
  return expect
    .poll(() => postsOf(did), { timeout: 20_000, interval: 100 })
    .toSatisfy((posts: readonly unknown[]) => posts.length >= wanted)
}

/** The requests of a whole test, since reading the log empties it. */
class Requests {
  readonly #seen: LoggedRequest[] = []

  async to(path: string): Promise<readonly number[]> {
    this.#seen.push(...(await network.requests()))
    return this.#seen.filter((request) => request.path === path).map(({ status }) => status)
  }
}

test('the bot posts, is killed, and goes on with the session that it had, although its token has expired', async () => {
  const settings = await newSettings()
  const { BOT_IDENTIFIER: did } = settings
  const requests = new Requests()
  const first = startBot(settings)
  await untilMore(did, 2)
  await first.end('SIGKILL')

  await startBotAgain()
  expect(await requests.to(CREATE_SESSION)).toEqual([200])
  expect(await requests.to(REFRESH)).toEqual([])

  await network.skipTime(3 * HOUR_MS)
  await startBotAgain()
  expect(await requests.to(CREATE_SESSION)).toEqual([200])
  expect(await requests.to(REFRESH)).toEqual([200])

  const posts = await postsOf(did)
  expect(new Set(posts.map(({ text }) => text)).size).toBe(posts.length)
  expect(posts.map(({ uri }) => uri)).toEqual(posts.map(({ uri }) => uri).toSorted())
  expect(posts[0]?.text).toMatch(/^It is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z\.$/)

  async function startBotAgain() {
    const bot = startBot(settings)
    await untilMore(did, 2)
    expect(bot.complaints()).toBe('')
    await bot.end('SIGKILL')
  }
})

test('a crash before the answer comes leaves one post, also when it is written again', async () => {
  // Long enough that the second start falls into the time of the first one's post.
  const settings = { ...(await newSettings()), POST_EVERY_SECONDS: String(365 * 24 * 60 * 60) }
  const { BOT_IDENTIFIER: did } = settings
  const requests = new Requests()
  await network.fail({ path: PUT, kind: 'lose-answer' })
  const first = startBot(settings)
  await expect.poll(() => requests.to(PUT), { timeout: 20_000 }).not.toHaveLength(0)
  await first.end('SIGKILL')
  expect(await postsOf(did)).toHaveLength(1)

  const second = startBot(settings)
  await expect.poll(second.out, { timeout: 20_000 }).toContain('posted at://')
  expect(await postsOf(did)).toHaveLength(1)
  expect(await requests.to(CREATE_SESSION)).toEqual([200])
})

test('an interval longer than a timer can count is waited for, and takes one request', async () => {
  const settings = { ...(await newSettings()), POST_EVERY_SECONDS: String(365 * 24 * 60 * 60) }
  const requests = new Requests()
  const bot = startBot(settings)
  await untilMore(settings.BOT_IDENTIFIER, 1)
  // Time for many more, where nothing is waited for.
  await pause(500)
  expect(bot.complaints()).toBe('')
  expect(await requests.to(PUT)).toEqual([200])
  expect(await bot.end('SIGTERM')).toBe(0)
})

test('two bots side by side write each post once, over one session', async () => {
  const settings = await newSettings()
  const { BOT_IDENTIFIER: did } = settings
  const requests = new Requests()
  startBot(settings)
  await untilMore(did, 1)
  const second = startBot(settings)
  await expect.poll(second.out, { timeout: 20_000 }).toContain('posted at://')
  await untilMore(did, 2)
  const texts = (await postsOf(did)).map(({ text }) => text)
  expect(new Set(texts).size).toBe(texts.length)
  expect((await requests.to(PUT)).length).toBeGreaterThan(texts.length)
  expect(await requests.to(CREATE_SESSION)).toEqual([200])
})

test('a rate limit is waited out as the server says, and the session goes on', async () => {
  const settings = await newSettings()
  const { BOT_IDENTIFIER: did } = settings
  const requests = new Requests()
  const bot = startBot(settings)
  await untilMore(did, 1)
  const resetsAt = Math.ceil(Date.now() / 1000) + 5
  const headers = {
    'content-type': 'application/json',
    'ratelimit-limit': '30',
    'ratelimit-remaining': '0',
    'ratelimit-reset': String(resetsAt),
  }
  const body = JSON.stringify({ error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' })
  await network.fail({ path: PUT, kind: 'status', status: 429, headers, body })
  await expect.poll(bot.complaints, { timeout: 20_000 }).toMatch(/RateLimitExceeded.*; trying again in \d s\n$/)
  const puts = await requests.to(PUT)
  await pause(resetsAt * 1000 - Date.now() - 500)
  expect(await requests.to(PUT)).toEqual(puts)
  await untilMore(did, 2)
  expect((await requests.to(PUT)).filter((status) => status === 429)).toHaveLength(1)
  expect(await requests.to(CREATE_SESSION)).toEqual([200])
})

test('a sign-in that the server does not take for now is waited for, and asked for once more', async () => {
  const settings = await newSettings()
  const requests = new Requests()
  await network.fail({ path: CREATE_SESSION, kind: 'status', status: 429, headers: { 'retry-after': '2' } })
  const bot = startBot(settings)
  await untilMore(settings.BOT_IDENTIFIER, 1)
  expect(bot.complaints()).toMatch(/; trying again in 2 s\n$/)
  expect(await requests.to(CREATE_SESSION)).toEqual([429, 200])
})

test('a session that the server ended is signed in to again', async () => {
  const settings = await newSettings()
  const { BOT_IDENTIFIER: did } = settings
  const requests = new Requests()
  const bot = startBot(settings)
  await untilMore(did, 1)
  await endSession(settings)
  // The access token would do for two hours.
  await network.skipTime(3 * HOUR_MS)
  await untilMore(did, 2)
  expect(bot.complaints()).toContain('the session has ended')
  expect(await requests.to(CREATE_SESSION)).toEqual([200, 200])
})

test('SIGTERM ends the bot at once, and with the code of a success', async () => {
  const settings = await newSettings()
  const bot = startBot({ ...settings, POST_EVERY_SECONDS: '3600' })
  await untilMore(settings.BOT_IDENTIFIER, 1)
  const before = performance.now()
  expect(await bot.end('SIGTERM')).toBe(0)
  expect(performance.now() - before).toBeLessThan(3000)
  expect(bot.complaints()).toBe('')
})

test('SIGTERM ends the bot while it waits for a server, too', async () => {
  const settings = await newSettings()
  await network.fail({ path: PUT, kind: 'status', status: 503, headers: { 'retry-after': '50' } })
  const bot = startBot(settings)
  await expect.poll(bot.complaints, { timeout: 20_000 }).toContain('trying again in 50 s')
  const before = performance.now()
  expect(await bot.end('SIGTERM')).toBe(0)
  expect(performance.now() - before).toBeLessThan(3000)
})

test('a password that is refused ends the bot with a word about it, and is not tried again', async () => {
  const settings = { ...(await newSettings()), BOT_APP_PASSWORD: 'aaaa-bbbb-cccc-dddd' }
  const requests = new Requests()
  const bot = startBot(settings)
  expect(await bot.ended).toBe(1)
  expect(bot.complaints()).toMatch(/password/)
  expect(bot.complaints()).not.toContain(settings.BOT_APP_PASSWORD)
  expect(await requests.to(CREATE_SESSION)).toEqual([401])
})

test.each([
  ['STORAGE_KEY', '', 'STORAGE_KEY is not set'],
  ['POST_EVERY_SECONDS', 'hourly', 'POST_EVERY_SECONDS is not a number of seconds'],
])('a bot without a right %s says so and sends nothing', async (name, value, complaint) => {
  const settings = { ...(await newSettings()), [name]: value }
  const requests = new Requests()
  const bot = startBot(settings)
  expect(await bot.ended).toBe(1)
  expect(bot.complaints()).toContain(complaint)
  expect(await requests.to(CREATE_SESSION)).toEqual([])
})

/** As a server does where somebody takes a session away: the bot's own refresh token ends it. */
async function endSession(settings: Awaited<ReturnType<typeof newSettings>>): Promise<void> {
  const storage = encryptedStorage(fileStorage(settings.STORAGE_FOLDER), [settings.STORAGE_KEY])
  const keys: string[] = []
  for await (const key of storage.list('password/')) keys.push(key)
  const [key = 'no session is stored'] = keys
  const entry = await storage.get(key)
  const record = parsePassword(key, entry?.value)
  if (!('tokens' in record)) throw new Error('the session was signed out')
  const response = await fetch(`${network.pds}/xrpc/com.atproto.server.deleteSession`, {
    method: 'POST',
    headers: { authorization: `Bearer ${record.tokens.refreshToken}` },
  })
  expect(response.status).toBe(200)
}
