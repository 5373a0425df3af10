import type { Account } from 'atproof/testing'
import { generateKey, MiniClient } from './mini-client.ts'
import type { Tokens } from './mini-client.ts'
import { fakeNetwork } from 'atproof/testing'
import type { FakeNetwork, FakeNetworkOptions } from 'atproof/testing'

export const CLIENT_ID = 'https://app.example.com/client-metadata.json'

export interface Scene {
  readonly network: FakeNetwork
  readonly alice: Account
  readonly client: MiniClient
}

export interface SignedInScene extends Scene {
  readonly tokens: Tokens
}

export async function alicesNetwork(options?: FakeNetworkOptions): Promise<Scene> {
  const network = fakeNetwork(options)
  const alice = network.createAccount('alice.example.com')
  return { network, alice, client: new MiniClient(network, await generateKey()) }
}

export async function signedInAlice(options?: FakeNetworkOptions): Promise<SignedInScene> {
  const scene = await alicesNetwork(options)
  return { ...scene, tokens: await scene.client.signIn(scene.alice) }
}

export async function confidentialAlice(): Promise<SignedInScene> {
  const { network, alice } = await alicesNetwork()
  const client = new MiniClient(network, await generateKey(), CLIENT_ID)
  client.clientKey = await generateKey('k1')
  client.redirectUri = 'https://app.example.com/callback'
  network.documents.set(CLIENT_ID, {
    client_id: CLIENT_ID,
    redirect_uris: [client.redirectUri],
    scope: client.scope,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    dpop_bound_access_tokens: true,
    jwks: { keys: [client.clientKey.jwk] },
  })
  return { network, alice, client, tokens: await client.signIn(alice) }
}
