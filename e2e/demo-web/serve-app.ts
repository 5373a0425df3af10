import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { LOOPBACK, portOf } from '../network/loopback.ts'
import { listen } from './listen.ts'

/** Where a built app is served, until it is closed. */
export interface ServedApp {
  readonly origin: string
  close(): Promise<void>
}

export interface ServeAppOptions {
  /** @default any that is free */
  readonly port?: number
  /** Origins that the app may speak to although they are not https: those of a network on loopback. */
  readonly connectTo: readonly string[]
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}

/** Serves the files of a build on loopback, as strictly as a host should. */
export async function serveApp(folder: string, { port = 0, connectTo }: ServeAppOptions): Promise<ServedApp> {
  const files = await listFiles(folder)
  const headers = securityHeaders(connectTo)
  const server = createServer(({ method, url = '/' }, response) => {
    const [path = '/'] = url.split('?')
    const file = files.get(path === '/' ? '/index.html' : path)
    if (method !== 'GET' && method !== 'HEAD') return response.writeHead(405, { allow: 'GET, HEAD' }).end()
    if (!file) return response.writeHead(404, headers).end()
    const isNamedByContent = path.startsWith('/assets/')
    response.writeHead(200, {
      ...headers,
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'cache-control': isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    if (method === 'HEAD') return response.end()
    return createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response)
  })
  await listen(server, port)
  return {
    origin: `http://${LOOPBACK}:${portOf(server)}`,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What every answer of a host of the app carries, on the public network with nothing in `connectTo`. */
export function securityHeaders(connectTo: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'self'",
    ["connect-src 'self' https:", ...connectTo].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    // The address that a sign-in comes back to holds its code.
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}

/** The files by the path that they are asked for: what is not listed is not served. */
async function listFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return new Map(files.map((file) => [`/${relative(folder, file).replaceAll(sep, '/')}`, file]))
}
