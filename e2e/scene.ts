import {
  type AtproofEvent,
  memoryStorage,
  OAuthClient,
  type OAuthClientOptions,
  type Storage,
  type XrpcClient,
} from 'atproof'
import { decodeProtectedHeader } from 'jose'
import type { Person } from './contract/world.ts'
import type { World } from './world.ts'

const REDIRECT_URI = 'http://127.0.0.1:8080/callback'

/** A request that left our client. */
export interface Sent {
  readonly method: string
  readonly origin: string
  readonly path: string
  readonly status: number
  /** The `error` of an OAuth response. */
  readonly error: string | undefined
  readonly proof: string | undefined
  /** The `kid` of the client's assertion. */
  readonly clientKey: string | undefined
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
      const { origin, pathname: path } = new URL(url)
      const entry = { method: init.method ?? 'GET', origin, path, proof, clientKey: clientKeyOf(init.body) }
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

function clientKeyOf(body: unknown): string | undefined {
  if (!(body instanceof URLSearchParams) && typeof body !== 'string') return undefined
  const assertion = new URLSearchParams(body).get('client_assertion')
  return assertion === null ? undefined : decodeProtectedHeader(assertion).kid
}

async function errorOf(response: Response): Promise<string | undefined> {
  if (response.status !== 400 && response.status !== 401) return undefined
  const body: unknown = await response.clone().json()
  const { error } = body as { error?: string }
  return error
}

/** The same storage as another object: as after a restart, what a process knows of its sessions does not come along. */
export function sameStorage(storage: Storage): Storage {
  return {
    ...(storage.keepsCryptoKeys && { keepsCryptoKeys: true }),
    get: (key) => storage.get(key),
    put: (key, value, options) => storage.put(key, value, options),
    delete: (key, options) => storage.delete(key, options),
    list: (prefix) => storage.list(prefix),
  }
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
