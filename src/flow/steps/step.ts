import type { AuthorizationServer } from '../../discovery/server-schema.ts'
import type { DpopKey } from '../../dpop/key.ts'
import { DpopSigner } from '../../dpop/signer.ts'
import { createTransport, type TransportOptions } from '../../http/create-transport.ts'
import { type Random, systemRandom } from '../../http/random.ts'
import type { RequestLimits } from '../../http/exchange.ts'
import type { Did } from '../../syntax/did.ts'
import type { ClientAuth } from '../client/client-auth.ts'
import { authenticationOf, type ClientCredentials } from './client-credentials.ts'
import type { ServerClient } from '../signed-form.ts'
import type { SignInTokens } from '../signed-in.ts'

/** How a step is taken: everything outside that can be given. */
export interface StepOptions extends TransportOptions {
  /** Makes unpredictable bytes. @default the runtime's */
  readonly random?: Random
  readonly signal?: AbortSignal
}

/** Who takes a step, and what it is bound to. The same for every step of a session. */
export interface StepClient {
  /** The client id, with `keys` or `signAssertion` where the client is confidential. */
  readonly client: ClientCredentials
  /** The key that the tokens are bound to: a new one for each sign-in. */
  readonly dpopKey: DpopKey
  /** The nonce that the step before returned. Sent to the server that it came from, and to no other. */
  readonly nonce?: ServerNonce | undefined
}

/** A nonce, and whose it is (RFC 9449 §8). */
export interface ServerNonce {
  readonly origin: string
  readonly value: string
}

/** Tokens as a server granted them. */
export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** The account. Nothing shows yet that this server may speak for it: see `exchangeCode`. */
  readonly did: Did
  /** What was granted, which may be less than was asked for. */
  readonly scope: string
  /** When the access token ends, in ms since the epoch, where the server said so. */
  readonly expiresAt: number | undefined
}

/** One step at one server. */
export interface Step {
  readonly client: ServerClient
  readonly limits: RequestLimits
  /** The newest nonce of the endpoint's origin. */
  nonce(): ServerNonce | undefined
}

/**
 * Puts together what one step needs, and nothing that outlives it.
 *
 * @param auth what the session is pinned to; undefined where it begins
 */
export async function openStep(
  server: AuthorizationServer,
  endpoint: string,
  { client, dpopKey, nonce, auth }: StepClient & { readonly auth: ClientAuth | undefined },
  options: StepOptions,
): Promise<Step> {
  const { random = systemRandom, signal } = options
  const transport = createTransport(options)
  const signer = new DpopSigner(dpopKey, { clock: transport.clock, random })
  if (nonce) signer.nonces.keep(nonce.origin, nonce.value)
  const { origin } = new URL(endpoint)
  const authentication = authenticationOf(client, transport.clock)
  const chosen =
    auth ??
    (await authentication.choose({
      audience: server.issuer,
      algorithms: server.clientAlgorithms,
      dpopJkt: await dpopKey.thumbprint(),
      signal,
    }))
  return {
    client: { transport, random, authentication, auth: chosen, signer, issuer: server.issuer },
    limits: { signal },
    nonce: () => {
      const value = signer.nonces.recall(origin)
      return value === undefined ? undefined : { origin, value }
    },
  }
}

/** The tokens of a response, as an app keeps them. */
export function tokenSetOf({
  accessToken,
  refreshToken,
  sub,
  scope,
  lifetimeMs,
  requestedAt,
}: SignInTokens): TokenSet {
  const expiresAt = lifetimeMs === undefined ? undefined : requestedAt + lifetimeMs
  return { accessToken, refreshToken, did: sub, scope, expiresAt }
}
