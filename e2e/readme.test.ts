import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRealNetwork, type RealWorld } from './world.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = `${ROOT}test/artefacts/readme`

let world: RealWorld
beforeAll(async () => {
  world = await openRealNetwork()
  await mkdir(FOLDER, { recursive: true })
})
afterAll(async () => {
  await world.close()
  await rm(FOLDER, { recursive: true, force: true })
})

async function snippets(): Promise<readonly string[]> {
  const readme = await readFile(`${ROOT}README.md`, 'utf8')
  return [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
}

test('the sign-in of the README signs in, in at most fifteen lines', async () => {
  const [signIn = ''] = await snippets()
  expect(
    signIn
      .trim()
      .split('\n')
      .filter((line) => line !== '').length,
  ).toBeLessThanOrEqual(15)
  const { clientOptions: options, browser, newPerson } = world
  const { handle, password } = await newPerson()
  // Two changes: the account, and the network of this machine instead of the public one.
  const program = signIn
    .replace('alice.example.com', handle)
    .replace('new OAuthClient({', `new OAuthClient({ ...${JSON.stringify(options)},`)
  expect(program).toContain(handle)
  expect(program).toContain('allowLoopback')
  await writeFile(`${FOLDER}/sign-in.ts`, program)

  const running = promisify(execFile)(process.execPath, ['--conditions=atproof-source', `${FOLDER}/sign-in.ts`])
  const url = await new Promise<string>((resolve, reject) => {
    running.child.stdout?.on('data', (text: string) => {
      const found = /Open (http\S+)/.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    running.catch(reject)
  })
  const page = await browser.newPage({ locale: 'en-US' })
  const { consent } = await import('./browser.ts')
  await page.goto(url)
  await consent(page, { username: handle, password, decision: 'Authorize' })
  await page.getByText('You are signed in').waitFor()
  const { stdout } = await running
  expect(stdout.trim().split('\n').at(-1)).toBe(`${handle} 0`)
})

test('the test of the README tells what it says', async () => {
  const testing = (await snippets()).find((code) => code.includes('fakeNetwork')) ?? ''
  await writeFile(`${FOLDER}/testing.ts`, testing)
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=atproof-source',
    `${FOLDER}/testing.ts`,
  ])
  const [code, ...log] = stdout.trim().split('\n')
  expect(code).toBe('refresh_unanswered')
  expect(log.filter((line) => line.includes('/oauth/token')).length).toBeGreaterThanOrEqual(2)
})

test('the other snippets of the README compile', async () => {
  const [, ...others] = await snippets()
  expect(others.length).toBeGreaterThan(0)
  const given = `import type { OAuthClient as Client } from 'atproof'
import type { PrivateClientKey } from 'atproof/flow'
import type { Pool } from 'pg'
import type { RedisClientType } from 'redis'
declare const oauth: Client
declare const callbackUrl: string
declare const process: { readonly env: Readonly<Record<string, string | undefined>> }
declare const [newKey, oldKey]: [PrivateClientKey, PrivateClientKey]
declare const [newSecret, oldSecret]: [string, string]
declare const pool: Pool
declare const redis: RedisClientType
declare const button: HTMLButtonElement
declare const handle: HTMLInputElement
`
  // What an app has generated, and what a snippet about calls is about.
  const registered = `import type { BlobRef } from 'atproof/registry'
declare module 'atproof/registry' {
  interface Records {
    'com.example.note': { $type?: 'com.example.note'; text: string; picture?: BlobRef }
  }
}
`
  const calls = `import type { XrpcClient } from 'atproof'
declare const client: XrpcClient
declare const file: Blob
`
  const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: ['sign-in.ts'] }
  await writeFile(`${FOLDER}/tsconfig.json`, JSON.stringify(config))
  await Promise.all(
    others.map((code, at) => {
      const all = `${given}${code.includes('client.records(') ? calls : ''}${code}\nexport {}\n`
      return writeFile(`${FOLDER}/snippet-${at}.ts`, all)
    }),
  )
  await writeFile(`${FOLDER}/registered.ts`, registered)
  const { stdout } = await promisify(execFile)('tsc', ['-p', FOLDER]).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
})

test('the README is under 200 lines', async () => {
  const readme = await readFile(`${ROOT}README.md`, 'utf8')
  expect(readme.split('\n').length).toBeLessThan(200)
})
