import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { signInByPopup } from '../browser-app/visitor.ts'
import { launchChromium } from '../browser.ts'
import { ensureChromium } from '../install.ts'
import { listenOnLoopback } from '../network/loopback.ts'
import { COMMANDS, DemoProcess } from './demo-process.ts'

const UP = 'Ctrl-C ends it.'
const STARTING = 'Starting a PLC directory'
const BUILDING = 'Building the app'

const demos: DemoProcess[] = []
afterEach(() => Promise.all(demos.splice(0).map((demo) => demo.remove())))

/** Starts the demo, and waits until it prints something. */
async function startDemo(
  by: keyof typeof COMMANDS,
  options: readonly string[],
  { until }: { until: string },
): Promise<DemoProcess> {
  const demo = await DemoProcess.start(by, ...options)
  demos.push(demo)
  await expect.poll(() => demo.printed(), { timeout: 30_000 }).toContain(until)
  return demo
}

const originOf = (demo: DemoProcess) => /The app is at (\S+)/.exec(demo.printed())?.[1] ?? ''

/** Runs the demo to its end, which is expected to be soon. */
async function run(...options: readonly string[]) {
  const [program, ...input] = COMMANDS.node
  return promisify(execFile)(program, [...input, ...options]).catch((error: unknown) => error)
}

test('serves the app under a strict policy, opens it, tells who lives there, and ends on Ctrl-C', async () => {
  const demo = await startDemo('node', [], { until: UP })
  const origin = originOf(demo)
  await expect.poll(() => demo.opened()).toBe(`${origin}\n`)
  const people = [...demo.printed().matchAll(/sign in as (\S+) with the password "(.+)"/g)]
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
  demo.end('SIGINT', 'group')
  expect(await demo.exitCode()).toBe(0)
  await expect(fetch(origin)).rejects.toThrow('fetch failed')
  await expect.poll(() => demo.remains(), { timeout: 2000 }).toEqual([])
})

test('says what it takes when it is called wrongly', async () => {
  expect(await run('--prot', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('--port') })
  expect(await run('--port', '99999')).toMatchObject({ code: 2, stderr: expect.stringContaining('65535') })
  expect(await run('--help')).toMatchObject({ stdout: expect.stringContaining('--no-open') })
})

test('names the port that is taken and what to do about it, before it starts anything', async () => {
  const other = createServer()
  const port = await listenOnLoopback(other)
  try {
    expect(await run('--no-open', '--port', String(port))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^127.0.0.1:${port} is taken .* choose another --port`)),
    })
  } finally {
    other.close()
  }
})

test('leaves the first demo alone where a second one wants its port', async () => {
  const other = createServer()
  const port = String(await listenOnLoopback(other))
  other.close()
  const demo = await startDemo('node', ['--no-open', '--port', port], { until: UP })
  expect(await run('--no-open', '--port', port)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`127.0.0.1:${port} is taken`),
  })
  expect((await fetch(originOf(demo))).status).toBe(200)
})

test('says so where somebody takes the port while it starts, and leaves nothing running', async () => {
  const other = createServer()
  const port = await listenOnLoopback(other)
  other.close()
  const demo = await startDemo('node', ['--no-open', '--port', String(port)], { until: STARTING })
  const thief = createServer().listen(port, '127.0.0.1')
  try {
    expect(await demo.exitCode()).toBe(1)
    expect(await demo.remains()).toEqual([])
  } finally {
    thief.close()
  }
})

test.for([
  { when: STARTING, signal: 'SIGINT', whom: 'group' },
  { when: STARTING, signal: 'SIGTERM', whom: 'process' },
  { when: BUILDING, signal: 'SIGINT', whom: 'process' },
  { when: BUILDING, signal: 'SIGTERM', whom: 'process' },
  { when: BUILDING, signal: 'SIGHUP', whom: 'group' },
] as const)('ends at once on $signal to the $whom, at "$when"', async ({ when, signal, whom }) => {
  const demo = await startDemo('node', ['--no-open'], { until: when })
  demo.end(signal, whom)
  await expect.poll(() => demo.remains(), { timeout: 2000 }).toEqual([])
  expect(await demo.exitCode()).toBe(0)
})

test.for([
  { when: BUILDING, signal: 'SIGINT', whom: 'group' },
  { when: UP, signal: 'SIGINT', whom: 'group' },
  { when: UP, signal: 'SIGTERM', whom: 'process' },
] as const)('ends with npm on $signal to the $whom, at "$when"', async ({ when, signal, whom }) => {
  const demo = await startDemo('npm', ['--no-open'], { until: when })
  demo.end(signal, whom)
  await expect.poll(() => demo.remains(), { timeout: 2000 }).toEqual([])
})
