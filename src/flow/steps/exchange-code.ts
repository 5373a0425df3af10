import type { AuthorizationServer } from '../../discovery/server-schema.ts'
import type { ClientAuth } from '../client/client-auth.ts'
import { requestTokens } from '../request-tokens.ts'
import {
  openStep,
  type ServerNonce,
  type StepClient,
  type StepOptions,
  type TokenSet,
  tokenSetOf,
} from './step.ts'

/** A code, and all that shows it to be ours. */
export interface CodeExchange extends StepClient {
  /** What `createAuthorizationUrl` gave. */
  readonly clientAuth: ClientAuth
  readonly verifier: string
  readonly code: string
  /** The redirect URI of the request, letter for letter. */
  readonly redirectUri: string
}

/** Tokens, and the nonce that came with them. */
export interface TokenGrant {
  readonly tokens: TokenSet
  readonly nonce: ServerNonce | undefined
}

/**
 * Exchanges a code for tokens: once, since a server ends the session of a code that it sees twice.
 *
 * Whose tokens they are is for whoever calls to confirm before they are used: `tokens.did` is the account that was asked
 * for, or one whose own server, as `discoverAuthorizationServer(tokens.did)` finds it, has this issuer. Else revoke them.
 *
 * @throws AuthorizationError `code_refused`, `server_failing`, `token_response_invalid`, `scope_missing`,
 *   `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`
 * @throws NetworkError: the code may be spent
 * @see RFC 6749 §4.1.3, RFC 9449 §5; https://atproto.com/specs/oauth#identity-authentication
 */
export async function exchangeCode(
  server: AuthorizationServer,
  exchange: CodeExchange,
  options: StepOptions = {},
): Promise<TokenGrant> {
  const { tokenEndpoint, revocationEndpoint } = server
  const { code, redirectUri, verifier, clientAuth } = exchange
  const step = await openStep(server, tokenEndpoint, { ...exchange, auth: clientAuth }, options)
  const grant = { tokenEndpoint, revocationEndpoint, code, redirectUri, verifier }
  const tokens = await requestTokens(step.client, grant, step.limits)
  return { tokens: tokenSetOf(tokens), nonce: step.nonce() }
}
