import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

const PROGRAM = fileURLToPath(new URL('start-and-wait.ts', import.meta.url))

let parentFolder: string
beforeEach(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'atproof-servers-'))
  // PostgreSQL runs as another user than root.
  await chmod(parentFolder, 0o755)
})
afterEach(() => rm(parentFolder, { recursive: true, force: true }))

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // There is no such process.
    return false
  }
}

async function nothingIsLeft(): Promise<void> {
  await vi.waitFor(async () => expect(await readdir(parentFolder)).toEqual([]), { timeout: 20_000, interval: 50 })
}

function forkStarter(): ChildProcess {
  return fork(PROGRAM, [parentFolder], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message]: unknown[] = await once(child, 'message')
  return message
}

const STARTS = [
  ['Redis', startRedis],
  ['PostgreSQL', startPostgres],
] as const

test.each(STARTS)('%s has nothing left when it was stopped', async (_, start) => {
  const server = await start({ parentFolder })
  expect(await readdir(parentFolder)).toHaveLength(1)
  expect(isRunning(server.pid)).toBe(true)
  await server.stop()
  expect(isRunning(server.pid)).toBe(false)
  expect(await readdir(parentFolder)).toEqual([])
  await expect(server.restart()).rejects.toThrow('the server was stopped')
})

test.each(STARTS)('%s that cannot start says why, and has nothing left', async (_, start) => {
  const starting = start({ parentFolder, settings: { 'no-such-setting': 'x' } })
  await expect(starting).rejects.toThrow(/no.such.setting/)
  expect(await readdir(parentFolder)).toEqual([])
})

test('both end with the process that started them, when that is killed', async () => {
  const starter = forkStarter()
  expect(await nextMessage(starter)).toBe('starting')
  const pids = await nextMessage(starter)
  if (!Array.isArray(pids)) throw new Error('expected process ids')
  expect(pids.map(isRunning)).toEqual([true, true])
  starter.kill('SIGKILL')
  await nothingIsLeft()
  await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]), { timeout: 20_000 })
})

test('both end with the process that started them, when that is killed while they start', async () => {
  const starter = forkStarter()
  await nextMessage(starter)
  await vi.waitFor(async () => expect(await readdir(parentFolder)).toHaveLength(2), { timeout: 20_000 })
  starter.kill('SIGKILL')
  await nothingIsLeft()
})

/** A client that keeps a text on a server, and does not come back by itself. */
interface TextKeeper {
  write(text: string): Promise<unknown>
  read(): Promise<unknown>
  close(): unknown
}

async function keepInRedis(url: string): Promise<TextKeeper> {
  const client = await createClient({ url, socket: { reconnectStrategy: false } }).connect()
  client.on('error', () => {})
  return {
    write: (text) => client.set('a', text),
    read: () => client.get('a'),
    close: () => client.destroy(),
  }
}

async function keepInPostgres(url: string): Promise<TextKeeper> {
  const pool = new Pool({ connectionString: url })
  // Its idle connections end with the server.
  pool.on('error', () => {})
  return {
    write: (text) => pool.query(`CREATE TABLE a AS SELECT '${text}' AS a`),
    async read() {
      const { rows }: { rows: { a: string }[] } = await pool.query('SELECT a FROM a')
      return rows[0]?.a
    },
    close: () => pool.end(),
  }
}

test.each([
  ['a Redis', startRedis, keepInRedis],
  ['a PostgreSQL', startPostgres, keepInPostgres],
])('%s that was killed comes back on its port with its data', async (_, start, open) => {
  const server = await start({ parentFolder })
  const { url, pid } = server
  const before = await open(url)
  await before.write('x')
  await server.kill()
  expect(isRunning(pid)).toBe(false)
  // A child of the server that has not heard of its end may still answer.
  await vi.waitFor(() => expect(before.read()).rejects.toThrow(), { timeout: 20_000 })
  await before.close()
  await server.restart()
  expect(server).toMatchObject({ url })
  expect(server.pid).not.toBe(pid)
  const after = await open(url)
  expect(await after.read()).toBe('x')
  await after.close()
  await server.stop()
})
