import { bundle } from './bundle.ts'
import type { Run } from './run.ts'

const ENTRY = new URL('../entry-worker.ts', import.meta.url)
const COMPATIBILITY_DATE = '2026-07-30'

/** Runs the checks in workerd, the runtime of Cloudflare Workers, without its Node compatibility. */
export const runInWorkerd: Run = async (titles) => {
  const { Miniflare } = await import('miniflare')
  const script = await bundle(ENTRY, { platform: 'neutral', conditions: ['workerd', 'worker', 'browser'] })
  const miniflare = new Miniflare({ modules: true, script, compatibilityDate: COMPATIBILITY_DATE })
  try {
    const response = await miniflare.dispatchFetch('http://checks.invalid/', {
      method: 'POST',
      body: JSON.stringify(titles),
    })
    if (!response.ok) throw new Error(`the Worker answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Awaited<ReturnType<Run>>
  } finally {
    await miniflare.dispose()
  }
}
