import type { RequestLimits } from '../http/transport.ts'
import { postForm, type ServerClient } from './signed-form.ts'

/** Whether the server took a revocation, and if not, why. */
export interface Revocation {
  readonly accepted: boolean
  readonly reason?: string
}

/**
 * Asks the server to end a session by its refresh token. Never throws: the session ends here either way.
 *
 * @see RFC 7009 §2
 */
export async function revokeToken(
  client: ServerClient,
  revocationEndpoint: string | undefined,
  token: string,
  limits: RequestLimits = {},
): Promise<Revocation> {
  if (revocationEndpoint === undefined) return { accepted: false, reason: 'the server has no revocation endpoint' }
  try {
    const parameters = { token, token_type_hint: 'refresh_token' }
    const answer = await postForm(client, revocationEndpoint, parameters, { ...limits, mayLearnClock: true })
    if (answer.status === 200) return { accepted: true }
    const said = answer.description ?? answer.error ?? ''
    return { accepted: false, reason: `the server answered ${answer.status} ${said}`.trim() }
  } catch (error) {
    return { accepted: false, reason: error instanceof Error ? error.message : 'the request failed' }
  }
}
