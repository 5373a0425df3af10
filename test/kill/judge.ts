import { ATTEMPT_FENCE_MS, LONGEST_STORE_PAUSE_MS, REFRESH_TIMEOUT_MS } from '../../src/session/limits.ts'
import { longestStop } from './life.ts'
import type { RecordFacts } from './record-facts.ts'
import { DELETE } from './token-paths.ts'
import type { IssuedToken, TokenRequest, Truth, WrittenAttempt } from './truth.ts'

const SECOND = 1000
/** What a busy machine may take for a step, in the scaled time. */
const SLACK_MS = 20 * SECOND

/** Why a session was lost. Only the first is allowed. */
export type Cause =
  | 'answer never reached storage'
  | 'spent token sent again'
  | 'ended although it lived'
  | 'signed out and not gone'
  | 'record unreadable'
  | 'anything else'

export const ALLOWED: Cause = 'answer never reached storage'

/** A cause, and what of the facts shows it. */
export interface Verdict {
  readonly cause: Cause
  readonly how: string
}

/** What was found where a session could not be used any more. */
export interface Finding {
  /** The record as it stands in the storage; undefined where there is none. */
  readonly record: RecordFacts | undefined
  /** Whether the server has ended the session. */
  readonly isEnded: boolean
  /** The newest token by then. */
  readonly newest: IssuedToken | undefined
  readonly at: number
}

/** Judges why a session cannot be used any more, from what the network, the children and the storage told. */
export function judge(truth: Truth, { record, isEnded, newest, at }: Finding): Verdict | 'expired' {
  if (!newest) return { cause: 'anything else', how: 'no token was ever issued' }
  if (record?.reason === 'expired' && (record.endsAt ?? Infinity) <= at) return 'expired'
  if (isEnded) return judgeEnd(truth, newest)
  if (!record) return judgeMissing(truth, newest, at)
  if (record.status !== 'needs_reauth') return { cause: 'anything else', how: 'it does not answer' }
  const isNewest = isTakenFor(truth, record.token, newest)
  if (isNewest) {
    return { cause: 'ended although it lived', how: `needs_reauth ${record.reason} over good tokens` }
  }
  if (truth.client === 'password') return judgeStale(truth, record, newest, at)
  return { cause: 'anything else', how: `needs_reauth ${record.reason} while the server's session lives` }
}

/** Whether the server takes a token for the newest one. */
function isTakenFor({ tokens }: Truth, name: string | undefined, { serverId }: IssuedToken): boolean {
  return tokens.find((token) => token.name === name)?.serverId === serverId
}

/**
 * A session of a password whose stored token the server takes no more. It takes a used one for a while, so that only one
 * whose successor nobody could store, and that nobody sent in that while, comes to this.
 */
function judgeStale({ tokens }: Truth, record: RecordFacts, newest: IssuedToken, at: number): Verdict {
  const place = tokens.findIndex(({ name }) => name === record.token)
  const next = tokens.slice(place + 1).find(({ serverId }) => serverId !== tokens[place]?.serverId)
  const cause = 'anything else'
  if (record.reason !== 'refresh_response_lost') return { cause, how: `needs_reauth ${record.reason}` }
  if (place === -1 || next?.serverId !== newest.serverId) {
    return { cause, how: `token ${place} stands there, and ${tokens.length - 1} was the newest` }
  }
  const lost = tokens.filter(({ serverId }) => serverId === newest.serverId)
  const excuses = lost.map((token) => excuseOf(token, at))
  const [excuse] = excuses
  return excuse && excuses.every(Boolean)
    ? { cause: ALLOWED, how: `${excuse}, and no one asked again in time` }
    : { cause, how: 'its receiver ran, and had the time to store' }
}

/** The server has ended the session: who made it, and with what. */
function judgeEnd(truth: Truth, newest: IssuedToken): Verdict | 'expired' {
  const { ender, tokens } = truth
  if (!ender) return { cause: 'anything else', how: 'the server ended it, and nobody asked' }
  if (ender.path === '/oauth/revoke' || ender.path === DELETE)
    return { cause: 'anything else', how: 'revoked, and nobody signed out' }
  if (/expired/i.test(ender.error)) return 'expired'
  if (!ender.error.includes('replayed')) return { cause: 'anything else', how: ender.error }
  const place = tokens.findIndex(({ name }) => name === ender.sent)
  const issued = tokens[place + 1]
  if (issued !== newest) {
    const how = `token ${place} was sent, and ${tokens.length - 1} was the newest`
    return { cause: 'spent token sent again', how }
  }
  return judgeReplay(truth, newest, ender)
}

