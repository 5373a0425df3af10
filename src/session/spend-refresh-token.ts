import type { EndReason, SessionError } from '../errors/session-error.ts'
import { randomText } from '../http/random.ts'
import { deadAttempt, takeBack, writeAttempt } from './attempt.ts'
import { type Engine, report } from './deployment.ts'
import type { Flight, RefreshOutcome } from './flight.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import type { KnownSession } from './known-session.ts'
import { SIGNATURE_LIFETIME_MS } from './limits.ts'
import { readStored } from './read-stored.ts'
import type { Attempt, BaseRecord } from './record.ts'
import { needsReauth, sessionError } from './session-error.ts'
import type { Reply } from './session-kind.ts'
import { settle } from './settle.ts'
import { endSession } from './store.ts'
import { notesOf } from './upkeep-notes.ts'

/** What is spent, and from where. */
export interface Spending<R extends BaseRecord> {
  readonly record: R
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
export async function spendRefreshToken<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  flight: Flight,
  { record, version: readAt, before }: Spending<R>,
): Promise<RefreshOutcome | 'again'> {
  // A sign-in came first: its key is at work by now, and an old refresh token never goes out with that.
  if (!isSameSignIn(deployment, known.record, record)) return 'again'
  const spender = await deployment.kind.createSpender(known, record)
  const { clock } = deployment.transport
  let version = readAt
  let turnedAway: Attempt | undefined
  report(deployment, record, { type: 'refresh_begun' })
  for (;;) {
    const signedAt = { wall: clock.now(), monotonic: clock.monotonic() }
    const send = await spender.prepare(signedAt.wall).catch(async (error: unknown) => {
      // An attempt that was turned away unread may stand there already: nobody is to wait for it.
      if (turnedAway) await takeBack(deployment, known, { ...record, attempt: turnedAway }, version)
      throw error
    })
    const attempt: Attempt = { id: randomText(deployment.random), before, dead: false }
    const written = await writeAttempt(deployment, known, { ...record, attempt }, version)
    if (written === undefined) return 'again'
    version = written
    flight.attemptId = attempt.id
    const age = Math.max(Math.abs(clock.now() - signedAt.wall), clock.monotonic() - signedAt.monotonic)
    if (age > SIGNATURE_LIFETIME_MS) {
      notesOf(known).neverSent(attempt.id, record)
      return 'again'
    }

    const reply = await send()
    if (reply.outcome === 'received') {
      await settle(deployment, known, spender, { record, received: reply.received, version })
      return 'newer'
    }
    if (reply.outcome === 'unanswered') throw unanswered(reply)
    if (reply.outcome === 'not_taken') return judge(reply, attempt)
    if (reply.outcome === 'refused') {
      await takeBack(deployment, known, { ...record, attempt }, version)
      throw reply.error
    }
    // Turned away unread: the next signature is written as an attempt of its own, `before` unchanged.
    notesOf(known).neverSent(attempt.id, record)
    turnedAway = attempt
  }

  /** R20: a token that is not taken is no proof of death. Somebody may have won, or the attempt may not be ours to judge. */
  async function judge(
    { error, reason: ownReason }: Extract<Reply, { outcome: 'not_taken' }>,
    attempt: Attempt,
  ): Promise<RefreshOutcome | 'again'> {
    const stored = await readStored(deployment, record.sessionId)
    if (!stored || stored.tombstone || stored.version !== version) return 'again'
    // In the storage, or a sign-in that only memory has so far.
    if (Math.max(stored.record.gen, known.record.gen) > record.gen) return 'again'
    const found = attempt.before === null ? ownReason : 'refresh_response_lost'
    // Tokens that we gave back ourselves: what they were given back for is still the reason.
    const reason = GIVEN_BACK.find((each) => each === stored.record.reason) ?? found
    const judged = { ...stored.record, attempt: deadAttempt(attempt.before) }
    if (!(await endSession(deployment, known, judged, version, reason))) return 'again'
    throw needsReauth(known.record, error)
  }

  /** R22: nobody knows whether the server acted. Nothing is written: the open attempt is what says so. */
  function unanswered({ facts }: Extract<Reply, { outcome: 'unanswered' }>): SessionError {
    if (flight.attemptId !== undefined) notesOf(known).tellAttempt(flight.attemptId)
    report(deployment, record, { type: 'refresh_unanswered' })
    return sessionError('refresh_unanswered', record, facts)
  }
}

const GIVEN_BACK: readonly EndReason[] = ['wrong_account', 'scope_reduced', 'bad_token_response']
