import { type SessionError, StorageError } from '../errors.ts'
import { asksForNonce, type FormAnswer, learnsClock, type ServerClient, signForm } from '../flow/signed-form.ts'
import { readTokenResponse, type TokenResponse } from '../flow/token-response.ts'
import { randomText } from '../http/random.ts'
import { type Deployment, report } from './deployment.ts'
import { needsReauth, sessionError } from './failures.ts'
import type { Flight, RefreshOutcome } from './flight.ts'
import type { KnownSession } from './known-session.ts'
import { SIGNATURE_LIFETIME_MS } from './limits.ts'
import { type Attempt, isTombstone, parseStored, sessionKey, type SessionRecord } from './record.ts'
import { sendTwice } from './send-twice.ts'
import { settle } from './settle.ts'
import { endSession } from './store.ts'

/**
 * The rows R14 to R22: spends a refresh token. The request is signed, then the attempt is written into the record by
 * compare and set, and only its writer sends. A signature grows too old for the server before anybody else may try, so
 * that no two of them can act.
 *
 * @param before an older attempt that may have acted
 * @returns `again` where all is to be decided anew
 */
export async function spendRefreshToken(
  deployment: Deployment,
  known: KnownSession,
  flight: Flight,
  record: SessionRecord,
  ifVersion: string,
  before: string | null,
): Promise<RefreshOutcome | 'again'> {
  const client = await serverClient(deployment, known, record)
  const { clock } = client.transport
  const { sessionId, did } = record
  let version = ifVersion
  let mayWantNonce = true
  let mayLearnClock = true
  report(deployment, { type: 'refresh_begun', sessionId, did })
  for (;;) {
    const signedAt = { wall: clock.now(), monotonic: clock.monotonic() }
    const form = await signForm(client, record.tokenEndpoint, {
      grant_type: 'refresh_token',
      refresh_token: record.tokens.refreshToken,
    })
    const attempt: Attempt = { id: randomText(deployment.random), before, dead: false }
    const written = await writeAttempt(deployment, known, { ...record, attempt }, version)
    if (written === undefined) return 'again'
    version = written
    flight.attemptId = attempt.id
    if (isTooOld()) {
      known.neverSent(attempt.id)
      return 'again'
    }

    const { answer, failure, isUnsent } = await sendTwice(client, form)
    if (!answer) {
      if (!isUnsent) throw unanswered(failure)
      await takeBack(deployment, known, record, version, attempt)
      throw failure
    }
    const tokens = answer.status === 200 ? readTokenResponse(answer.body) : undefined
    if (tokens) return received(tokens, signedAt.wall)
    if (answer.status < 300) throw unanswered(undefined, answer)
    const wantsNonce: boolean = mayWantNonce && asksForNonce(answer)
    const hasLearned: boolean = !wantsNonce && mayLearnClock && learnsOffset(answer)
    if (wantsNonce || hasLearned) {
      // Turned away unread: the next signature is written as an attempt of its own, `before` unchanged.
      known.neverSent(attempt.id)
      mayWantNonce &&= !wantsNonce
      mayLearnClock &&= !hasLearned
      continue
    }
    if (answer.error === 'invalid_grant') return refused(answer, attempt)
    const isUnclear = answer.status >= 500 || answer.status === 408 || answer.error === 'invalid_dpop_proof'
    if (isUnclear) throw unanswered(undefined, answer)
    await takeBack(deployment, known, record, version, attempt)
    throw turnedAway(answer)

    function isTooOld(): boolean {
      const wall = Math.abs(clock.now() - signedAt.wall)
      return Math.max(wall, clock.monotonic() - signedAt.monotonic) > SIGNATURE_LIFETIME_MS
    }
  }

  function learnsOffset(answer: FormAnswer): boolean {
    if (!learnsClock(client, record.tokenEndpoint, answer)) return false
    const { origin } = new URL(record.tokenEndpoint)
    const offsetMs = client.signer.clocks.offsetOf(origin)
    report(deployment, { type: 'clock_offset_learned', origin, offsetMs, sessionId, did })
    return true
  }

  async function received(tokens: TokenResponse, requestedAt: number): Promise<RefreshOutcome> {
    await settle(deployment, known, client, { record, tokens, requestedAt, version })
    report(deployment, { type: 'refreshed', sessionId, did })
    return 'newer'
  }

  /** R20: `invalid_grant` alone is no proof of death. Somebody may have won, or the attempt may not be ours to judge. */
  async function refused(answer: FormAnswer, attempt: Attempt): Promise<RefreshOutcome | 'again'> {
    const key = sessionKey(known.sessionId)
    const entry = await deployment.storage.get(key)
    const stored = entry && parseStored(key, entry.value)
    if (!entry || !stored || isTombstone(stored)) return 'again'
    if (stored.gen > record.gen || entry.version !== version) return 'again'
    const reason = attempt.before === null ? 'revoked' : 'refresh_response_lost'
    if (!(await endSession(deployment, known, stored, version, reason))) return 'again'
    throw needsReauth(known.record, turnedAway(answer))
  }

  /** R21: the server turned the request away for a reason of its own, and the refresh token is still good. */
  function turnedAway(answer: FormAnswer): SessionError {
    return sessionError('refresh_refused', record, refusal(answer))
  }

  /** R22: nobody knows whether the server acted. Nothing is written: the open attempt is what says so. */
  function unanswered(cause: unknown, answer?: FormAnswer): SessionError {
    report(deployment, { type: 'refresh_unanswered', sessionId, did })
    return sessionError('refresh_unanswered', record, answer ? refusal(answer) : { cause })
  }
}

