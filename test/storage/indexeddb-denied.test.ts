import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Tab } from '../browsers/browser.ts'
import { openBrowser } from '../browsers/open-browser.ts'
import type { PlaywrightBrowser } from '../browsers/playwright-browser.ts'
import type { Site } from '../browsers/serve-pages.ts'
import { doIn, makeProfile, openPage, serveStorage } from './indexeddb/scene.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

async function openProfile(): Promise<string> {
  const profile = await makeProfile()
  cleanups.push(() => profile.remove())
  return profile.path
}

async function openSite(): Promise<Site> {
  const site = await serveStorage()
  cleanups.push(() => site.close())
  return site
}

async function openTab(browser: PlaywrightBrowser, site: Site): Promise<Tab> {
  cleanups.push(() => browser.close())
  return openPage(await browser.openContext(), site)
}

const ALLOW = expect.stringContaining('let this site store data')

test('in chromium, where a person lets no site store anything, a storage says so', async () => {
  const profile = await openProfile()
  await mkdir(join(profile, 'Default'))
  // As its settings write it: block all cookies.
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } }
  await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(settings))
  const tab = await openTab(await openBrowser('chromium', { profile }), await openSite())
  // Chromium has one name for this and for a profile that is broken.
  expect(await doIn(tab, 'failure')).toMatchObject({ cause: 'UnknownError', action: ALLOW })
})

test('in firefox, where a person lets no site store anything, a storage says so', async () => {
  const firefoxPreferences = { 'network.cookie.cookieBehavior': 2 }
  const tab = await openTab(await openBrowser('firefox', { firefoxPreferences }), await openSite())
  expect(await doIn(tab, 'failure')).toMatchObject({ cause: 'SecurityError', retryable: false, action: ALLOW })
})

test('[M3] in a private window of firefox, a storage keeps keys until the window goes', async () => {
  const profile = await openProfile()
  const site = await openSite()
  const options = { profile, firefoxPreferences: { 'browser.privatebrowsing.autostart': true } }
  const browser = await openBrowser('firefox', options)
  const tab = await openPage(await browser.openContext(), site)
  expect(await doIn(tab, 'keepKey', 'session/1')).toEqual(['false', 'InvalidAccessError', 'InvalidAccessError'])
  await tab.reload()
  expect(await doIn(tab, 'signWith', 'session/1')).toBe(true)
  await browser.close()
  const again = await openTab(await openBrowser('firefox', options), site)
  expect(await doIn(again, 'get', 'session/1')).toBeNull()
})
