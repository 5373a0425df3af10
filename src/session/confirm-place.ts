import { withDeadline } from '../http/deadline.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { SessionErrorFacts } from '../errors/session-error.ts'
import type { Clock } from '../http/clock.ts'
import type { KnownSession } from './known-session.ts'
import { ISSUER_CHECK_EVERY_MS, ISSUER_CHECK_STANDS_MS, ISSUER_CHECK_TIMEOUT_MS } from './limits.ts'
import type { BaseRecord } from './record.ts'
import { sessionError } from './session-error.ts'
import { notesOf } from './upkeep-notes.ts'

/** How it is confirmed that an account still lives where its tokens go. */
export interface PlaceQuestion<R extends BaseRecord> {
  readonly clock: Clock
  /** What is asked for, in words and as the record has it. */
  readonly facts: Required<Pick<SessionErrorFacts, 'field' | 'expected'>>
  /** Whether an answer was about the sign-in that a record comes from. */
  isAbout(of: R, record: R): boolean
  /** Looks the account up: what has changed, or `account_moved`. */
  ask(signal: AbortSignal): Promise<Partial<R> | 'account_moved'>
}

/**
 * Row R11: asks whether the account still lives where its tokens go, at most every 10 minutes. A lookup that fails is no
 * answer: the last good one stands for 24 hours.
 *
 * @returns what has changed, to be taken along; or `account_moved`
 * @throws SessionError `issuer_unverified`
 */
export async function confirmPlace<R extends BaseRecord>(
  known: KnownSession<R>,
  record: R,
  { clock, facts, isAbout, ask }: PlaceQuestion<R>,
): Promise<Partial<R> | 'account_moved'> {
  const age = clock.now() - record.checkedAt
  // A clock that was set back makes an old answer look like one from the future: then it is asked for again.
  if (age >= 0 && age < ISSUER_CHECK_EVERY_MS && record.reason !== 'account_moved') return {}
  const stands = age >= 0 && age < ISSUER_CHECK_STANDS_MS
  const notes = notesOf(known)
  const { issuerCheck } = notes
  const wasAsked =
    issuerCheck && isAbout(issuerCheck.of, record) && clock.monotonic() - issuerCheck.at < ISSUER_CHECK_EVERY_MS
  if (wasAsked && issuerCheck.place) return issuerCheck.place
  if (wasAsked && stands) return {}
  const at = clock.monotonic()
  const timeoutMs = ISSUER_CHECK_TIMEOUT_MS
  const onTimeout = () =>
    new NetworkError('timeout', { expected: `the account's ${facts.field} in ${timeoutMs} ms` })
  try {
    const place = await withDeadline(clock, { timeoutMs, onTimeout }, ask)
    notes.issuerCheck = { at, of: record, place }
    return place
  } catch (cause) {
    notes.issuerCheck = { at, of: record, place: undefined }
    if (stands) return {}
    throw sessionError('issuer_unverified', record, { ...facts, cause })
  }
}
