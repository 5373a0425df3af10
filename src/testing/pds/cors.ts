import { copyResponse } from '../copy-response.ts'

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
  finished.headers.set('access-control-allow-origin', '*')
  for (const [name, value] of gathered) finished.headers.set(name, value)
  return finished
}
