import { expect, test } from 'vitest'
import { openBrowser } from '../browsers/open-browser.ts'
import { doIn, openPage, serveStorage } from './indexeddb/scene.ts'

const MEGABYTE = 2 ** 20
/** What a site may store, and what a page tries to. */
const ROOM_MB = 5
const TOO_MUCH_MB = 40

const FULL = {
  code: 'write_failed',
  message: expect.stringMatching(/^.{1,300}$/),
  cause: 'QuotaExceededError',
  retryable: true,
  action: expect.stringContaining('free disk space'),
}

test('in chromium, a full disk is named, nothing is lost by it, and what is freed is used', async () => {
  const [browser, site] = await Promise.all([openBrowser('chromium'), serveStorage()])
  try {
    const context = await browser.openContext()
    const tab = await openPage(context, site)
    const [playwrightTab] = await context.tabs()
    if (!playwrightTab) throw new Error('no tab')
    const devtools = await playwrightTab.page.context().newCDPSession(playwrightTab.page)
    const allow = (quotaSize: number) =>
      devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize })
    // Before anything is stored: it remembers for a while how much room there was.
    await allow(ROOM_MB * MEGABYTE)
    const version = (await doIn(tab, 'put', 'session/1', 'kept', null)) ?? ''
    expect(await doIn(tab, 'overfill', 'big', TOO_MUCH_MB)).toEqual(FULL)
    expect(await doIn(tab, 'get', 'session/1')).toBe('kept')
    await allow(1000 * MEGABYTE)
    expect(await doIn(tab, 'put', 'session/1', 'new', version)).toEqual(expect.any(String))
  } finally {
    await Promise.all([browser.close(), site.close()])
  }
})

test('in firefox, a full disk is named, and nothing is lost by it', async () => {
  const site = await serveStorage()
  // In KiB, for all sites together; one of them may have a fifth, but 10 MB at least.
  const firefoxPreferences = { 'dom.quotaManager.temporaryStorage.fixedLimit': ROOM_MB * 1024 }
  const browser = await openBrowser('firefox', { firefoxPreferences })
  try {
    const tab = await openPage(await browser.openContext(), site)
    await doIn(tab, 'put', 'session/1', 'kept', null)
    expect(await doIn(tab, 'overfill', 'big', TOO_MUCH_MB)).toEqual(FULL)
    expect(await doIn(tab, 'get', 'session/1')).toBe('kept')
  } finally {
    await Promise.all([browser.close(), site.close()])
  }
})
