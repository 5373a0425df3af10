import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { OAuthClient } from 'atproof'
import { loginLoopback } from 'atproof/node'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { consent, type Decision } from './browser.ts'
import type { Person } from './contract/world.ts'
import { openRealNetwork, type RealWorld } from './world.ts'

const FOLDER = fileURLToPath(new URL('../test/artefacts/login-loopback', import.meta.url))

let world: RealWorld
let person: Person
let browser: BrowserContext
let page: Page
/** What the browser complained of, and on which page: a style that the page's own policy forbids, too. */
let complaints: { readonly url: string; readonly text: string }[]

beforeAll(async () => {
  world = await openRealNetwork()
  person = await world.newPerson()
  await mkdir(FOLDER, { recursive: true })
})
afterAll(() => world.close())
beforeEach(async () => {
  browser = await world.browser.newContext({ locale: 'en-US', viewport: { width: 960, height: 600 } })
  page = await browser.newPage()
  complaints = []
  page.on('console', (message) => complaints.push({ url: message.location().url, text: message.text() }))
  return () => browser.close()
})

/** The person decides on the real page, in a tab that a program opened, and is back. */
async function comeBack(decision: Decision, title: string) {
  const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', ...world.clientOptions })
  const callback = page.waitForRequest(/\/callback\?/)
  const login = loginLoopback(oauth, person.handle, {
    async open(url) {
      await page.goto(url)
      await consent(page, { username: person.handle, password: person.password, decision })
    },
  })
  const ending = await login.then(
    ({ client }) => client.did,
    (error: unknown) => error,
  )
  await page.getByRole('heading', { name: title }).waitFor()
  return { ending, callback: new URL((await callback).url()) }
}

/** Every address that the buttons back and forward could lead to. */
async function tabHistory(): Promise<readonly string[]> {
  const devtools = await browser.newCDPSession(page)
  const { entries } = await devtools.send('Page.getNavigationHistory')
  return entries.map(({ url }) => url)
}

async function takePictures(name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: `${FOLDER}/${name}-${colorScheme}.png` })
  }
}

test('[E7] [M7] a browser that is back shows neither code nor state: in no address, no history, no page', async () => {
  const { ending, callback } = await comeBack('Authorize', 'You are signed in')
  expect(ending).toBe(person.did)
  const secrets = ['code', 'state'].map((name) => callback.searchParams.get(name) ?? '')
  expect(secrets.every((secret) => secret.length > 20)).toBe(true)
  expect(page.url()).toBe(`${callback.origin}/callback`)
  const history = await tabHistory()
  expect(history.at(-1)).toBe(page.url())
  const shown = [...history, await page.content()].join('\n')
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
  await expect(page.getByText(person.handle).isVisible()).resolves.toBe(true)
  await takePictures('signed-in')
})

test('[E7] [M4] a browser that was refused is as clean, and holds no cookie of the program', async () => {
  const { ending, callback } = await comeBack('Deny access', 'You are not signed in')
  expect(ending).toMatchObject({ code: 'access_denied' })
  expect(page.url()).toBe(`${callback.origin}/callback`)
  const history = await tabHistory()
  expect(history.filter((url) => url.includes(callback.searchParams.get('state') ?? ''))).toEqual([])
  expect(await browser.cookies(callback.origin)).toEqual([])
  await takePictures('refused')
})

test.each([
  ['light', 'rgb(243, 245, 247)'],
  ['dark', 'rgb(14, 18, 22)'],
] as const)(
  'the page wears the colours of the browser, by the one style that it may have: %s',
  async (colorScheme, color) => {
    await page.emulateMedia({ colorScheme })
    const { callback } = await comeBack('Authorize', 'You are signed in')
    await expect(page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor)).resolves.toBe(
      color,
    )
    expect(complaints.filter(({ url }) => url.startsWith(callback.origin))).toEqual([])
  },
)
