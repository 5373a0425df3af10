import { exportJWK, generateKeyPair } from 'jose'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../test/servers/postgres.ts'
import { startRedis } from '../test/servers/redis.ts'
import { consent } from './browser.ts'
import type { Person } from './contract/world.ts'
import { listenOnLoopback } from './network/loopback.ts'
import { openRealNetwork, type RealWorld } from './world.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PACKAGES = ['hono', '@hono/node-server', 'pg', 'redis']
const PUBLIC_URL = 'https://app.atproof.internal'
/** The server says so of each token, so that refreshes are due soon. */
const TOKEN_LIFETIME_MS = 3000
const HOUR_MS = 60 * 60_000

interface AppProcess {
  readonly origin: string
  readonly pid: number
  /** What its library told it. */
  readonly events: string[]
  kill(): Promise<void>
}

interface Processes {
  readonly one: AppProcess
  readonly two: AppProcess
}

/** One browser's cookies, which come along to every process of the app. */
class Visitor {
  readonly #cookies: Map<string, string>

  constructor(cookies: readonly { readonly name: string; readonly value: string }[] = []) {
    this.#cookies = new Map(cookies.map(({ name, value }) => [name, value]))
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  async get(app: AppProcess, path: string): Promise<Response> {
    return this.#ask(`${app.origin}${path}`, {})
  }

  async post(app: AppProcess, path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.#ask(`${app.origin}${path}`, { method: 'POST', body: new URLSearchParams(fields) })
  }

  async #ask(url: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    // As a browser says of a form on the app's own pages.
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const response = await fetch(url, { ...init, redirect: 'manual', headers })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/max-age=0/i.test(set)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}

let world: RealWorld
let folder: string
let clientKey: string
const running: AppProcess[] = []

beforeAll(async () => {
  world = await openRealNetwork()
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  clientKey = JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'k1' })
  folder = await mkdtemp(join(tmpdir(), 'atproof-shared-sessions-'))
  await cp(join(ROOT, 'examples/shared-sessions'), folder, {
    recursive: true,
    // Of whoever tried the example here.
    filter: (path) => !path.includes('node_modules', ROOT.length),
  })
  await mkdir(join(folder, 'node_modules/@hono'), { recursive: true })
  await symlink(ROOT, join(folder, 'node_modules/atproof'))
  for (const name of PACKAGES) await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
})
afterEach(killAll)
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

/** Nobody else takes it in the moment between. */
async function findFreePort(): Promise<number> {
  const probe = createServer()
  const port = await listenOnLoopback(probe)
  probe.close()
  return port
}

async function killAll(): Promise<void> {
  await Promise.all(running.splice(0).map((app) => app.kill()))
}

async function startApp(settings: Readonly<Record<string, string>>): Promise<AppProcess> {
  const NETWORK = JSON.stringify(world.clientOptions)
  const child = spawn(process.execPath, ['server.ts'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: String(await findFreePort()), NETWORK, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const events: string[] = []
  const listening = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, origin] = /^listening on (\S+)/.exec(line) ?? []
    if (origin) listening.resolve(origin)
    else events.push(line.split(' ')[0] ?? '')
  })
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()))
  child.once('close', (code) => listening.reject(new Error(`the app ended with ${code}: ${complaints}`)))
  const origin = await listening.promise
  const app = {
    origin,
    pid: child.pid ?? 0,
    events,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
  running.push(app)
  return app
}

/** In a browser, as a person does it: what begins in a process ends there, where its own address is the redirect URI. */
async function signInInBrowser({ handle, password }: Person, { one }: Processes): Promise<Visitor> {
  const page = await world.browser.newPage({ locale: 'en-US' })
  await page.goto(one.origin)
  await page.getByLabel('Your handle').fill(handle)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await consent(page, { username: handle, password, decision: 'Authorize' })
  await page.getByText(`Signed in as ${handle}`).waitFor()
  await page.screenshot({ path: join(ROOT, 'test/artefacts/shared-sessions.png') })
  const visitor = new Visitor(await page.context().cookies())
  await page.close()
  return visitor
}

/** Behind one address, as a proxy sends requests to any process: what begins in one ends in another. */
async function signInBehindProxy(person: Person, { one, two }: Processes): Promise<Visitor> {
  await world.network.mapOrigin(PUBLIC_URL, one.origin)
  const visitor = new Visitor()
  const sent = await visitor.post(one, '/sign-in', { handle: person.handle })
  await consentAndReturn(person, visitor, sent, two)
  return visitor
}