function refusal({ status, error, description, response }: FormAnswer) {
  return { field: 'error', expected: 'tokens', found: error ?? `status ${status}`, detail: description, response }
}

async function serverClient(
  deployment: Deployment,
  known: KnownSession,
  record: SessionRecord,
): Promise<ServerClient> {
  const { directory, random, authentication } = deployment
  const { clientAuth: auth, issuer } = record
  return { transport: directory.transport, random, authentication, auth, signer: await known.signer(), issuer }
}

/**
 * R15: writes an attempt. Where the outcome is unknown, it is looked up: an attempt of ours that stands there was
 * written but not sent, and another signature takes its place.
 *
 * @returns the version that holds the attempt; undefined where it does not stand or must be signed anew
 * @throws StorageError where the storage cannot be written
 */
async function writeAttempt(
  { storage }: Deployment,
  known: KnownSession,
  record: SessionRecord & { readonly attempt: Attempt },
  ifVersion: string,
): Promise<string | undefined> {
  const key = sessionKey(known.sessionId)
  try {
    const version = await storage.put(key, record, { ifVersion })
    if (version !== undefined) known.adopt(record)
    return version
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    known.neverSent(record.attempt.id)
    const entry = await storage.get(key)
    const stored = entry && parseStored(key, entry.value)
    if (stored && !isTombstone(stored) && stored.attempt?.id === record.attempt.id) return undefined
    throw error
  }
}

/** R21: the attempt cannot have acted, so that nobody has to wait for it. What it came after still may have. */
async function takeBack(
  { storage }: Deployment,
  known: KnownSession,
  record: SessionRecord,
  ifVersion: string,
  { id, before }: Attempt,
): Promise<void> {
  known.neverSent(id)
  const attempt: Attempt | null = before === null ? null : { id: before, before: null, dead: true }
  const cleared: SessionRecord = { ...record, attempt }
  try {
    const version = await storage.put(sessionKey(known.sessionId), cleared, { ifVersion })
    if (version !== undefined) known.adopt(cleared)
  } catch (error) {
    // This process knows that the attempt is harmless; another one waits for it to grow old, as after a crash.
    if (!(error instanceof StorageError)) throw error
  }
}
