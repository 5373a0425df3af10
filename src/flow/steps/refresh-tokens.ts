import type { AuthorizationServer } from '../../discovery/server-schema.ts'
import { AuthorizationError } from '../../errors/authorization-error.ts'
import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { ClientAuth } from '../client/client-auth.ts'
import { acceptTokens } from '../accept-tokens.ts'
import { type FormAnswer, postForm } from '../signed-form.ts'
import type { TokenGrant } from './exchange-code.ts'
import { openStep, type StepClient, type StepOptions, type TokenSet, tokenSetOf } from './step.ts'

/** Tokens that are to be refreshed, and what they are bound to. */
export interface TokenRefresh extends StepClient {
  /** What the session began with: another key or method ends it at the reference server. */
  readonly clientAuth: ClientAuth
  /** The tokens as they are, with a refresh token among them. */
  readonly tokens: TokenSet
}

/**
 * Spends a refresh token for new tokens. It works once: two who spend the same one end the session, and so does an
 * answer that is lost. Nothing here guards against either; `OAuthClient` does.
 *
 * A response without a refresh token keeps the old one, and one without a scope the scope that it had.
 *
 * @throws AuthorizationError `refresh_refused`, `server_failing`, `token_response_invalid`, `scope_missing`,
 *   `wrong_account`, `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`
 * @throws NetworkError, and AuthorizationError `server_failing`: the token may be spent
 * @throws TypeError where there is no refresh token
 * @see RFC 6749 §6, RFC 9449 §5
 */
export async function refreshTokens(
  server: AuthorizationServer,
  refresh: TokenRefresh,
  options: StepOptions = {},
): Promise<TokenGrant> {
  const { tokenEndpoint: url, revocationEndpoint } = server
  const { tokens: old, clientAuth } = refresh
  const { refreshToken, did } = old
  if (refreshToken === undefined) throw wrongArgument('tokens.refreshToken', 'a refresh token', refreshToken)
  const step = await openStep(server, url, { ...refresh, auth: clientAuth }, options)
  const requestedAt = step.client.transport.clock.now()
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const answer = await postForm(step.client, url, form, { ...step.limits, mayLearnClock: true })
  if (answer.status !== 200) throw refusalOf(url, answer)
  const wish = { url, revocationEndpoint, requestedAt, did, mayOmitScope: true }
  const renewed = tokenSetOf(await acceptTokens(step.client, answer, wish))
  const kept = { refreshToken: renewed.refreshToken ?? refreshToken, scope: renewed.scope || old.scope }
  return { tokens: { ...renewed, ...kept }, nonce: step.nonce() }
}

/** What to do with the tokens then. */
function adviceFor(error: string | undefined, { isUnclear }: { readonly isUnclear: boolean }): string {
  if (error === 'invalid_grant') return 'sign in again, unless somebody else has refreshed meanwhile'
  if (isUnclear) return 'keep the tokens and try again later; the refresh token may be spent'
  return 'keep the tokens: nothing is said of them'
}

function refusalOf(url: string, { status, error, description, response }: FormAnswer): AuthorizationError {
  const isUnclear = status >= 500 || status === 408
  return new AuthorizationError(isUnclear || status === 429 ? 'server_failing' : 'refresh_refused', {
    url,
    field: 'error',
    expected: 'tokens',
    found: error ?? `status ${status}`,
    detail: description,
    error,
    response,
    action: adviceFor(error, { isUnclear }),
  })
}
