// The service worker of the app: it calls for the accounts that are signed in in its pages, and opens the app offline.
import { OAuthClient } from 'atproof'
import { indexedDbStorage } from 'atproof/browser'
import { type Clock, systemClock } from '../../src/http/clock.ts'
import type { AppSettings } from './app-settings.ts'
import { describeFailure } from './describe-failure.ts'
import type { CallResult, WorkerOrder } from './seen.ts'

/** What a service worker is asked to load, which the types of a page do not know. */
interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

/** How far the servers' clocks are ahead. */
let aheadMs = 0
let oauth: OAuthClient | undefined

/** That of the pages: who wrote what how long ago is read by the same clock everywhere. */
const clock: Clock = {
  ...systemClock,
  now: () => Date.now() + aheadMs,
  monotonic: () => performance.now() + aheadMs,
}

addEventListener('message', ({ data, ports }: MessageEvent<WorkerOrder>) => {
  aheadMs = data.settings.aheadMs
  oauth ??= openClient(data.settings)
  void fulfil(oauth, data).then((result) => ports[0]?.postMessage(result))
})

addEventListener('fetch', (event) => {
  if (!isFetch(event)) return
  const { origin, search } = new URL(event.request.url)
  // What has a code in its address is nobody's to keep.
  if (origin === location.origin && search === '') event.respondWith(load(event.request))
})

function isFetch(event: Event): event is FetchEvent {
  return 'respondWith' in event
}

/** A file of the app: what the network has, else what it had. */
async function load(request: Request): Promise<Response> {
  const files = await caches.open('the app')
  try {
    const response = await fetch(request)
    await files.put(request, response.clone())
    return response
  } catch {
    return (await files.match(request)) ?? Response.error()
  }
}

function openClient({ plc, pds, redirectUri, scope }: AppSettings): OAuthClient {
  return new OAuthClient({
    redirectUri,
    scope,
    plcDirectory: plc,
    handleResolver: pds,
    allowLoopback: [plc, pds],
    storage: indexedDbStorage({ clock }),
    clock,
  })
}

async function fulfil(client: OAuthClient, { wish, sessionId }: WorkerOrder): Promise<CallResult> {
  try {
    const account = await client.restore(sessionId)
    if (!account) throw new Error('nothing is stored')
    if (wish === 'upload') await account.uploadBlob(new Blob(['from a worker'], { type: 'text/plain' }))
    const { data } = await account.get('com.atproto.server.getSession')
    return { did: data.did }
  } catch (error) {
    return describeFailure(error)
  }
}
