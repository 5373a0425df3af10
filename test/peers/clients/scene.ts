import { createServer } from 'node:http'
import { listenOnLoopback } from '../../../e2e/network/loopback.ts'
import { type App, openApp, signIn } from '../../../e2e/scene.ts'
import { openRealNetwork, type RealWorld } from '../../../e2e/world.ts'
import {
  type Clock,
  memoryStorage,
  type RevokePasswordOptions,
  revokePasswordSession,
  signInWithPassword,
  type SignInWithPasswordOptions,
  type XrpcClient,
} from '../../../src/index.ts'
import type { Elsewhere } from './foreign-client.ts'

const DID = 'did:web:app.atproof.internal'

/** The real network, and a service that its PDS passes calls on to. */
export interface Scene {
  readonly world: RealWorld
  readonly elsewhere: Elsewhere
  /** The calls that reached the service. */
  readonly passedOn: { readonly params: URLSearchParams; readonly headers: Headers }[]
  /** Leaves the next call to the service without an answer, and tells when it has come. */
  keepNextWaiting(): Promise<void>
  /** Somebody who signed in to an app of ours, which has sent nothing since. */
  signIn(): Promise<SignedIn>
  /** The same with a password, by a script. */
  signInWithPassword(): Promise<ByPassword>
  close(): Promise<void>
}

export interface SignedIn extends App {
  readonly client: XrpcClient
  readonly clock: SleepyClock
}

/** The clock of a machine that may have slept, and does not know how long. */
export interface SleepyClock extends Clock {
  fallBehind(ms: number): void
}

/** Somebody who signed in with a password, and the requests since. */
export interface ByPassword {
  readonly client: XrpcClient
  readonly clock: SleepyClock
  readonly sent: { readonly path: string; readonly status: number }[]
  revoke(): Promise<unknown>
}

export async function openScene(): Promise<Scene> {
  const world = await openRealNetwork()
  const passedOn: Scene['passedOn'] = []
  let onWaiting: (() => void) | undefined
  const service = createServer(({ url = '', headers }, response) => {
    passedOn.push({
      params: new URL(url, 'http://localhost').searchParams,
      headers: new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    })
    if (onWaiting) {
      onWaiting()
      onWaiting = undefined
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"labels":[]}')
  })
  const serviceEndpoint = `http://127.0.0.1:${await listenOnLoopback(service)}`
  await world.publish('/.well-known/did.json', {
    id: DID,
    service: [{ id: '#svc', type: 'Service', serviceEndpoint }],
  })
  return {
    world,
    elsewhere: { did: DID, serviceId: 'svc', labeler: 'did:web:labeler.example.com' },
    passedOn,
    keepNextWaiting: () => new Promise((resolve) => (onWaiting = resolve)),
    async signIn() {
      const clock = sleepy(world.newClock())
      const app = openApp(world, { clock })
      const client = await signIn(app, await world.newPerson())
      app.sent.length = 0
      return { ...app, client, clock }
    },
    async signInWithPassword() {
      const sent: ByPassword['sent'] = []
      const clock = sleepy(world.newClock())
      const options: SignInWithPasswordOptions & RevokePasswordOptions = {
        ...world.clientOptions,
        storage: memoryStorage({ clock }),
        clock,
        async fetch(url, init) {
          const response = await world.fetch(url, init)
          sent.push({ path: new URL(url).pathname, status: response.status })
          return response
        },
      }
      const { did, password } = await world.newPerson()
      const client = await signInWithPassword(did, password, options)
      sent.length = 0
      return { client, clock, sent, revoke: () => revokePasswordSession(client.session.sessionId, options) }
    },
    async close() {
      service.close().closeAllConnections()
      await world.close()
    },
  }
}

function sleepy(clock: Clock): SleepyClock {
  let behindMs = 0
  return {
    now: () => clock.now() - behindMs,
    monotonic: () => clock.monotonic() - behindMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    fallBehind(ms) {
      behindMs += ms
    },
  }
}
