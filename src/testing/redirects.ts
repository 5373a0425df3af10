type Send = (request: Request) => Promise<Response>

/** Does what `redirect` of a request says, as fetch does. */
export async function followRedirects(request: Request, send: Send): Promise<Response> {
  let current = request
  for (let hops = 0; hops <= 20; hops += 1) {
    const retry = current.body === null || request.redirect !== 'follow' ? current : current.clone()
    const response = await send(current)
    const location = response.headers.get('location')
    if (location === null || ![301, 302, 303, 307, 308].includes(response.status))
      return markUrl(response, current)
    if (request.redirect === 'manual') return markUrl(response, current)
    if (request.redirect === 'error')
      throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
    current = redirect(retry, new URL(location, current.url), response.status)
  }
  throw new TypeError('fetch failed', { cause: new Error('redirect count exceeded') })
}

function redirect(request: Request, url: URL, status: number): Request {
  const headers = new Headers(request.headers)
  if (url.origin !== new URL(request.url).origin) headers.delete('authorization')
  const keepsBody = status >= 307 || request.method === 'GET' || request.method === 'HEAD'
  const { method, body } = keepsBody ? request : { method: 'GET', body: null }
  return new Request(url, { method, headers, ...(body && { body, duplex: 'half' }) })
}

function markUrl(response: Response, request: Request): Response {
  return Object.defineProperty(response, 'url', { value: request.url })
}
