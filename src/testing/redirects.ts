type Send = (request: Request) => Promise<Response>

/** The Fetch standard's limit. */
const MAX_REDIRECTS = 20
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** What no other origin is told. */
const PRIVATE_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'host']
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']

/** What fetch was told beside the request. */
export interface FollowOptions {
  readonly redirect: RequestRedirect
  readonly signal: AbortSignal | null | undefined
}

/** Does what `redirect` of a request says, as fetch does. */
export async function followRedirects(
  request: Request,
  { redirect, signal }: FollowOptions,
  send: Send,
): Promise<Response> {
  let current = request
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const retry = current.body === null || redirect !== 'follow' ? current : current.clone()
    const response = await send(current)
    const location = response.headers.get('location')
    const isRedirect = location !== null && REDIRECTS.has(response.status)
    if (!isRedirect || redirect === 'manual') return markUrl(response, current.url, hops > 0)
    if (redirect === 'error') throw redirectFailed('unexpected redirect')
    if (!URL.canParse(location, current.url)) throw redirectFailed(`Invalid URL: ${location}`)
    current = nextRequest(retry, new URL(location, current.url), response.status, signal)
  }
  throw redirectFailed('redirect count exceeded')
}

function nextRequest(request: Request, url: URL, status: number, signal: AbortSignal | null | undefined): Request {
  const headers = new Headers(request.headers)
  if (url.origin !== new URL(request.url).origin) for (const name of PRIVATE_HEADERS) headers.delete(name)
  const keepsBody = !becomesGet(status, request.method)
  if (!keepsBody) for (const name of BODY_HEADERS) headers.delete(name)
  const { method, body } = keepsBody ? request : { method: 'GET', body: null }
  return new Request(url, { method, headers, ...(body && { body, duplex: 'half' }), ...(signal && { signal }) })
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD'
  return status < 303 && method === 'POST'
}

/** Says where a response is from, and has its clones say it too. */
function markUrl(response: Response, url: string, redirected: boolean): Response {
  return Object.defineProperties(response, {
    url: { value: url.replace(/#.*$/s, '') },
    redirected: { value: redirected },
    clone: { value: () => markUrl(Response.prototype.clone.call(response), url, redirected) },
  })
}

function redirectFailed(reason: string): TypeError {
  return new TypeError('fetch failed', { cause: new Error(reason) })
}
