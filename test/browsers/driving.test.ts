import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, BROWSER_NAMES } from './browser.ts'
import { crash, freeze, thaw } from './freeze.ts'
import { openBrowser, waitUntil } from './open-browser.ts'
import type { PlaywrightBrowser } from './playwright-browser.ts'
import { servePages, type Site } from './serve-pages.ts'

const PAGE = new URL('page.ts', import.meta.url)
const HANG_MS = 1500

let site: Site

beforeAll(async () => {
  site = await servePages({ page: PAGE })
})
afterAll(() => site.close())

describe.each(BROWSER_NAMES)('%s', (name) => {
  let browser: Browser

  beforeAll(async () => {
    browser = await openBrowser(name)
  })
  afterAll(() => browser.close())

  test('drives a page: its address, its fields, its history', async () => {
    const context = await browser.openContext()
    const tab = await context.openTab()
    await tab.goto(`${site.origin}/first`)
    expect(await tab.title()).toBe('a page')
    await tab.fill('input', 'x')
    await tab.fill('input', 'alice')
    await tab.click('button')
    await waitUntil(tab, `document.querySelector('output').textContent === 'hello alice'`)
    await tab.goto(`${site.origin}/second`)
    expect(await tab.url()).toBe(`${site.origin}/second`)
    await tab.back()
    expect(await tab.url()).toBe(`${site.origin}/first`)
    await tab.evaluate(`globalThis.mark = 1`)
    await tab.reload()
    expect(await tab.evaluate(`typeof mark`)).toBe('undefined')
    await context.close()
  })

  test('gives what a promise of the page brings, and throws what it fails with', async () => {
    const context = await browser.openContext()
    const tab = await context.openTab()
    await tab.goto(`${site.origin}/`)
    expect(await tab.evaluate(`new Promise((resolve) => setTimeout(resolve, 20, { a: [1] }))`)).toEqual({ a: [1] })
    await expect(tab.evaluate(`Promise.reject(new Error('of the page'))`)).rejects.toThrow('of the page')
    await context.close()
  })

  test('shares storages between the tabs of a context, and not with another context', async () => {
    const [context, other] = [await browser.openContext(), await browser.openContext()]
    const [first, second, stranger] = [await context.openTab(), await context.openTab(), await other.openTab()]
    for (const tab of [first, second, stranger]) await tab.goto(`${site.origin}/`)
    await first.evaluate(`localStorage.setItem('mark', '1')`)
    expect(await second.evaluate(`localStorage.getItem('mark')`)).toBe('1')
    expect(await stranger.evaluate(`localStorage.getItem('mark')`)).toBeNull()
    expect(await context.tabs()).toHaveLength(2)
    await second.close()
    expect(await context.tabs()).toHaveLength(1)
    await Promise.all([context.close(), other.close()])
  })
})

describe.each(['chromium', 'firefox'] as const)('%s', (name) => {
  let browser: PlaywrightBrowser

  beforeAll(async () => {
    browser = await openBrowser(name)
  })
  afterAll(() => browser.close())

  test('freezes one tab and no other, until it is thawed', async () => {
    const context = await browser.openContext()
    const [tab, other] = [await context.openTab(), await context.openTab()]
    for (const each of [tab, other]) await each.goto(`${site.origin}/`)
    await freeze(tab)
    const answer = tab.evaluate('1 + 1')
    expect(await other.evaluate('2 + 2')).toBe(4)
    expect(await Promise.race([answer, late()])).toBe('late')
    thaw(tab)
    expect(await answer).toBe(2)
    await context.close()
  })
})

test('chromium crashes one tab and no other', async () => {
  const browser = await openBrowser('chromium')
  const context = await browser.openContext()
  const [tab, other] = [await context.openTab(), await context.openTab()]
  for (const each of [tab, other]) await each.goto(`${site.origin}/`)
  await crash(tab)
  await expect(tab.evaluate('1')).rejects.toThrow()
  expect(await other.evaluate('2 + 2')).toBe(4)
  await browser.close()
})

function late(): Promise<'late'> {
  return new Promise((resolve) => setTimeout(resolve, HANG_MS, 'late'))
}
