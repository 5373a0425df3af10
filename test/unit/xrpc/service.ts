import type { Fetch } from '../../../src/http/transport.ts'
import { XrpcClient } from '../../../src/xrpc/client.ts'
import { testClock } from 'atproof/testing'

/** A request as a service sees it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
  readonly redirect: string | undefined
  readonly signal: AbortSignal | null | undefined
}

/** A service that answers as a test says, and a client for it. */
export function exampleService(answer: Fetch = async () => Response.json({})) {
  const seen: SeenRequest[] = []
  const clock = testClock()
  const fetch: Fetch = async (url, init) => {
    const request = new Request(url, init)
    const { method, headers } = request
    seen.push({ method, url, headers, body: await request.text(), redirect: init.redirect, signal: init.signal })
    return answer(url, init)
  }
  return { seen, clock, client: new XrpcClient({ service: 'https://api.example.com', fetch, clock }) }
}
