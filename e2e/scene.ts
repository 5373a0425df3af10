import {
  type AtproofEvent,
  memoryStorage,
  OAuthClient,
  type OAuthClientOptions,
  type Storage,
  type XrpcClient,
} from 'atproof'
import type { Person } from './contract/world.ts'
import type { World } from './world.ts'

const REDIRECT_URI = 'http://127.0.0.1:8080/callback'

/** A request that left our client. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly status: number
  /** The `error` of an OAuth response. */
  readonly error: string | undefined
  readonly proof: string | undefined
}

/** An app of ours on a network. */
export interface App {
  readonly oauth: OAuthClient
  readonly storage: Storage
  readonly sent: Sent[]
  readonly events: AtproofEvent[]
  /** Token requests that got past the nonce. */
  tokenRequests(): readonly Sent[]
}

/** Sets up a client of the network: the loopback one unless told otherwise. */
export function openApp(world: World, options: Partial<OAuthClientOptions> = {}): App {
  const clock = options.clock ?? world.newClock()
  const storage = options.storage ?? memoryStorage({ clock })
  const sent: Sent[] = []
  const events: AtproofEvent[] = []
  const oauth = new OAuthClient({
    redirectUri: REDIRECT_URI,
    scope: 'atproto transition:generic',
    storage,
    clock,
    ...world.clientOptions,
    onEvent: (event) => events.push(event),
    ...options,
    async fetch(url, init) {
      const proof = new Headers(init.headers).get('dpop') ?? undefined
      const entry = { method: init.method ?? 'GET', path: new URL(url).pathname, proof }
      try {
        const response = await world.fetch(url, init)
        sent.push({ ...entry, status: response.status, error: await errorOf(response) })
        return response
      } catch (error) {
        sent.push({ ...entry, status: 0, error: undefined })
        throw error
      }
    },
  })
  const tokenRequests = () =>
    sent.filter(({ path, error }) => path === '/oauth/token' && error !== 'use_dpop_nonce')
  return { oauth, storage, sent, events, tokenRequests }
}

async function errorOf(response: Response): Promise<string | undefined> {
  if (response.status !== 400 && response.status !== 401) return undefined
  const body: unknown = await response.clone().json()
  const { error } = body as { error?: string }
  return error
}

/** Signs a person in, from their identifier to their client. */
export async function signIn(
  { oauth }: App,
  person: Person,
  identifier: string = person.handle,
): Promise<XrpcClient> {
  const { url, context } = await oauth.authorize(identifier)
  return (await oauth.callback(await person.approve(url), { context })).client
}
