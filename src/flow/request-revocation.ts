import { AuthorizationError } from '../errors/authorization-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import { withDeadline } from '../http/deadline.ts'
import { REQUEST_TIMEOUT_MS, type RequestLimits } from '../http/exchange.ts'
import type { Fetch } from '../http/transport.ts'
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
 * Asks the server to end a session by its refresh token, or by its access token where it has no other. What the server or
 * the network does is told in the result.
 *
 * @param limits the time is for all of it: signing, a new nonce, a second request
 * @throws AuthorizationError `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`: nothing
 *   that the server could act on was sent
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
  const parameters = { token: refreshToken ?? accessToken, token_type_hint: hint }
  const { timeoutMs = REQUEST_TIMEOUT_MS, signal: callersSignal } = limits
  const onTimeout = () =>
    new NetworkError('timeout', { url: revocationEndpoint, expected: `an answer in ${timeoutMs} ms` })
  const deadline = { timeoutMs, onTimeout, signal: callersSignal }
  let hasLeft = false
  const fetch: Fetch = (url, init) => {
    hasLeft = true
    return client.transport.fetch(url, init)
  }
  const watched = { ...client, transport: { ...client.transport, fetch } }
  try {
    const answer = await withDeadline(client.transport.clock, deadline, (signal) =>
      postForm(watched, revocationEndpoint, parameters, { signal, mayLearnClock: true }),
    )
    if (answer.status === 200) return { accepted: true }
    const said = answer.description ?? answer.error ?? ''
    return { accepted: false, reason: `the server answered ${answer.status} ${said}`.trim() }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    if (hasLeft) return { accepted: false, reason: error.message }
    // The time went by before there was anything to send.
    throw new AuthorizationError('signer_failed', { expected: `an assertion in ${timeoutMs} ms` })
  }
}

/** The same for tokens that nobody may use: whatever comes in the way, there is something to tell that weighs more. */
export async function giveBackTokens(
  client: ServerClient,
  revocationEndpoint: string | undefined,
  tokens: RevocableTokens,
): Promise<void> {
  await requestRevocation(client, revocationEndpoint, tokens).catch(() => {})
}
