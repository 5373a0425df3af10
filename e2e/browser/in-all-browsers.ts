import { describe } from 'vitest'
import { BROWSER_NAMES, type BrowserName, type Tab } from '../../test/browsers/browser.ts'
import { onScene } from './on-scene.ts'
import { openScene, type Scene } from './scene.ts'

/** Tests in Chromium, in Firefox and in WebKit, all at the same time. */
export function inAllBrowsers(define: (open: () => Scene<Tab>, name: BrowserName) => void): void {
  describe.concurrent.each(BROWSER_NAMES)('in %s', (name) =>
    onScene(
      () => openScene(name),
      (open) => define(open, name),
    ),
  )
}