/** A spent refresh token was sent again. It is excused only where what it was spent for could not be stored in time. */
function judgeReplay(truth: Truth, newest: IssuedToken, ender: TokenRequest): Verdict {
  const second = attemptBehind(truth, ender)
  const first = attemptBehind(truth, newest.request)
  const cause = 'spent token sent again'
  if (!second || !first) return { cause, how: 'sent without an attempt in the record' }
  if (second === first) return { cause, how: 'sent twice under one attempt' }
  if (newest.storedAt !== undefined && newest.storedAt < second.from) {
    return { cause, how: 'the newest token was stored before' }
  }
  // From the earliest time that the first can have stood there to the latest at which the second was decided on.
  const waited = second.to - first.from
  if (waited < ATTEMPT_FENCE_MS)
    return { cause, how: `only ${(waited / 1000).toFixed(1)} s after the first attempt` }
  const excuse = excuseOf(newest, ender.arrivedAt)
  return excuse ? { cause: ALLOWED, how: excuse } : { cause, how: 'its receiver ran, and had the time to store' }
}

/**
 * Spent tokens of passwords that were sent again although nobody may, of which the server makes nothing: before the
 * fence was over, or where the next one was stored already. A request says nothing of its age: one that a process had
 * ready while it stood still may leave after others took over, and harms nobody.
 */
export function findEarlyReplays(truth: Truth): readonly string[] {
  if (truth.client !== 'password') return []
  return truth.tokens.flatMap((token, place) => {
    const before = truth.tokens.slice(0, place).findLast(({ request }) => request.sent === token.request.sent)
    if (!before) return []
    const attempts = [attemptBehind(truth, before.request), attemptBehind(truth, token.request)]
    const [first, second] = attempts.filter((each) => each !== undefined).toSorted((a, b) => a.from - b.from)
    if (!first || !second) return ['a refresh token was sent without an attempt in the record']
    // A dead connection: the same bytes once more.
    if (first === second) return []
    if (before.storedAt !== undefined && before.storedAt < second.from) {
      return ['a spent token was sent although the next one was stored']
    }
    return second.to - first.from < ATTEMPT_FENCE_MS
      ? ['a spent token was sent again before the fence was over']
      : []
  })
}

/** A session that stands in no storage. */
function judgeMissing(truth: Truth, newest: IssuedToken, at: number): Verdict {
  if (truth.storedPlace >= 0) return { cause: 'anything else', how: 'its record is gone' }
  const excuse = excuseOf(newest, at)
  return excuse
    ? { cause: ALLOWED, how: `at sign-in: ${excuse}` }
    : { cause: 'anything else', how: 'it was never stored, and its receiver ran' }
}

/** Why tokens could not be stored by a time. Undefined where their receiver had all it needed. */
export function excuseOf(token: IssuedToken, until: number): string | undefined {
  const { request, failedWrites, gotAt } = token
  const { life, fate, arrivedAt, actedAt, settledAt } = request
  if (fate.startsWith('dropped') || fate === 'cut off') return 'answer dropped'
  const hasEnded = life.endedAt !== undefined && life.endedAt <= until
  if (failedWrites > 0 && hasGivenUp(token, Math.min(until, life.endedAt ?? until))) return undefined
  if (hasEnded && failedWrites > 0) return 'receiver killed while its store failed'
  if (hasEnded) return 'receiver killed'
  if (failedWrites > 0) return "receiver's store failed"
  const stop = longestStop(life, actedAt, until)
  // A shorter one ends before anybody stops waiting for the answer.
  if (stop && stop.to - stop.from >= REFRESH_TIMEOUT_MS) {
    return stop.why === 'killer' ? 'receiver stopped' : 'receiver stalled by the machine'
  }
  const isLate = fate === 'too late' || settledAt - arrivedAt >= REFRESH_TIMEOUT_MS
  return isLate && gotAt === undefined ? 'answer too late' : undefined
}

/** Whether a receiver whose store failed let more time go by than the pause after so many failures. */
function hasGivenUp({ request, failedWrites, triedAt = 0 }: IssuedToken, until: number): boolean {
  const pause = Math.min(SECOND * 2 ** failedWrites, LONGEST_STORE_PAUSE_MS) + SLACK_MS
  const stops = request.life.stops.filter(({ to }) => to >= triedAt)
  const stopped = stops.reduce((sum, { from, to }) => sum + Math.min(to, until) - Math.min(from, until), 0)
  return until - triedAt - stopped > pause
}

/** The attempt that a request was sent under: the last one that its sender had written. */
function attemptBehind(truth: Truth, { life, arrivedAt }: TokenRequest): WrittenAttempt | undefined {
  return truth.attempts.findLast((attempt) => attempt.life === life && attempt.to <= arrivedAt)
}
