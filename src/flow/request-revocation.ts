import type { RequestLimits } from '../http/transport.ts'
import { postForm, type ServerClient } from './signed-form.ts'

/** Whether the server took a revocation, and if not, why. */
export interface Revocation {
  readonly accepted: boolean
  readonly reason?: string
}

/** The tokens of a session, as far as they matter here. */
export interface RevocableTokens {
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
}

/**
 * Asks the server to end a session by its refresh token, or by its access token where it has no other. Never throws: the
 * session ends here either way.
 *
 * @see RFC 7009 §2
 */
export async function requestRevocation(
  client: ServerClient,
  revocationEndpoint: string | undefined,
  { accessToken, refreshToken }: RevocableTokens,
  limits: RequestLimits = {},
): Promise<Revocation> {
  if (revocationEndpoint === undefined) return { accepted: false, reason: 'the server has no revocation endpoint' }
  const hint = refreshToken === undefined ? 'access_token' : 'refresh_token'
  try {
    const parameters = { token: refreshToken ?? accessToken, token_type_hint: hint }
    const answer = await postForm(client, revocationEndpoint, parameters, { ...limits, mayLearnClock: true })
    if (answer.status === 200) return { accepted: true }
    const said = answer.description ?? answer.error ?? ''
    return { accepted: false, reason: `the server answered ${answer.status} ${said}`.trim() }
  } catch (error) {
    return { accepted: false, reason: error instanceof Error ? error.message : 'the request failed' }
  }
}
