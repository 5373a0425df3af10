import { fakeNetwork, type HostHandler } from 'atproof/testing'
import { type ServiceOptions, XrpcClient } from '../../../src/xrpc/xrpc-client.ts'

export const SERVICE = 'https://api.example.com'

/** A request as a service sees it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

/** A service on a network of its own that answers as a test says. */
export function openService(answer: HostHandler = () => Response.json({})) {
  const network = fakeNetwork()
  const { fetch, clock, log } = network
  const seen: SeenRequest[] = []
  network.host(SERVICE, async (request) => {
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: await request.text() })
    return answer(request)
  })
  return { network, fetch, log, seen, clock }
}

/** Such a service, and a client for it. */
export function exampleService(answer?: HostHandler, options: Partial<ServiceOptions> = {}) {
  const { fetch, ...service } = openService(answer)
  const { clock } = service
  return { ...service, client: new XrpcClient({ service: SERVICE, fetch, clock, ...options }) }
}
