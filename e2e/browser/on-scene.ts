import { afterAll, beforeAll, describe } from 'vitest'

/**
 * Tests of one browser on a network of its own, one after the other.
 *
 * @param define is given what leads to the scene, which is there once a test runs
 */
export function onScene<S extends { close(): Promise<void> }>(
  open: () => Promise<S>,
  define: (scene: () => S) => void,
): void {
  let scene: S | undefined
  beforeAll(async () => {
    scene = await open()
  })
  afterAll(() => scene?.close())
  describe('on the real network', { concurrent: false }, () =>
    define(() => {
      if (scene) return scene
      throw new Error('no test runs yet')
    }),
  )
}
