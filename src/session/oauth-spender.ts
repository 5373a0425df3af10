import type { EndReason, SessionError } from '../errors/session-error.ts'
import { giveBackTokens } from '../flow/request-revocation.ts'
import { RetryReasons } from '../flow/retry-reasons.ts'
import { createServerClient } from '../flow/setup.ts'
import { type FormAnswer, sendForm, type SignedForm, signForm } from '../flow/signed-form.ts'
import { grantsAtproto, hasTokenForm, readTokenResponse, type TokenResponse } from '../flow/token-response.ts'
import type { KnownSession } from './known-session.ts'
import { tellNews } from './news.ts'
import type { OAuthKindSetup } from './oauth-kind.ts'
import type { SessionRecord } from './record.ts'
import { sendTwice } from './send-twice.ts'
import { sessionError } from './session-error.ts'
import type { Received, Reply, Spender } from './session-kind.ts'
import { tokensOf } from './tokens.ts'

/** Takes a refresh token to the token endpoint, signed anew for each attempt. */
export async function createOAuthSpender(
  setup: OAuthKindSetup,
  known: KnownSession,
  record: SessionRecord,
): Promise<Spender> {
  const { clientAuth: auth, issuer, tokenEndpoint, revocationEndpoint, tokens } = record
  const { origin } = new URL(tokenEndpoint)
  const client = createServerClient(setup, { auth, issuer, signer: await known.signer() })
  const retryReasons = new RetryReasons(client, { mayLearnClock: true })
  const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken }
  return {
    async prepare(at) {
      const form = await signForm(client, tokenEndpoint, parameters)
      return () => send(form, at)
    },
    giveBack: (given) => giveBackTokens(client, revocationEndpoint, given),
  }

  async function send(form: SignedForm, at: number): Promise<Reply> {
    const { clock } = client.transport
    const { answer, failure, isUnsent } = await sendTwice(clock, (limits) => sendForm(client, form, limits))
    if (answer) return judge(form, answer, at)
    return isUnsent ? { outcome: 'refused', error: failure } : { outcome: 'unanswered', facts: { cause: failure } }
  }

  function judge(form: SignedForm, answer: FormAnswer, at: number): Reply {
    const { status, body, error, response } = answer
    if (response.ok && !response.headers.get('dpop-nonce'))
      tellNews(setup, known, { type: 'nonce_missing', origin })
    const received = status === 200 ? readTokenResponse(body) : undefined
    if (received) return { outcome: 'received', received: receivedOf(record, received, at) }
    if (status < 300) return { outcome: 'unanswered', facts: describe(answer) }
    const reason = retryReasons.find(form, answer)
    if (reason) {
      tellNews(setup, known, { type: reason, origin })
      return { outcome: 'turned_away' }
    }
    if (error === 'invalid_grant')
      return { outcome: 'not_taken', error: refused(record, answer), reason: 'revoked' }
    const isUnclear = status >= 500 || status === 408 || error === 'invalid_dpop_proof'
    if (isUnclear) return { outcome: 'unanswered', facts: describe(answer) }
    return { outcome: 'refused', error: refused(record, answer) }
  }
}

/** R21: the server turned the request away for a reason of its own, and the refresh token is still good. */
function refused(record: SessionRecord, answer: FormAnswer): SessionError {
  // At a sign-in it has a code of its own; here it is the session's, which lives.
  const hasDocument = record.clientAuth.clientId.startsWith('https:')
  const isClient = hasDocument && answer.error !== undefined && CLIENT_ERRORS.has(answer.error)
  const action = 'serve `clientMetadata` at the client id; a server may keep an older one for minutes'
  return sessionError('refresh_refused', record, { ...describe(answer), ...(isClient && { action }) })
}

/** What says that the server does not know this client, or not this key of it (RFC 6749 §5.2, RFC 7591 §3.2.2). */
const CLIENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_client_metadata',
  'unauthorized_client',
])

function receivedOf(record: SessionRecord, tokens: TokenResponse, at: number): Received {
  // A server may keep the refresh token as it is (RFC 6749 §6), or leave an unchanged scope out (§5.1).
  const refreshToken = tokens.refreshToken ?? record.tokens.refreshToken
  return {
    change: { tokens: tokensOf({ ...tokens, refreshToken }, at), scope: tokens.scope || record.scope },
    given: tokens,
    flaw: flawOf(record, tokens),
  }
}

/** R23 */
function flawOf(
  record: SessionRecord,
  { accessToken, sub, tokenType, scope }: TokenResponse,
): EndReason | undefined {
  if (sub === '' || tokenType !== 'dpop' || !hasTokenForm(accessToken)) return 'bad_token_response'
  if (sub !== record.did) return 'wrong_account'
  return scope === '' || grantsAtproto(scope) ? undefined : 'scope_reduced'
}

function describe({ status, error, description, response }: FormAnswer) {
  return { field: 'error', expected: 'tokens', found: error ?? `status ${status}`, detail: description, response }
}
