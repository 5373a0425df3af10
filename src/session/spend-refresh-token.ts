import type { Encounter } from '../dpop/dpop-fetch.ts'
import type { EndReason, SessionError } from '../errors.ts'
import { createServerClient } from '../flow/setup.ts'
import { asksForNonce, type FormAnswer, isAboutTime, learnsClock, signForm } from '../flow/signed-form.ts'
import { readTokenResponse, type TokenResponse } from '../flow/token-response.ts'
import { randomText } from '../http/random.ts'
import { deadAttempt, takeBack, writeAttempt } from './attempt.ts'
import { type Deployment, report } from './deployment.ts'
import type { Flight, RefreshOutcome } from './flight.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import type { KnownSession } from './known-session.ts'
import { SIGNATURE_LIFETIME_MS } from './limits.ts'
import { tellEncounter } from './news.ts'
import { readStored } from './read-stored.ts'
import type { Attempt, SessionRecord } from './record.ts'
import { sendTwice } from './send-twice.ts'
import { needsReauth, sessionError } from './session-error.ts'
import { settle } from './settle.ts'
import { signingError } from './signing-error.ts'
import { endSession } from './store.ts'

/** What is spent, and from where. */
export interface Spending {
  readonly record: SessionRecord
  /** The version that the record was read at. */
  readonly version: string
  /** An older attempt that may have acted. */
  readonly before: string | null
}

/**
 * The rows R14 to R22: spends a refresh token. The request is signed, then the attempt is written into the record by
 * compare and set, and only its writer sends. A signature grows too old for the server before anybody else may try, so
 * that no two of them can act.
 *
 * @returns `again` where all is to be decided anew
 */
