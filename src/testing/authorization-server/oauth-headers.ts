/** A web page of any origin may ask: there are no cookies in play. As the reference server says it. */
const CROSS_ORIGIN = {
  'access-control-max-age': '86400',
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': 'Content-Type,DPoP',
}

/** The answer to a preflight. */
export function answerPreflight(): Response {
  return new Response(null, { status: 200, headers: CROSS_ORIGIN })
}

/** A document that anybody may read. */
export function answerDocument(json: object): Response {
  return Response.json(json, { headers: { ...CROSS_ORIGIN, 'cache-control': 'max-age=300' } })
}

/** Adds what every answer of an endpoint carries (RFC 6749 §5.1, RFC 9449 §8.2). */
export function addEndpointHeaders(response: Response, nonce: string | undefined): Response {
  const { headers } = response
  for (const [name, value] of Object.entries(CROSS_ORIGIN)) headers.set(name, value)
  headers.set('cache-control', 'no-store')
  headers.set('pragma', 'no-cache')
  const exposed = [
    nonce === undefined ? '' : 'DPoP-Nonce',
    headers.has('www-authenticate') ? 'WWW-Authenticate' : '',
  ]
  const list = exposed.filter(Boolean).join(', ')
  if (list) headers.set('access-control-expose-headers', list)
  if (nonce !== undefined) headers.set('dpop-nonce', nonce)
  return response
}
