import { createServer } from 'node:http'
import { launchChromium } from '../../../e2e/browser.ts'
import { ensureChromium } from '../../../e2e/install.ts'
import { listenOnLoopback, LOOPBACK } from '../../../e2e/network/loopback.ts'
import { bundle } from './bundle.ts'
import type { Run } from './run.ts'

const ENTRY = new URL('../entry-page.ts', import.meta.url)
const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/script.js"></script>'

/** Runs the checks in a page, on a server of this machine: WebCrypto asks for a secure context. */
export const runInChromium: Run = async (titles) => {
  const script = await bundle(ENTRY, { platform: 'browser', conditions: ['browser'] })
  const server = createServer(({ url }, response) => {
    const isScript = url === '/script.js'
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html')
    response.end(isScript ? script : PAGE)
  })
  const port = await listenOnLoopback(server)
  const browser = await launchChromium(await ensureChromium())
  try {
    const page = await browser.newPage()
    await page.goto(`http://${LOOPBACK}:${port}/`)
    return await page.evaluate((given) => {
      const { runChecks } = globalThis as unknown as { runChecks: Run }
      return runChecks(given)
    }, titles)
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
}
