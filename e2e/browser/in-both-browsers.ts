import { describe } from 'vitest'
import { onScene } from './on-scene.ts'
import { openScene, type Scene } from './scene.ts'

/** Tests in Chromium and in Firefox, both at the same time, for what playwright's driver is needed for. */
export function inBothBrowsers(define: (open: () => Scene, name: 'chromium' | 'firefox') => void): void {
  describe.concurrent.each(['chromium', 'firefox'] as const)('in %s', (name) =>
    onScene(
      () => openScene(name),
      (open) => define(open, name),
    ),
  )
}
