import { copyResponse } from '../copy-response.ts'

const SERVERS_OWN: ReadonlySet<string> = new Set(['dpop-nonce', 'access-control-expose-headers'])

/** What a browser asks before it sends a call from another origin; undefined for any other request. */
export function answerPreflight(request: Request): Response | undefined {
  if (request.method !== 'OPTIONS') return undefined
  const asked = request.headers.get('access-control-request-headers')
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
      'access-control-max-age': '86400',
      vary: 'Access-Control-Request-Headers',
      ...(asked !== null && { 'access-control-allow-headers': asked }),
    },
  })
}

/** The answer as it leaves the server: open to every origin, with the headers that were gathered on the way. */
export function finishAnswer(response: Response, gathered: Headers = new Headers()): Response {
  const finished = copyResponse(response)
  const ours = [['access-control-allow-origin', '*'] as const, ...gathered]
  // What a test's own handler says stays, save what the server alone knows.
  for (const [name, value] of ours) {
    if (SERVERS_OWN.has(name) || !finished.headers.has(name)) finished.headers.set(name, value)
  }
  return finished
}
