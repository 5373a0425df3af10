import { bundle } from './bundle.ts'
import type { Run } from './run.ts'

const ENTRY = new URL('../entry-worker.ts', import.meta.url)
const COMPATIBILITY_DATE = '2026-07-30'

/** A Worker that runs: one isolate, for all its requests. */
export interface RunningWorker {
  fetch(url: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** How a Worker is run. */
export interface WorkerOptions {
  /** Answers what the Worker fetches. @default the internet does */
  readonly outside?: (url: string, init: RequestInit) => Promise<Response>
  /** Which of its changes workerd makes. @default '2026-07-30' */
  readonly compatibilityDate?: string
}

/** Runs the checks in workerd, the runtime of Cloudflare Workers, without its Node compatibility. */
export const runInWorkerd: Run = async (titles) => {
  const worker = await startWorker(ENTRY)
  try {
    const response = await worker.fetch('http://checks.invalid/', { method: 'POST', body: JSON.stringify(titles) })
    if (!response.ok) throw new Error(`the Worker answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Awaited<ReturnType<Run>>
  } finally {
    await worker.close()
  }
}

/** Starts a Worker, of a file that exports one. */
export async function startWorker(entry: URL, options: WorkerOptions = {}): Promise<RunningWorker> {
  const { outside, compatibilityDate = COMPATIBILITY_DATE } = options
  const { Miniflare, Response: WorkerResponse } = await import('miniflare')
  const script = await bundle(entry, { platform: 'neutral', conditions: ['workerd', 'worker', 'browser'] })
  const answer = async (request: Request) => {
    const { url, method } = request
    const body = await request.text()
    const init = { method, headers: Object.fromEntries(request.headers), ...(body && { body }) }
    const response = await outside?.(url, init)
    const headers = Object.fromEntries(response?.headers ?? [])
    return new WorkerResponse(await response?.text(), { status: response?.status ?? 404, headers })
  }
  const miniflare = new Miniflare({
    modules: true,
    script,
    compatibilityDate,
    ...(outside && { outboundService: answer }),
  })
  return {
    fetch: (url, init = {}) => miniflare.dispatchFetch(url, init),
    close: () => miniflare.dispose(),
  }
}
