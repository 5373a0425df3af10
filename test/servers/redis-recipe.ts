import { ensureRedis } from '../../e2e/install.ts'
import { LOOPBACK } from '../../e2e/network/loopback.ts'
import type { Recipe, Settings } from './recipe.ts'

/** Runs a Redis on loopback whose writes are on the disk before it answers. */
export async function redisRecipe(settings: Settings): Promise<Recipe> {
  const file = await ensureRedis()
  return {
    start(port) {
      const all = {
        port: String(port),
        bind: LOOPBACK,
        'protected-mode': 'yes',
        appendonly: 'yes',
        appendfsync: 'always',
        save: '',
        ...settings,
      }
      return { file, input: Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]) }
    },
    isReady: /Ready to accept connections/,
    isPortTaken: /Address already in use/,
    endSignal: 'SIGKILL',
    url: (port) => `redis://${LOOPBACK}:${port}`,
  }
}
