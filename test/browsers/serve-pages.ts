import { createServer } from 'node:http'
import { listenOnLoopback, LOOPBACK } from '../../e2e/network/loopback.ts'
import { bundle } from '../runtime/runtimes/bundle.ts'

/** A web site on this machine. */
export interface Site {
  /** Ends without a slash. Another site has another origin: browsers keep their data apart. */
  readonly origin: string
  close(): Promise<void>
}

/** How pages are served. */
export interface ServeOptions {
  /** Is told the path of each request, which is answered when it resolves: so a page that nobody drives says something. */
  readonly onRequest?: (path: string) => Promise<void>
}

/**
 * Serves scripts on a free port of 127.0.0.1, which browsers take for a secure context. `/<name>.js` is the bundle of a
 * file of sources and all that it imports, and any other path a page that loads `page.js`.
 */
export async function servePages(
  entries: Readonly<Record<string, URL>>,
  options: ServeOptions = {},
): Promise<Site> {
  const scripts = new Map<string, string>()
  for (const [name, entry] of Object.entries(entries)) {
    scripts.set(
      `/${name}.js`,
      await bundle(entry, { platform: 'browser', conditions: ['atproof-source', 'browser'] }),
    )
  }
  const server = createServer(async ({ url = '/' }, response) => {
    await options.onRequest?.(url)
    const script = scripts.get(url)
    response.setHeader('content-type', script ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8')
    // For the frames of a sandbox, whose origin is none.
    response.setHeader('access-control-allow-origin', '*')
    response.end(script ?? PAGE)
  })
  const port = await listenOnLoopback(server)
  return {
    origin: `http://${LOOPBACK}:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const PAGE = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>a page</title>
<script type="module" src="/page.js"></script>`
