import { randomToken } from '../../src/testing/random-token.ts'
import { APP } from './app-host.ts'
import { type Answer, generateKey, type Key, PlainClient, type Tokens } from './plain-client.ts'
import type { ContractWorld, Person } from './world.ts'

/** A network, one person who signs in again and again, and as many apps as a test wants. */
export interface ContractScene {
  readonly world: ContractWorld
  readonly person: Person
  /** A public client, the loopback one. */
  newClient(): Promise<PlainClient>
  /** A public client that the person has signed in to. */
  signedIn(): Promise<SignedIn>
  /** A confidential client with a document of its own, which names the keys k1 and k2. It signs with the first. */
  newConfidentialClient(changes?: object): Promise<ConfidentialClient>
}

export interface SignedIn {
  readonly client: PlainClient
  readonly tokens: Tokens
}

export interface ConfidentialClient {
  readonly client: PlainClient
  readonly keys: readonly [Key, Key]
  readonly document: object
}

/** Whether both tokens of a session still work. The refresh token is used up by asking. */
export async function fateOf({ client, tokens }: SignedIn): Promise<'lives' | 'ends' | 'half dead'> {
  const calls = outcomeOf(await client.getSession(tokens))
  const refreshes = outcomeOf(await client.refresh(tokens))
  if (calls === '200' && refreshes === '200') return 'lives'
  return calls === '401 invalid_token' && refreshes === '400 invalid_grant' ? 'ends' : 'half dead'
}

export async function openScene(open: () => Promise<ContractWorld>): Promise<ContractScene> {
  const world = await open()
  const person = await world.newPerson()
  const newClient = async () => new PlainClient(world, await generateKey())
  return {
    world,
    person,
    newClient,
    async signedIn() {
      const client = await newClient()
      return { client, tokens: await client.signIn(person) }
    },
    async newConfidentialClient(changes = {}) {
      const client = await newClient()
      const keys = [await generateKey('k1'), await generateKey('k2')] as const
      const path = `/${randomToken('client')}.json`
      const document = { ...confidentialDocument(path, keys), ...changes }
      client.clientId = await world.publish(path, document)
      client.redirectUri = `${APP}/callback`
      client.clientKey = keys[0]
      return { client, keys, document }
    },
  }
}

/** The document of a public client with a page of its own. */
export function publicDocument(path: string): Readonly<Record<string, unknown>> {
  return {
    client_id: APP + path,
    redirect_uris: [`${APP}/callback`],
    scope: 'atproto transition:generic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    dpop_bound_access_tokens: true,
  }
}

/** The document of a client that proves itself with one of these keys. */
export function confidentialDocument(path: string, keys: readonly Key[]): Readonly<Record<string, unknown>> {
  return {
    ...publicDocument(path),
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: keys.map(({ jwk }) => jwk) },
  }
}

/** An answer in short: `201`, `400 invalid_grant`. */
export function outcomeOf({ status, json }: Answer<object>): string {
  return 'error' in json ? `${status} ${String(json.error)}` : String(status)
}

/** What the HTTP server adds by itself, and what says how the bytes came. */
const TRANSPORT = new Set(
  'connection content-encoding content-length date etag keep-alive transfer-encoding vary x-powered-by'.split(' '),
)

/** The headers of an answer that the server means. */
export function headersOf({ headers }: { readonly headers: Headers }): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !TRANSPORT.has(name)))
}
