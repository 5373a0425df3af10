import { randomUUID } from 'node:crypto'
import { type BrowserContext as Context, type BrowserType, chromium, firefox, type Page } from 'playwright-core'
import { ensureChromium, ensureFirefox } from '../../e2e/install.ts'
import type { Browser, BrowserContext, BrowserOptions, Tab } from './browser.ts'
import { findMarked, killTree, MARK } from './processes.ts'
import { CHROMIUM_FLAGS } from './chromium-flags.ts'

/** A tab of Chromium or Firefox. */
export interface PlaywrightTab extends Tab {
  /** For whatever a {@link Tab} cannot do. */
  readonly page: Page
  /** The process of the browser, of which those of its pages are children. */
  readonly browserProcess: number
}

/** Chromium or Firefox. */
export type PlaywrightBrowser = Browser<PlaywrightTab>

export async function openPlaywrightBrowser(
  name: 'chromium' | 'firefox',
  { profile, firefoxPreferences }: BrowserOptions,
): Promise<PlaywrightBrowser> {
  const mark = randomUUID()
  const type: BrowserType = name === 'chromium' ? chromium : firefox
  const launch = {
    headless: true,
    env: { ...process.env, [MARK]: mark },
    ...(name === 'chromium'
      ? {
          executablePath: await ensureChromium(),
          args: CHROMIUM_FLAGS,
          // Pages are kept for going back, as people have it.
          ignoreDefaultArgs: ['--disable-back-forward-cache'],
        }
      : { executablePath: await ensureFirefox(), channel: 'moz-firefox' }),
    ...(firefoxPreferences && { firefoxUserPrefs: { ...firefoxPreferences } }),
  }
  const kept = profile === undefined ? undefined : await type.launchPersistentContext(profile, launch)
  const browser = kept?.browser() ?? (await type.launch(launch))
  const pid = await findMarked(mark)
  return {
    name,
    version: browser.version(),
    openContext: async () => contextOf(kept ?? (await browser.newContext({ locale: 'en-US' })), pid),
    close: () => (kept ?? browser).close(),
    async kill() {
      await killTree(pid)
      // What playwright still waits for ends with the process.
      await (kept ?? browser).close().catch(() => {})
    },
  }
}

function contextOf(context: Context, pid: number): BrowserContext<PlaywrightTab> {
  return {
    openTab: async () => tabOf(await context.newPage(), pid),
    tabs: async () => context.pages().map((page) => tabOf(page, pid)),
    close: () => context.close(),
  }
}

function tabOf(page: Page, browserProcess: number): PlaywrightTab {
  return {
    page,
    browserProcess,
    goto: async (url) => void (await page.goto(url)),
    url: () => addressOf(page),
    title: () => page.title(),
    reload: async () => void (await page.reload()),
    async back() {
      const here = await addressOf(page)
      await page.evaluate('void setTimeout(() => history.back())')
      while ((await addressOf(page)) === here) await page.waitForTimeout(25)
      await page.waitForFunction(`document.readyState === 'complete'`)
    },
    close: () => page.close(),
    evaluate: (expression) => page.evaluate(expression),
    fill: (selector, text) => page.fill(selector, text),
    click: (selector) => page.click(selector),
    screenshot: async (path) => void (await page.screenshot({ path })),
  }
}

/** The page says it: playwright does not see one come out of Firefox's back-forward cache. */
async function addressOf(page: Page): Promise<string> {
  // Where it is on its way, its place to run things in is gone.
  return page.evaluate<string>('location.href').catch(() => page.url())
}
