import { memoryStorage, OAuthClient, type OAuthClientOptions, type Storage, type XrpcClient } from 'atproof'
import { type FakeNetwork, fakeNetwork, type FakeNetworkOptions } from 'atproof/testing'

export const GET_SESSION = 'com.atproto.server.getSession'
export const TOKEN_ENDPOINT = '/oauth/token'
const REDIRECT_URI = 'http://127.0.0.1/callback'
const SCOPE = 'atproto transition:generic'

/** Alice is signed in on a network of her own. */
export interface SignedInScene {
  readonly network: FakeNetwork
  readonly oauth: OAuthClient
  readonly client: XrpcClient
  /** The same app in another process: it shares the storage, and nothing else. */
  otherProcess(): Promise<XrpcClient>
}

/** A client under test on a network. */
export function clientOf(network: FakeNetwork, options: Partial<OAuthClientOptions> = {}): OAuthClient {
  return new OAuthClient({ ...network.clientOptions, redirectUri: REDIRECT_URI, scope: SCOPE, ...options })
}

/** One that is given no DNS. */
export function clientWithoutDns(network: FakeNetwork): OAuthClient {
  const { resolveTxt: _, ...options } = network.clientOptions
  return new OAuthClient({ ...options, redirectUri: REDIRECT_URI, scope: SCOPE })
}

export async function signedInAlice(options?: FakeNetworkOptions): Promise<SignedInScene> {
  const network = fakeNetwork(options)
  const storage = memoryStorage({ clock: network.clock })
  const oauth = clientOf(network, { storage })
  const client = await network.signIn('alice.test', { oauth })
  return {
    network,
    oauth,
    client,
    async otherProcess() {
      const other = await clientOf(network, { storage: anotherDoorTo(storage) }).restore(client.session.sessionId)
      if (other) return other
      throw new Error('the other process found no session')
    },
  }
}

/** What a process knows of its sessions hangs on its storage object. */
function anotherDoorTo(storage: Storage): Storage {
  return {
    keepsCryptoKeys: true,
    get: (key) => storage.get(key),
    put: (key, value, options) => storage.put(key, value, options),
    delete: (key, options) => storage.delete(key, options),
    list: (prefix) => storage.list(prefix),
  }
}