async function consentAndReturn(person: Person, visitor: Visitor, sent: Response, app: AppProcess): Promise<void> {
  const returned = new URL(await person.approve(sent.headers.get('location') ?? ''))
  const back = await visitor.get(app, `${returned.pathname}${returned.search}`)
  expect([back.status, back.headers.get('location')]).toEqual([303, '/'])
}

async function tokenRequests(): Promise<number> {
  const requests = await world.network.requests()
  return requests.filter(({ path, status }) => path === '/oauth/token' && status === 200).length
}

function newSecret(): string {
  return randomBytes(32).toString('base64')
}

function secrets() {
  return { STORAGE_KEY: newSecret(), SEAL_KEY: newSecret(), COOKIE_KEY: newSecret() }
}

/** One key for all: the server knows the document of the client for minutes. */
async function confidential() {
  return { PUBLIC_URL, CLIENT_KEY: clientKey }
}

describe.each([
  ['Redis, as the loopback client', startRedis, async () => ({}), signInInBrowser],
  ['PostgreSQL, as a confidential client', startPostgres, confidential, signInBehindProxy],
] as const)('two processes over %s', (_, startServer, asClient, signIn) => {
  test('share sessions, and one goes on where the other is killed', async () => {
    const server = await startServer()
    try {
      const settings = { STORAGE_URL: server.url, ...secrets(), ...(await asClient()) }
      const [one, two] = [await startApp(settings), await startApp(settings)]
      await world.network.setAccessTokenLifetime(TOKEN_LIFETIME_MS)
      const person = await world.newPerson()
      const visitor = await signIn(person, { one, two })

      const text = 'grüße 🦋 <b>'
      expect((await visitor.post(one, '/notes', { text })).status).toBe(303)
      const read = async (app: AppProcess) => (await visitor.get(app, '/')).text()
      expect(await read(two)).toContain('grüße 🦋 &lt;b&gt;')
      expect(await read(two)).toContain(`process ${two.pid}`)

      // Both processes, ten requests at once, an expired token: one of them spends the refresh token.
      await pause(TOKEN_LIFETIME_MS)
      await world.network.requests()
      const answers = await Promise.all(
        Array.from({ length: 10 }, (__, at) => visitor.get(at % 2 ? one : two, '/')),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
      expect(await tokenRequests()).toBe(1)

      const asking = Array.from({ length: 10 }, () => visitor.get(one, '/').catch(() => undefined))
      await one.kill()
      await Promise.all(asking)
      await pause(TOKEN_LIFETIME_MS)
      expect(await read(two)).toContain(person.handle)
      expect(two.events).toContain('refreshed')

      const three = await startApp(settings)
      expect(await read(three)).toContain(person.handle)
      expect(await (await visitor.post(three, '/sign-out')).text()).toContain('You are signed out')
      expect(await read(two)).toContain('Your handle')
    } finally {
      await killAll()
      await server.stop()
    }
  })
})

test('a session that ended says so, and leads back into itself', async () => {
  const server = await startRedis()
  try {
    const settings = { STORAGE_URL: server.url, ...secrets(), ...(await confidential()) }
    const [one, two] = [await startApp(settings), await startApp(settings)]
    await world.network.setAccessTokenLifetime(HOUR_MS)
    const person = await world.newPerson()
    const visitor = await signInBehindProxy(person, { one, two })
    const before = visitor.cookie('session')
    await world.network.revokeSessions(person.did)

    const refused = await visitor.post(one, '/notes', { text: 'lost?' })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('Sign in again')
    await consentAndReturn(person, visitor, await visitor.post(one, '/sign-in-again'), two)
    expect(visitor.cookie('session')).toBe(before)
    for (const app of [one, two]) {
      expect(await (await visitor.get(app, '/')).text()).toContain(`Signed in as <b>${person.handle}</b>`)
    }
  } finally {
    await killAll()
    await server.stop()
  }
})

test.each(['redis', 'postgres'])(
  'a process that cannot reach its %s says where, once, and ends',
  async (engine) => {
    const host = `localhost:${await findFreePort()}`
    const settings = { STORAGE_URL: `${engine}://user:hunter2@${host}/0`, ...secrets() }
    await expect(startApp(settings)).rejects.toThrow(
      new RegExp(`^the app ended with 1: no storage at ${host}: .*ECONNREFUSED.*\n$`),
    )
  },
)
