import type { AuthorizationServer } from '../../discovery/server-schema.ts'
import type { ClientAuth } from '../client/client-auth.ts'
import { requestRevocation, type RevocableTokens, type Revocation } from '../request-revocation.ts'
import { openStep, type ServerNonce, type StepClient, type StepOptions } from './step.ts'

/** Tokens that are to end, and what they are bound to. */
export interface TokenRevocation extends StepClient {
  readonly clientAuth: ClientAuth
  /** The refresh token is revoked where there is one, and ends the access token too. */
  readonly tokens: RevocableTokens
}

/**
 * Asks a server to end a session. What the server or the network does with that is told in the result.
 *
 * @throws AuthorizationError `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`
 * @throws TypeError for a client that is none
 * @see RFC 7009 §2
 */
export async function revokeTokens(
  server: AuthorizationServer,
  revocation: TokenRevocation,
  options: StepOptions = {},
): Promise<Revocation & { readonly nonce: ServerNonce | undefined }> {
  const { tokens, clientAuth } = revocation
  const { tokenEndpoint, revocationEndpoint } = server
  const step = await openStep(
    server,
    revocationEndpoint ?? tokenEndpoint,
    { ...revocation, auth: clientAuth },
    options,
  )
  const outcome = await requestRevocation(step.client, revocationEndpoint, tokens, step.limits)
  return { ...outcome, nonce: step.nonce() }
}
