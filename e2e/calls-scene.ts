import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ServiceReference, XrpcClient } from 'atproof'
import type { Person } from './contract/world.ts'
import { listenOnLoopback } from './network/loopback.ts'
import { type App, openApp, signIn } from './scene.ts'
import { type FakeWorld, openFakeNetwork, openRealNetwork, type RealWorld, type World } from './world.ts'

const DID = 'did:web:app.atproof.internal'

/** A request that a PDS passed on. */
export interface PassedOn {
  readonly path: string
  readonly headers: Headers
  /** When it came, in ms since the epoch. */
  readonly at: number
}

/** Somebody who signed in, and a service that their PDS passes calls on to. */
export interface CallScene<W extends World = World> {
  readonly world: W
  readonly person: Person
  readonly app: App
  readonly client: XrpcClient
  /** A client without a session. */
  nobody(service?: string): XrpcClient<undefined>
  readonly service: ServiceReference
  /** What came to the service. */
  readonly passedOn: PassedOn[]
  /** What the service answers, one after another; then `{ ok: true }`. */
  readonly answers: (() => Response)[]
  /** Forgets what was sent so far. */
  clear(): void
  close(): Promise<void>
}

type Serve = (path: string, headers: Headers) => Response

/** Both networks, each by its name: `describe.each(CALL_SCENES)`. */
export const CALL_SCENES: readonly (readonly [name: string, open: () => Promise<CallScene>])[] = [
  ['the fake network', openFakeScene],
  ['the real network', openRealScene],
]

async function openFakeScene(): Promise<CallScene<FakeWorld>> {
  const world = await openFakeNetwork()
  const origin = 'https://service.example.com'
  return openScene(world, async (serve) => {
    world.network.host(origin, ({ url, headers }) => serve(new URL(url).pathname, headers))
    return origin
  })
}

export async function openRealScene(): Promise<CallScene<RealWorld>> {
  const world = await openRealNetwork()
  const closers: (() => void)[] = []
  const scene = await openScene(world, async (serve) => {
    const server = createServer((request, response) => void answerOver(serve, request, response))
    closers.push(() => server.close().closeAllConnections())
    return `http://127.0.0.1:${await listenOnLoopback(server)}`
  })
  return {
    ...scene,
    async close() {
      for (const close of closers) close()
      await scene.close()
    },
  }
}

async function openScene<W extends World>(
  world: W,
  host: (serve: Serve) => Promise<string>,
): Promise<CallScene<W>> {
  const passedOn: PassedOn[] = []
  const answers: (() => Response)[] = []
  const serviceEndpoint = await host((path, headers) => {
    passedOn.push({ path, headers, at: world.now() })
    return answers.shift()?.() ?? Response.json({ ok: true })
  })
  await world.publish('/.well-known/did.json', {
    id: DID,
    service: [{ id: '#svc', type: 'Service', serviceEndpoint }],
  })
  const app = openApp(world)
  const person = await world.newPerson()
  const client = await signIn(app, person)
  return {
    world,
    person,
    app,
    client,
    nobody: (service = world.pds) =>
      new XrpcClient({
        service,
        allowLoopback: world.clientOptions.allowLoopback ?? [],
        clock: world.newClock(),
        fetch: world.fetch,
      }),
    service: `${DID}#svc`,
    passedOn,
    answers,
    clear() {
      for (const list of [app.sent, passedOn, answers]) list.length = 0
    },
    close: () => world.close(),
  }
}

async function answerOver(serve: Serve, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const answer = serve(new URL(request.url ?? '/', 'http://localhost').pathname, headers)
  // Unread, a body would end the connection before the answer is through.
  request.resume()
  response
    .writeHead(answer.status, Object.fromEntries(answer.headers))
    .end(Buffer.from(await answer.arrayBuffer()))
}
