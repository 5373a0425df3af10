import { fakeNetwork, type HostHandler } from 'atproof/testing'
import { type ServiceOptions, XrpcClient } from '../../../src/xrpc/xrpc-client.ts'

const SERVICE = 'https://api.example.com'

/** A request as a service sees it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

/** A service on a network of its own that answers as a test says, and a client for it. */
export function exampleService(
  answer: HostHandler = () => Response.json({}),
  options: Partial<ServiceOptions> = {},
) {
  const network = fakeNetwork()
  const { fetch, clock, log } = network
  const seen: SeenRequest[] = []
  network.host(SERVICE, async (request) => {
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: await request.text() })
    return answer(request)
  })
  return { network, log, seen, clock, client: new XrpcClient({ service: SERVICE, fetch, clock, ...options }) }
}
