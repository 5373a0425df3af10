import { memoryStorage, OAuthClient, type OAuthClientOptions, type Storage, type XrpcClient } from 'atproof'
import { type Account, fakeNetwork, type FakeNetwork, type TestClock, testClock } from 'atproof/testing'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { SessionRecord } from '../../../src/session/record.ts'
import { onlyEntry } from '../scene.ts'

export const CLIENT_ID = 'https://app.example.com/client-metadata.json'
export const REDIRECT_URI = 'https://app.example.com/callback'
export const SCOPE = 'atproto transition:generic'

/** Alice has an account, and there is a storage that any number of deployments share. */
export interface ClientScene {
  readonly network: FakeNetwork
  readonly clock: TestClock
  readonly alice: Account
  readonly storage: Storage
  /** What an app needs to live on this network. */
  readonly outside: Pick<OAuthClientOptions, 'fetch' | 'resolveTxt' | 'clock' | 'storage'>
  /** An app at `CLIENT_ID`, whose document is served. Another one replaces it, as the next deployment does. */
  deploy(options: Partial<OAuthClientOptions>): OAuthClient
  /** Alice signs in by her handle and consents. */
  signIn(oauth: OAuthClient): Promise<XrpcClient>
  /** What is stored of the only session. */
  record(): Promise<SessionRecord>
}

export function clientScene(): ClientScene {
  const clock = testClock()
  const network = fakeNetwork({ clock })
  const alice = network.createAccount('alice.example.com')
  const storage = memoryStorage({ clock })
  const outside = { fetch: network.fetch, resolveTxt: network.resolveTxt, clock, storage }
  return {
    network,
    clock,
    alice,
    storage,
    outside,
    deploy(options) {
      const redirects = options.redirectUris ? {} : { redirectUri: REDIRECT_URI }
      const oauth = new OAuthClient({ ...outside, clientId: CLIENT_ID, scope: SCOPE, ...redirects, ...options })
      network.documents.set(CLIENT_ID, oauth.clientMetadata)
      return oauth
    },
    async signIn(oauth) {
      const { url, context } = await oauth.authorize(alice.handle)
      return (await oauth.callback(alice.approve(url), { context })).client
    },
    record: async () => (await onlyEntry(storage, 'session/')).value as SessionRecord,
  }
}

/** A private key as an app's configuration holds it. */
export async function privateKey(kid: string, alg = 'ES256', more: object = {}): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(key)), kid, alg, ...more }
}

/** Its public half, as a document serves it. */
export function publicKey(key: JWK): JWK {
  const { kty, kid, alg, crv, x, y, n, e } = key
  return JSON.parse(JSON.stringify({ kty, kid, alg, use: 'sig', crv, x, y, n, e })) as JWK
}
