// A Worker whose requests share what they found, as those of one isolate do. `/find/<handle>` is answered with the
// issuer. `PUT /session` keeps a record in the isolate's storage; `/call/<session id>` calls with it, and is answered
// with what came of that; `?hold` holds the runtime, as an app's `waitUntil` does, and `?leave` answers before anything
// has come of the call, so that workerd stops what the request has begun. `/told` is answered with the events so far,
// `/stored/<session id>` with the record; `/full/yes` fills the disk.
import { memoryStorage, OAuthClient, type Storage } from 'atproof'
import { discoverAuthorizationServer, discoveryCache } from 'atproof/discovery'

interface Context {
  waitUntil(promise: Promise<unknown>): void
}

const REDIRECT_URI = 'http://127.0.0.1/callback'
/** How much faster than the world timers run here. */
const SPEED = 10
/** After this long, in real time, somebody leaves: what was called for is on its way to the network by then. */
const LEAVE_MS = 300

const cache = discoveryCache()
/** A storage that takes no new tokens while it is full. */
const inner = memoryStorage()
let isFull = false
const storage: Storage = {
  keepsCryptoKeys: true,
  get: (key) => inner.get(key),
  async put(key, value, options) {
    if (isFull && JSON.stringify(value).includes('"gen":2')) throw new Error('the disk is full')
    return inner.put(key, value, options)
  },
  delete: (key, options) => inner.delete(key, options),
  list: (prefix) => inner.list(prefix),
}
const told: string[] = []

// oxlint-disable-next-line import/no-default-export -- what a Worker is
export default {
  async fetch(request: Request, _env: unknown, context: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const [, what, ...rest] = pathname.split('/')
    const subject = decodeURIComponent(rest.join('/'))
    if (what === 'find') return new Response(await find(subject))
    if (what === 'told') return Response.json(told)
    if (what === 'stored') return Response.json((await inner.get(`session/${subject}`))?.value)
    if (what === 'full') return new Response(String((isFull = subject === 'yes')))
    if (request.method === 'PUT') return new Response(await keep(await request.json()))
    const called = call(subject, searchParams.has('hold') ? context : undefined)
    const left = searchParams.has('leave') ? [sleep(LEAVE_MS).then(() => 'left')] : []
    return new Response(await Promise.race([called, ...left]))
  },
}

async function find(handle: string): Promise<string> {
  const found = await discoverAuthorizationServer(handle, { cache }).catch(String)
  return typeof found === 'string' ? found : found.issuer
}

async function keep(record: { readonly sessionId: string }): Promise<string | undefined> {
  return storage.put(`session/${record.sessionId}`, record, { ifVersion: null })
}

/** Each request has a client of its own, as the one that `waitUntil` belongs to; and all have one storage. */
async function call(sessionId: string, context: Context | undefined): Promise<string> {
  const oauth = new OAuthClient({
    redirectUri: REDIRECT_URI,
    storage,
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now() * SPEED,
      sleep: (ms, signal) => sleep(ms / SPEED, signal),
    },
    onEvent: ({ type }) => told.push(type),
    ...(context && { waitUntil: (promise) => context.waitUntil(promise) }),
  })
  const client = await oauth.restore(sessionId)
  if (!client) return 'no session'
  return client.get('com.atproto.server.getSession').then(({ status }) => String(status), String)
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    if (signal?.aborted) return stop()
    signal?.addEventListener('abort', stop, { once: true })
  })
}
