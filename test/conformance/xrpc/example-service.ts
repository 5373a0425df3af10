import { XrpcClient, type ServiceOptions } from 'atproof'
import { fakeNetwork, type HostHandler, testClock } from 'atproof/testing'

const SERVICE = 'https://api.example.com'

/** A request as a service sees it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

/** What a service answers, one after another; the last one from then on. */
export type Answers = readonly (() => Response | Promise<Response>)[]

/** Draws the middle each time: 128 of 256. */
const random = (length: number) => new Uint8Array(length).fill(128)

/** A service on a network of its own, and a client for it whose pauses take no time but the clock's. */
export function exampleService(answers: Answers, options: Partial<ServiceOptions> = {}) {
  const clock = testClock({ autoAdvance: true })
  const network = fakeNetwork({ clock })
  const seen: SeenRequest[] = []
  const times: number[] = []
  const handler: HostHandler = async (request) => {
    const { method, url, headers } = request
    const body = await request.text()
    const answer = answers[Math.min(seen.length, answers.length - 1)] ?? (() => Response.json({}))
    seen.push({ method, path: url.slice(SERVICE.length), headers, body })
    times.push(clock.now())
    return answer()
  }
  network.host(SERVICE, handler)
  const { fetch } = network
  const client = new XrpcClient({ service: SERVICE, fetch, clock, random, ...options })
  /** The pauses between the requests that came in, in ms. */
  const pauses = () => times.slice(1).map((time, at) => time - (times[at] ?? 0))
  return { network, clock, log: network.log, client, seen, pauses }
}
