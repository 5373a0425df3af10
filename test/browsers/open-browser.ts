import type { Browser, BrowserName, BrowserOptions, Tab } from './browser.ts'
import { openPlaywrightBrowser, type PlaywrightBrowser } from './playwright-browser.ts'
import { openWebKit } from './webkit-browser.ts'

/**
 * Opens a real browser, without a window; one that the machine lacks is installed where that can be.
 *
 * Chromium and Firefox are driven by playwright: their tabs have its `page`, and can be frozen (`freeze.ts`). WebKit is
 * driven by WebKitWebDriver under Xvfb, where one tab at a time is in front: its commands wait for each other.
 *
 * @throws Error where there is none, which says how to install it
 */
export function openBrowser(name: 'chromium' | 'firefox', options?: BrowserOptions): Promise<PlaywrightBrowser>
export function openBrowser(name: BrowserName, options?: BrowserOptions): Promise<Browser>
export function openBrowser(name: BrowserName, options: BrowserOptions = {}): Promise<Browser> {
  return name === 'webkit' ? openWebKit(options) : openPlaywrightBrowser(name, options)
}

/** Waits until an expression is true in a page. */
export async function waitUntil(
  tab: Tab,
  expression: string,
  { timeoutMs = 20_000 }: { readonly timeoutMs?: number } = {},
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await tab.evaluate<unknown>(expression))) {
    if (performance.now() > end) throw new Error(`not so in ${timeoutMs} ms: ${expression}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
