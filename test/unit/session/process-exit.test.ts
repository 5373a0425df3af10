import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { memoryStorage, OAuthClient, type Storage } from 'atproof'
import { type FakeNetwork, fakeNetwork, testClock } from 'atproof/testing'
import { afterEach, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('returning-process.ts', import.meta.url))
/** As the program has it: how much faster than the world it waits. */
const SPEED = 20
const HOLD_MS = 30_000

const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Alice's session as JSON, and an address that leads to her network. */
async function scene(): Promise<{ readonly door: string; readonly record: string }> {
  const network = fakeNetwork({ clock: testClock({ start: Date.now() }) })
  const inner = memoryStorage()
  const storage: Storage = {
    get: (key) => inner.get(key),
    put: (key, value, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
  const oauth = new OAuthClient({ ...network.clientOptions, redirectUri: 'http://127.0.0.1/callback', storage })
  const { session } = await network.signIn('alice.test', { oauth })
  const record = (await inner.get(`session/${session.sessionId}`))?.value
  const server = createServer((request, response) => void answer(network, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
    network.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { door: `http://127.0.0.1:${port}/`, record: JSON.stringify(record) }
}

async function answer(network: FakeNetwork, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const { 'x-url': url, 'x-method': method, 'x-headers': headers } = request.headers
  const body = Buffer.concat(parts).toString()
  const init = { method: String(method), headers: JSON.parse(String(headers)), ...(body && { body }) }
  const answered = await network.fetch(String(url), init)
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  response.end(await answered.text())
}

/** Runs the program to its own end. */
async function run(...argv: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=atproof-source', PROGRAM, ...argv])
  closing.push(() => child.kill('SIGKILL'))
  const lines: string[] = []
  let saidAt = 0
  child.stdout.on('data', (data: Buffer) => {
    lines.push(...data.toString().trim().split('\n'))
    saidAt ||= performance.now()
  })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  return {
    code,
    errors,
    lines: lines.map((line): unknown => JSON.parse(line)),
    heldMs: performance.now() - saidAt,
  }
}

test('a process ends by itself once it has nothing more to do', async () => {
  const { door, record } = await scene()
  const { code, lines, heldMs, errors } = await run(door, record)
  expect(errors).toBe('')
  expect(code).toBe(0)
  expect(lines).toEqual([[200, 200, true], { tries: 1 }])
  // Not as long as idle sockets live, nor as any timer of ours.
  expect(heldMs).toBeLessThan(2000)
})

test('[R25] a process with tokens that could not be stored is held for half a minute of tries, and then ends', async () => {
  const { door, record } = await scene()
  const { code, lines, heldMs } = await run(door, record, 'full')
  expect(code).toBe(0)
  // At once; after 1, 2, 4, 8 and 16 seconds; and the next pause holds nobody.
  expect(lines).toEqual([[200, 200, false], { tries: 6 }])
  expect(heldMs).toBeGreaterThan((0.9 * HOLD_MS) / SPEED)
  expect(heldMs).toBeLessThan((2 * HOLD_MS) / SPEED + 2000)
})
