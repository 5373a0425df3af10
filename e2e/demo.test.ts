import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { consent, launchChromium } from './browser.ts'
import { ensureChromium } from './install.ts'

const PROGRAM = ['--conditions=atproof-source', fileURLToPath(new URL('demo.ts', import.meta.url))]

const run = (options: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  promisify(execFile)(process.execPath, [...PROGRAM, ...options], { env })

const SUMMARY = {
  handle: 'alice.test',
  did: expect.stringMatching(/^did:plc:[a-z2-7]{24}$/),
  pds: expect.stringMatching(/^http:\/\/localhost:\d+$/),
  issuer: expect.stringMatching(/^http:\/\/localhost:\d+$/),
  requests: {
    account: 0,
    authorize: 6,
    consent: 0,
    callback: 1,
    getSession: 1,
    createRecord: 1,
    getRecord: 1,
    refresh: 1,
    oldClient: 1,
    signOut: 1,
    deadToken: 2,
  },
  rotated: true,
  oldClientWorks: true,
  signedOut: true,
}

test('tells the story, one step a line, and ends with a line of JSON', async () => {
  const { stdout, stderr } = await run(['--json'])
  expect(stderr).toBe('')
  const lines = stdout.trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual(SUMMARY)
  expect(lines.filter((line) => /^ *\d+\. .* \[.*\d+ ms\]$/.test(line))).toHaveLength(11)
  // No token: neither a JWT nor a refresh token of the reference server.
  expect(stdout).not.toMatch(/eyJ|ref-[0-9a-f]{16}|request_uri/)
})

/** What the lines tell, without what differs from run to run: names, numbers, times. */
function plot(stdout: string): readonly string[] {
  const told = [...stdout.matchAll(/^ *\d+\. (.*) \[(?:(.*); )?\d+ ms\]$/gm)]
  return told.map(([, step = '', asked = 'nothing']) => `${step.split(/: | \(/)[0]}, ${asked.split(':')[0]}`)
}

test('tells the same story on the fake network', async () => {
  const [real, fake] = await Promise.all([run(['--json']), run(['--fake', '--json'])])
  expect(plot(fake.stdout)).toEqual(plot(real.stdout))
  expect(plot(fake.stdout)).toHaveLength(11)
  expect(JSON.parse(fake.stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
    ...SUMMARY,
    pds: 'https://pds.example.com',
    issuer: 'https://pds.example.com',
  })
})

test("waits for the person's own browser", async () => {
  const demo = spawn(process.execPath, [...PROGRAM, '--browser', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const browser = await launchChromium(await ensureChromium())
  try {
    const lines: string[] = []
    for await (const line of createInterface({ input: demo.stdout })) {
      lines.push(line)
      const url = /^ +(http\S+)$/.exec(line)?.[1]
      if (url === undefined) continue
      const page = await browser.newPage({ locale: 'en-US' })
      await page.goto(url)
      const password = /password "(.+)"/.exec(lines.join('\n'))?.[1] ?? ''
      await consent(page, { username: 'alice.test', password, decision: 'Authorize' })
    }
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ rotated: true, oldClientWorks: true, signedOut: true })
  } finally {
    await browser.close()
    demo.kill()
  }
})

test('says what it takes when it is called wrongly', async () => {
  const failure = await run(['--brwoser']).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining('--browser') })
  const both = await run(['--browser', '--fake']).catch((error: unknown) => error)
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('exclude each other') })
})

test('names the step that failed, what was expected and what came', async () => {
  const demo = spawn(process.execPath, [...PROGRAM, '--browser'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const complaints: string[] = []
  createInterface({ input: demo.stderr }).on('line', (line) => complaints.push(line))
  const browser = await launchChromium(await ensureChromium())
  try {
    for await (const line of createInterface({ input: demo.stdout })) {
      const url = /^ +(http\S+)$/.exec(line)?.[1]
      if (url === undefined) continue
      const page = await browser.newPage({ locale: 'en-US' })
      await page.goto(url)
      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    }
    if (demo.exitCode === null) await once(demo, 'exit')
    expect(demo.exitCode).toBe(1)
    expect(complaints.join('\n')).toMatch(/step "Exchange the code for tokens" failed: .*access_denied/)
  } finally {
    await browser.close()
    demo.kill()
  }
})
