import { createServer } from 'node:http'
import { bundle } from '../../test/runtime/runtimes/bundle.ts'
import { listenOnLoopback, LOOPBACK } from '../network/loopback.ts'
import type { RealNetwork } from '../network/start.ts'
import { type AppSettings, SETTINGS_ID } from './app-settings.ts'

const ENTRY = new URL('page.ts', import.meta.url)

/** The app's own server: a page at every path, and nothing else. */
export interface AppServer {
  /** Where the app is at home. */
  readonly origin: string
  /** The same page under the name that no consent page returns to. */
  readonly localhost: string
  readonly redirectUri: string
  /** The app on a page that shares nothing with windows of other origins, those that it opens among them. */
  readonly isolated: string
  /** A page of the same origin without the app. */
  readonly blank: string
  /** The address to which a consent page led back last, with all that the server saw of it. */
  lastCallback(): string
  /** Has the pages that are opened from now on know that the servers' clocks are ahead. */
  skip(ms: number): void
  close(): void
}

/** Serves the app of `page.ts` on loopback: WebCrypto asks for a secure context. */
export async function serveApp({ plc, pds }: Pick<RealNetwork, 'plc' | 'pds'>): Promise<AppServer> {
  const script = await bundle(ENTRY, { platform: 'browser', conditions: ['atproof-source', 'browser'] })
  let aheadMs = 0
  let lastCallback = ''
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, origin)
    if (pathname === '/callback') lastCallback = origin + url
    if (pathname === '/isolated') response.setHeader('cross-origin-opener-policy', 'same-origin')
    const isScript = pathname === '/script.js'
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8')
    if (isScript) response.end(script)
    else response.end(pathname === '/blank' ? '<!doctype html>' : pageOf({ plc, pds, redirectUri, aheadMs }))
  })
  const port = await listenOnLoopback(server)
  const origin = `http://${LOOPBACK}:${port}`
  const redirectUri = `${origin}/callback`
  return {
    origin,
    localhost: `http://localhost:${port}`,
    redirectUri,
    isolated: `${origin}/isolated`,
    blank: `${origin}/blank`,
    lastCallback: () => lastCallback,
    skip(ms) {
      aheadMs += ms
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Its buttons are called otherwise than those of the consent page, so that nobody takes one for the other. */
function pageOf(settings: AppSettings): string {
  return `<!doctype html>
<meta charset="utf-8">
<title>An app</title>
<link rel="icon" href="data:,">
<script type="application/json" id="${SETTINGS_ID}">${JSON.stringify(settings)}</script>
<input id="who"> <button id="redirect">Go</button> <button id="popup">Go in a window</button>
<script type="module" src="/script.js"></script>
`
}
