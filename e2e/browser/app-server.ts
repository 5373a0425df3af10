import { createServer } from 'node:http'
import { bundleParts } from '../../test/runtime/runtimes/bundle-parts.ts'
import { bundle } from '../../test/runtime/runtimes/bundle.ts'
import { listenOnLoopback, LOOPBACK } from '../network/loopback.ts'
import type { RealNetwork } from '../network/start.ts'
import { type AppSettings, SETTINGS_ID } from './app-settings.ts'

const PAGE = new URL('page.ts', import.meta.url)
const WORKER = new URL('service-worker.ts', import.meta.url)
/** What a page begins with, or what several parts share. */
const FIRST = /^(?:page|service-worker|chunk-\w+)\.js$/
const SCOPE = 'atproto transition:generic'

/** The app's own server: its scripts, and a page at every other path. */
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
  /**
   * Has parts of the app be gone that are loaded when they are needed, as when a newer app was put in its place.
   *
   * @param part one by the name of its file. @default all
   */
  lose(part?: string): void
  /** Has all parts be there again. */
  bringBack(): void
  close(): void
}

/** Serves the app of `page.ts` on loopback: WebCrypto asks for a secure context. */
export async function serveApp({ plc, pds }: Pick<RealNetwork, 'plc' | 'pds'>): Promise<AppServer> {
  // A service worker cannot load parts.
  const worker = await bundle(WORKER, { platform: 'browser', conditions: ['atproof-source', 'browser'] })
  const scripts = new Map([...(await bundleParts(PAGE)), ['service-worker.js', worker]])
  const lost = new Set<string>()
  let aheadMs = 0
  let lastCallback = ''
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, origin)
    if (pathname === '/callback') lastCallback = origin + url
    if (pathname === '/isolated') response.setHeader('cross-origin-opener-policy', 'same-origin')
    const isScript = pathname.endsWith('.js')
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8')
    if (!isScript) {
      response.end(
        pathname === '/blank' ? '<!doctype html>' : pageOf({ plc, pds, redirectUri, scope: SCOPE, aheadMs }),
      )
      return
    }
    const script = lost.has(pathname.slice(1)) ? undefined : scripts.get(pathname.slice(1))
    response.writeHead(script === undefined ? 404 : 200).end(script)
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
    lose(part) {
      const names = [...scripts.keys()].filter((name) => (part ? name.startsWith(`${part}-`) : !FIRST.test(name)))
      if (names.length === 0)
        throw new Error(`the app has no part ${part ?? 'at all'}: ${[...scripts.keys()].join()}`)
      for (const name of names) lost.add(name)
    },
    bringBack: () => lost.clear(),
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
<script type="module" src="/page.js"></script>
`
}
