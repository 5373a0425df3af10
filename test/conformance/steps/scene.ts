import { type AuthorizationServer, discoverAuthorizationServer } from 'atproof/discovery'
import {
  type AuthorizationUrl,
  createAuthorizationUrl,
  DpopKey,
  exchangeCode,
  readAuthorizationResponse,
  type StepClient,
  type StepOptions,
  type TokenGrant,
} from 'atproof/flow'
import { type Account, type FakeNetwork, fakeNetwork } from 'atproof/testing'

export const REDIRECT_URI = 'http://127.0.0.1/callback'
export const SCOPE = 'atproto transition:generic'

/** The loopback client, as a server knows it. */
export const LOOPBACK_CLIENT = {
  clientId: `http://localhost?${new URLSearchParams({ redirect_uri: REDIRECT_URI, scope: SCOPE })}`,
}

/** A network, Alice, her server, and a key: everything that the steps of a sign-in start from. */
export interface StepScene {
  readonly network: FakeNetwork
  readonly alice: Account
  readonly server: AuthorizationServer
  readonly dpopKey: DpopKey
  readonly options: StepOptions
}

export async function alicesServer(network: FakeNetwork = fakeNetwork()): Promise<StepScene> {
  const alice = network.createAccount('alice.example.com')
  const { fetch, resolveTxt, clock } = network
  const options = { fetch, clock }
  const server = await discoverAuthorizationServer(alice.handle, { ...options, resolveTxt })
  return { network, alice, server, dpopKey: await DpopKey.generate({ extractable: true }), options }
}

/** The request is pushed: nobody has consented yet. */
export function begin(
  { server, dpopKey, options }: StepScene,
  client: StepClient['client'] = LOOPBACK_CLIENT,
  redirectUri: string = REDIRECT_URI,
): Promise<AuthorizationUrl> {
  const request = { client, dpopKey, redirectUri, scope: SCOPE, loginHint: 'alice.example.com' }
  return createAuthorizationUrl(server, request, options)
}

/** Alice consents, and the code is exchanged. */
export function finish(
  { server, dpopKey, options, alice }: StepScene,
  begun: AuthorizationUrl,
  client: StepClient['client'] = LOOPBACK_CLIENT,
  redirectUri: string = REDIRECT_URI,
): Promise<TokenGrant> {
  const code = readAuthorizationResponse(alice.approve(begun.url), { state: begun.state, issuer: server.issuer })
  const { verifier, clientAuth, nonce } = begun
  return exchangeCode(server, { client, dpopKey, clientAuth, verifier, code, redirectUri, nonce }, options)
}
