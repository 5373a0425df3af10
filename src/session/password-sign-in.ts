import { AuthorizationError, type AuthorizationErrorFacts } from '../errors/authorization-error.ts'
import { PASSWORD_MEANINGS, type PasswordErrorCode } from '../errors/password-meanings.ts'
import { hasTokenForm, withoutTokens } from '../flow/token-response.ts'
import { parseRetryAfter } from '../http/pause.ts'
import type { RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { type Did, isDid } from '../syntax/did.ts'
import { readRateLimit } from '../xrpc/read-rate-limit.ts'
import { callServer, type ServerAnswer } from './call-server.ts'
import { type PasswordTokens, readPasswordTokens } from './password-tokens.ts'

/** What a person signs in with. */
export interface PasswordCredentials {
  /** A DID, or an e-mail address. */
  readonly identifier: string
  readonly password: string
  /** The code that the server sent by e-mail. */
  readonly authFactorToken: string | undefined
}

/**
 * Signs in with a password: sent once, whatever comes of it. Most servers allow a few tries only.
 *
 * @throws AuthorizationError `password_refused`, `second_factor_required`, `second_factor_refused`, `account_taken_down`,
 *   `account_deactivated`, `rate_limited`, `server_failing`, `request_refused`, `token_response_invalid`
 * @throws NetworkError
 */
export async function requestPasswordTokens(
  transport: Transport,
  server: string,
  { identifier, password, authFactorToken }: PasswordCredentials,
  limits: RequestLimits,
): Promise<PasswordTokens & { readonly did: Did }> {
  const input = { identifier, password, ...(authFactorToken !== undefined && { authFactorToken }) }
  const answer = await callServer(transport, { server, method: 'createSession', input }, limits)
  const { url, response } = answer
  if (answer.status !== 200)
    throw refusal(answer, { now: transport.clock.now(), hasCode: authFactorToken !== undefined })
  const tokens = readPasswordTokens(answer.body)
  if (tokens && hasTokenForm(tokens.accessToken) && hasTokenForm(tokens.refreshToken)) {
    const { did } = tokens
    // A confused server can put a token anywhere, and an account is shown.
    if (isDid(did) && withoutTokens(did, tokens) === did) return { ...tokens, did }
  }
  const expected = 'accessJwt, refreshJwt and did'
  throw new AuthorizationError('token_response_invalid', { url, field: 'body', expected, response })
}

/** What each of the server's errors is here. */
const CODES: ReadonlyMap<string | undefined, PasswordErrorCode> = new Map([
  ['AuthenticationRequired', 'password_refused'],
  ['AuthFactorTokenRequired', 'second_factor_required'],
  ['AccountTakedown', 'account_taken_down'],
  ['AccountDeactivated', 'account_deactivated'],
])

/** What the server says of a code that is not, or no longer, the one that it sent. */
const CODE_ERRORS: ReadonlySet<string | undefined> = new Set(['InvalidToken', 'ExpiredToken'])

function refusal(
  answer: ServerAnswer,
  { now, hasCode }: { readonly now: number; readonly hasCode: boolean },
): AuthorizationError {
  const { url, found, detail, response, error, status } = answer
  const facts = { url, field: 'error', expected: 'tokens', found, detail, response }
  if (status === 429) return rateLimited(facts, now)
  // 'sign in again' is for those who come back from a page.
  if (status >= 500) return new AuthorizationError('server_failing', { ...facts, action: 'try again in a minute' })
  const code = hasCode && CODE_ERRORS.has(error) ? 'second_factor_refused' : CODES.get(error)
  return code ? passwordError(code, facts) : new AuthorizationError('request_refused', facts)
}

function rateLimited(facts: { readonly response: Response }, now: number): AuthorizationError {
  const { response } = facts
  const afterMs = parseRetryAfter(response, now)
  const retryAt = afterMs === undefined ? readRateLimit(response.headers)?.resetsAt : now + afterMs
  // A server may say anything.
  const isTime = retryAt !== undefined && Math.abs(retryAt) <= 8.64e15
  if (!isTime) return passwordError('rate_limited', { ...facts, action: 'try again in a few minutes' })
  const action = `try again after ${new Date(retryAt).toISOString()}`
  return passwordError('rate_limited', { ...facts, retryAt, action })
}

function passwordError(code: PasswordErrorCode, facts: AuthorizationErrorFacts): AuthorizationError {
  return new AuthorizationError(code, facts, PASSWORD_MEANINGS[code])
}
