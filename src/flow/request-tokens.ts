import { AuthorizationError } from '../errors/authorization-error.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { acceptTokens } from './accept-tokens.ts'
import type { SignInTokens } from './signed-in.ts'
import { postForm, type ServerClient } from './signed-form.ts'

/** A code, and all that shows it to be ours. */
export interface CodeGrant {
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | undefined
  readonly code: string
  /** The redirect URI of the request, letter for letter. */
  readonly redirectUri: string
  readonly verifier: string
  /** The app's own state, for errors. */
  readonly state?: string | undefined
}

/**
 * Exchanges a code for tokens. Sent once, and once more only for a nonce: a server ends the session of a code that it
 * sees twice.
 *
 * @throws AuthorizationError `code_refused`, `server_failing`, `token_response_invalid`, `scope_missing`,
 *   and those of a signer
 * @throws NetworkError
 * @see RFC 6749 §4.1.3, RFC 9449 §5
 */
export async function requestTokens(
  client: ServerClient,
  grant: CodeGrant,
  limits: RequestLimits,
): Promise<SignInTokens> {
  const { tokenEndpoint: url, state, code, redirectUri, verifier } = grant
  const requestedAt = client.transport.clock.now()
  const answer = await postForm(
    client,
    url,
    { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
    { ...limits, mayLearnClock: false },
  )
  const { status, error, description, response } = answer
  if (status === 200) return acceptTokens(client, answer, { ...grant, url, requestedAt })
  throw new AuthorizationError(status >= 500 ? 'server_failing' : 'code_refused', {
    url,
    field: 'error',
    expected: 'tokens',
    found: error ?? `status ${status}`,
    detail: description,
    error,
    state,
    response,
  })
}
