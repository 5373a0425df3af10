import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { signInByPopup } from '../browser-app/visitor.ts'
import { launchChromium } from '../browser.ts'
import { ensureChromium } from '../install.ts'
import { listenOnLoopback } from '../network/loopback.ts'

const PROGRAM = ['--conditions=atproof-source', fileURLToPath(new URL('../demo-web.ts', import.meta.url))]

const run = (...options: readonly string[]) => promisify(execFile)(process.execPath, [...PROGRAM, ...options])

let demo: ChildProcess | undefined
afterEach(() => demo?.kill('SIGKILL'))

/** A folder with something that opens pages: it writes down which. */
async function standInForBrowser(): Promise<{ readonly folder: string; opened(): Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'atproof-opener-'))
  const note = join(folder, 'opened')
  for (const name of ['open', 'xdg-open']) {
    await writeFile(join(folder, name), `#!/bin/sh\necho "$1" > '${note}'\n`, { mode: 0o755 })
  }
  return { folder, opened: () => readFile(note, 'utf8').catch(() => '') }
}

/** Starts it with other programs first on its PATH, and gives what it prints until it waits for its end. */
async function startDemo(folder: string): Promise<{ readonly running: ChildProcess; readonly lines: string }> {
  const running = spawn(process.execPath, PROGRAM, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter) },
  })
  demo = running
  const lines: string[] = []
  for await (const line of createInterface({ input: running.stdout })) {
    lines.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  return { running, lines: lines.join('\n') }
}

test('serves the app under a strict policy, opens it, tells who lives there, and ends on Ctrl-C', async () => {
  const { folder, opened } = await standInForBrowser()
  const { running, lines } = await startDemo(folder)
  const origin = /The app is at (\S+)/.exec(lines)?.[1] ?? ''
  await expect.poll(opened).toBe(`${origin}\n`)
  await rm(folder, { recursive: true })
  const people = [...lines.matchAll(/sign in as (\S+) with the password "(.+)"/g)]
  expect(people.map(([, handle]) => handle)).toEqual(['alice.test', 'bob.test'])

  const { status, headers } = await fetch(origin)
  expect(status).toBe(200)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(
    /^default-src 'self'; connect-src 'self' https: http:\/\/localhost:\d+ http:\/\/localhost:\d+; /,
  )
  expect(policy).not.toContain('unsafe')
  expect((await fetch(`${origin}/../package.json`)).status).toBe(404)
  expect((await fetch(`${origin}/%2e%2e/package.json`)).status).toBe(404)

  const browser = await launchChromium(await ensureChromium())
  try {
    const page = await browser.newPage({ locale: 'en-US' })
    await page.goto(origin)
    const [, handle = '', password = ''] = people[1] ?? []
    await signInByPopup({ page }, { handle, password })
    await page.getByText('Ask the harbour master').waitFor()
  } finally {
    await browser.close()
  }
  const ended = once(running, 'exit')
  running.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  await expect(fetch(origin)).rejects.toThrow('fetch failed')
})

test('says what it takes when it is called wrongly', async () => {
  const failure = (options: readonly string[]) => run(...options).catch((error: unknown) => error)
  expect(await failure(['--prot', '1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--port') })
  expect(await failure(['--port', '99999'])).toMatchObject({ code: 2, stderr: expect.stringContaining('65535') })
  expect((await run('--help')).stdout).toContain('--no-open')
})

test('names the port that is taken, and leaves nothing running', async () => {
  const other = createServer()
  const port = await listenOnLoopback(other)
  try {
    const failure = await run('--no-open', '--port', String(port)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining(`127.0.0.1:${port}`) })
  } finally {
    other.close()
  }
})
