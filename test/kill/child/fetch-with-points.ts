import type { Fetch } from 'atproof'
import { isJsonObject } from '../../../src/syntax/shape.ts'
import { nameToken } from '../record-facts.ts'
import { bearerOf, DELETE, REVOCATION_PATHS, TOKEN_PATHS } from '../token-paths.ts'
import type { Points } from './points.ts'
import type { Secrets } from './secrets.ts'
import type { Tell } from './tell.ts'

export interface FetchWithPointsOptions {
  /** Where the network is reached. */
  readonly adapter: string
  readonly life: number
  readonly points: Points
  readonly tell: Tell
  readonly secrets: Secrets
}

/** Requests that matter more than others have points of their own. */
function kindOf(path: string): string {
  if (TOKEN_PATHS.has(path)) return 'fetch tokens'
  return REVOCATION_PATHS.has(path) ? 'fetch revocation' : 'fetch'
}

/** The network as a child sees it: through the parent's adapter. Before, after the headers and after the body are points. */
export function fetchWithPoints({ adapter, life, points, tell, secrets }: FetchWithPointsOptions): Fetch {
  return async (url, init) => {
    const { pathname } = new URL(url)
    const kind = kindOf(pathname)
    points.pass(`${kind} before`)
    if (pathname === '/oauth/revoke' && init.body instanceof URLSearchParams) {
      tell({ is: 'revokes', token: nameToken(init.body.get('token') ?? '') })
    }
    const headers = new Headers(init.headers)
    if (pathname === DELETE) tell({ is: 'revokes', token: nameToken(bearerOf(headers)) })
    headers.set('x-kill-url', url)
    headers.set('x-kill-life', String(life))
    const response = await fetch(adapter, { ...init, headers })
    points.pass(`${kind} headers`)
    const { status, statusText } = response
    const isTokens = status === 200 && TOKEN_PATHS.has(pathname)
    const body = response.body && watch(response.body, kind, (text) => isTokens && noteTokens(text))
    return new Response(body, { status, statusText, headers: response.headers })
  }

  /** Hands a body on, and notes what it said once it is there as a whole. */
  function watch(
    source: ReadableStream<Uint8Array>,
    kind: string,
    note: (text: string) => void,
  ): ReadableStream<Uint8Array> {
    const reader = source.getReader()
    const chunks: Uint8Array[] = []
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!done) {
          chunks.push(value)
          return controller.enqueue(value)
        }
        note(Buffer.concat(chunks).toString())
        points.pass(`${kind} body`)
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    })
  }

  function noteTokens(text: string): void {
    const answer: unknown = JSON.parse(text)
    if (!isJsonObject(answer)) return
    const accessToken = answer['access_token'] ?? answer['accessJwt']
    const refreshToken = answer['refresh_token'] ?? answer['refreshJwt']
    secrets.add([accessToken, refreshToken])
    if (typeof refreshToken === 'string') tell({ is: 'got', token: nameToken(refreshToken) })
  }
}
