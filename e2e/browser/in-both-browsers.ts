import { afterAll, beforeAll, describe } from 'vitest'
import { openScene, type Scene } from './scene.ts'

/**
 * Tests in Chromium and in Firefox. The two go on at the same time, each on a network of its own; the tests of one come one
 * after the other.
 *
 * @param define is given what leads to the scene, which is there once a test runs
 */
export function inBothBrowsers(define: (open: () => Scene, name: 'chromium' | 'firefox') => void): void {
  describe.concurrent.each(['chromium', 'firefox'] as const)('in %s', (name) => {
    let scene: Scene | undefined
    beforeAll(async () => {
      scene = await openScene(name)
    })
    afterAll(() => scene?.close())
    describe('on the real network', { concurrent: false }, () =>
      define(() => {
        if (scene) return scene
        throw new Error('no test runs yet')
      }, name),
    )
  })
}
