import type { Encounter } from '../dpop/dpop-fetch.ts'
import type { EndReason, SessionError } from '../errors/session-error.ts'
import { giveBackTokens } from '../flow/request-revocation.ts'
import { createServerClient } from '../flow/setup.ts'
import {
  asksForNonce,
  type FormAnswer,
  isAboutTime,
  learnsClock,
  sendForm,
  type ServerClient,
  type SignedForm,
  signForm,
} from '../flow/signed-form.ts'
import { grantsAtproto, hasTokenForm, readTokenResponse, type TokenResponse } from '../flow/token-response.ts'
import type { KnownSession } from './known-session.ts'
import { tellEncounter } from './news.ts'
import type { OAuthKindSetup } from './oauth-kind.ts'
import type { SessionRecord } from './record.ts'
import { sendTwice } from './send-twice.ts'
import { sessionError } from './session-error.ts'
import type { Received, Reply, Spender } from './session-kind.ts'
import { signingError } from './signing-error.ts'
import { tokensOf } from './tokens.ts'

/** Takes a refresh token to the token endpoint, signed anew for each attempt. */
export async function createOAuthSpender(
  setup: OAuthKindSetup,
  known: KnownSession,
  record: SessionRecord,
): Promise<Spender> {
  const { clientAuth: auth, issuer } = record
  const client = createServerClient(setup, { auth, issuer, signer: await known.signer() })
  return new OAuthSpender(client, record, (encounter) => {
    const { origin } = new URL(record.tokenEndpoint)
    tellEncounter(setup, known, encounter, { origin, clocks: client.signer.clocks })
  })
}

class OAuthSpender implements Spender {
  readonly #client: ServerClient
  readonly #record: SessionRecord
  readonly #tell: (encounter: Encounter) => void
  #mayWantNonce = true
  #mayLearnClock = true

  constructor(client: ServerClient, record: SessionRecord, tell: (encounter: Encounter) => void) {
    this.#client = client
    this.#record = record
    this.#tell = tell
  }

  async prepare(at: number): Promise<() => Promise<Reply>> {
    const { tokenEndpoint, tokens } = this.#record
    const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken }
    try {
      const form = await signForm(this.#client, tokenEndpoint, parameters)
      return () => this.#send(form, at)
    } catch (error) {
      throw signingError(error, this.#record)
    }
  }

  giveBack(tokens: Parameters<Spender['giveBack']>[0]): Promise<void> {
    return giveBackTokens(this.#client, this.#record.revocationEndpoint, tokens)
  }

  async #send(form: SignedForm, at: number): Promise<Reply> {
    const client = this.#client
    const { clock } = client.transport
    const { answer, failure, isUnsent } = await sendTwice(clock, (limits) => sendForm(client, form, limits))
    if (!answer) {
      return isUnsent
        ? { outcome: 'refused', error: failure }
        : { outcome: 'unanswered', facts: { cause: failure } }
    }
    if (answer.response.ok && !answer.response.headers.get('dpop-nonce')) this.#tell('nonce_missing')
    const tokens = answer.status === 200 ? readTokenResponse(answer.body) : undefined
    if (tokens) return { outcome: 'received', received: receivedOf(this.#record, tokens, at) }
    if (answer.status < 300) return { outcome: 'unanswered', facts: describe(answer) }
    if (this.#isTurnedAway(form, answer)) return { outcome: 'turned_away' }
    // Learned, and refused again for the same reason: the clock was not it.
    if (!this.#mayLearnClock && isAboutTime(answer)) client.signer.clocks.forget(new URL(form.url).origin)
    if (answer.error === 'invalid_grant') {
      return { outcome: 'not_taken', error: this.#refused(answer), reason: 'revoked' }
    }
    const isUnclear = answer.status >= 500 || answer.status === 408 || answer.error === 'invalid_dpop_proof'
    if (isUnclear) return { outcome: 'unanswered', facts: describe(answer) }
    return { outcome: 'refused', error: this.#refused(answer) }
  }

  /** R19: once for a nonce, and once for a clock that is off. */
  #isTurnedAway(form: SignedForm, answer: FormAnswer): boolean {
    const wantsNonce = this.#mayWantNonce && asksForNonce(answer)
    const hasLearned = !wantsNonce && this.#mayLearnClock && learnsClock(this.#client, form, answer)
    if (!wantsNonce && !hasLearned) return false
    this.#tell(wantsNonce ? 'nonce_retried' : 'clock_offset_learned')
    this.#mayWantNonce &&= !wantsNonce
    this.#mayLearnClock &&= !hasLearned
    return true
  }

  /** R21: the server turned the request away for a reason of its own, and the refresh token is still good. */
  #refused(answer: FormAnswer): SessionError {
    // At a sign-in it has a code of its own; here it is the session's, which lives.
    const hasDocument = this.#record.clientAuth.clientId.startsWith('https:')
    const isClient = hasDocument && answer.error !== undefined && CLIENT_ERRORS.has(answer.error)
    const action = 'serve `clientMetadata` at the client id; a server may keep an older one for minutes'
    return sessionError('refresh_refused', this.#record, { ...describe(answer), ...(isClient && { action }) })
  }
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