export async function spendRefreshToken(
  deployment: Deployment,
  known: KnownSession,
  flight: Flight,
  { record, version: readAt, before }: Spending,
): Promise<RefreshOutcome | 'again'> {
  // A sign-in came first: its key is at work by now, and an old refresh token never goes out with that.
  if (!isSameSignIn(known.record, record)) return 'again'
  const { clientAuth: auth, issuer, sessionId, did, tokenEndpoint } = record
  const client = createServerClient(deployment, { auth, issuer, signer: await known.signer() })
  const { clock } = client.transport
  const { origin } = new URL(tokenEndpoint)
  let version = readAt
  let mayWantNonce = true
  let mayLearnClock = true
  let turnedAway: Attempt | undefined
  report(deployment, { type: 'refresh_begun', sessionId, did })
  for (;;) {
    const signedAt = { wall: clock.now(), monotonic: clock.monotonic() }
    const form = await signForm(client, tokenEndpoint, {
      grant_type: 'refresh_token',
      refresh_token: record.tokens.refreshToken,
    }).catch(async (error: unknown) => {
      // An attempt that was turned away unread may stand there already: nobody is to wait for it.
      if (turnedAway) await takeBack(deployment, known, { ...record, attempt: turnedAway }, version)
      throw signingError(error, record)
    })
    const attempt: Attempt = { id: randomText(deployment.random), before, dead: false }
    const written = await writeAttempt(deployment, known, { ...record, attempt }, version)
    if (written === undefined) return 'again'
    version = written
    flight.attemptId = attempt.id
    const age = Math.max(Math.abs(clock.now() - signedAt.wall), clock.monotonic() - signedAt.monotonic)
    if (age > SIGNATURE_LIFETIME_MS) {
      known.neverSent(attempt.id)
      return 'again'
    }

    const { answer, failure, isUnsent } = await sendTwice(client, form)
    if (!answer) {
      if (!isUnsent) throw unanswered(failure)
      await takeBack(deployment, known, { ...record, attempt }, version)
      throw failure
    }
    if (answer.response.ok && !answer.response.headers.get('dpop-nonce')) tell('nonce_missing')
    const tokens = answer.status === 200 ? readTokenResponse(answer.body) : undefined
    if (tokens) return received(tokens, signedAt.wall)
    if (answer.status < 300) throw unanswered(undefined, answer)

    const wantsNonce: boolean = mayWantNonce && asksForNonce(answer)
    const hasLearned: boolean = !wantsNonce && mayLearnClock && learnsClock(client, form, answer)
    if (wantsNonce || hasLearned) {
      tell(wantsNonce ? 'nonce_retried' : 'clock_offset_learned')
      // Turned away unread: the next signature is written as an attempt of its own, `before` unchanged.
      known.neverSent(attempt.id)
      turnedAway = attempt
      mayWantNonce &&= !wantsNonce
      mayLearnClock &&= !hasLearned
      continue
    }
    // Learned, and refused again for the same reason: the clock was not it.
    if (!mayLearnClock && isAboutTime(answer)) client.signer.clocks.forget(origin)
    if (answer.error === 'invalid_grant') return judge(answer, attempt)
    const isUnclear = answer.status >= 500 || answer.status === 408 || answer.error === 'invalid_dpop_proof'
    if (isUnclear) throw unanswered(undefined, answer)
    await takeBack(deployment, known, { ...record, attempt }, version)
    throw refused(answer)
  }

  function tell(encounter: Encounter): void {
    tellEncounter(deployment, known, encounter, { origin, clocks: client.signer.clocks })
  }

  async function received(tokens: TokenResponse, requestedAt: number): Promise<RefreshOutcome> {
    await settle(deployment, known, client, { record, tokens, requestedAt, version })
    return 'newer'
  }

  /** R20: `invalid_grant` alone is no proof of death. Somebody may have won, or the attempt may not be ours to judge. */
  async function judge(answer: FormAnswer, attempt: Attempt): Promise<RefreshOutcome | 'again'> {
    const stored = await readStored(deployment, sessionId)
    if (!stored?.record || stored.version !== version) return 'again'
    // In the storage, or a sign-in that only memory has so far.
    if (Math.max(stored.record.gen, known.record.gen) > record.gen) return 'again'
    const found = attempt.before === null ? 'revoked' : 'refresh_response_lost'
    // Tokens that we gave back ourselves: what they were given back for is still the reason.
    const reason = GIVEN_BACK.find((each) => each === stored.record.reason) ?? found
    const judged = { ...stored.record, attempt: deadAttempt(attempt.before) }
    if (!(await endSession(deployment, known, judged, version, reason))) return 'again'
    throw needsReauth(known.record, refused(answer))
  }

  /** R21: the server turned the request away for a reason of its own, and the refresh token is still good. */
  function refused(answer: FormAnswer): SessionError {
    // At a sign-in it has a code of its own; here it is the session's, which lives.
    const hasDocument = auth.clientId.startsWith('https:')
    const isClient = hasDocument && answer.error !== undefined && CLIENT_ERRORS.has(answer.error)
    const action = 'serve `clientMetadata` at the client id; a server may keep an older one for minutes'
    return sessionError('refresh_refused', record, { ...describe(answer), ...(isClient && { action }) })
  }

  /** R22: nobody knows whether the server acted. Nothing is written: the open attempt is what says so. */
  function unanswered(cause: unknown, answer?: FormAnswer): SessionError {
    if (flight.attemptId !== undefined) known.tellAttempt(flight.attemptId)
    report(deployment, { type: 'refresh_unanswered', sessionId, did })
    return sessionError('refresh_unanswered', record, answer ? describe(answer) : { cause })
  }
}

const GIVEN_BACK: readonly EndReason[] = ['wrong_account', 'scope_reduced', 'bad_token_response']

/** What says that the server does not know this client, or not this key of it (RFC 6749 §5.2, RFC 7591 §3.2.2). */
const CLIENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_client_metadata',
  'unauthorized_client',
])

function describe({ status, error, description, response }: FormAnswer) {
  return { field: 'error', expected: 'tokens', found: error ?? `status ${status}`, detail: description, response }
}
