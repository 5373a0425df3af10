import { AtproofError } from '../errors/atproof-error.ts'
import { SessionError } from '../errors/session-error.ts'
import { StorageError } from '../errors/storage-error.ts'
import { untilAborted } from '../http/deadline.ts'
import { SharedWork } from '../http/shared-work.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import { assertThere } from './assert-there.ts'
import { BackOff } from './back-off.ts'
import { type Engine, report } from './deployment.ts'
import { findSession } from './find-session.ts'
import { needsReauth, refreshPending, sessionError } from './session-error.ts'
import { type Flight, fulfils, isOwnFailure, type RefreshOutcome, type RefreshWish } from './flight.ts'
import type { KnownSession } from './known-session.ts'
import { ATTEMPT_FENCE_MS, PENDING_PAUSE_MS, PENDING_WAIT_MS } from './limits.ts'
import { payDebt } from './pay-debt.ts'
import { readStored } from './read-stored.ts'
import type { BaseRecord } from './record.ts'
import { comeBack } from './sign-in-again.ts'
import { spendRefreshToken } from './spend-refresh-token.ts'
import { endSession, storeOver } from './store.ts'
import { dropSignedOut, takeStored } from './take-stored.ts'
import { notesOf } from './upkeep-notes.ts'

/**
 * Refreshes a session, once at a time in this process, and once at a time over all processes by the attempt in its
 * record. The caller's signal ends its waiting, never the refresh: an answer that nobody reads would be a lost session.
 *
 * @throws SessionError `signed_out`, `needs_reauth`, `refresh_pending`, `refresh_unanswered`, `refresh_refused`,
 *   `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`, `issuer_unverified`
 * @throws StorageError, NetworkError
 */
export async function refresh<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  wish: RefreshWish,
  signal?: AbortSignal,
): Promise<RefreshOutcome> {
  signal?.throwIfAborted()
  if (known.record.gen > wish.gen) return takeNewer(known)
  const { flight, backOff } = notesOf(known)
  if (flight?.work.isUnderWay) {
    const joined = join(deployment, known, flight, wish)
    const outcome = await (signal ? untilAborted(signal, joined) : joined)
    if (outcome) return outcome
    return known.record.gen > wish.gen ? takeNewer(known) : refresh(deployment, known, wish, signal)
  }
  const pause = backOff?.current(wish, deployment)
  if (pause) {
    // An early refresh has a token that works, and need not read the storage at every call.
    if (!wish.isEarly) await lookIntoStorage(deployment, known, wish, signal)
    if (known.record.gen <= wish.gen) throw pause.error
    backOff?.succeed()
    return takeNewer(known)
  }
  const landed = takeOff(deployment, known, wish)
  return signal ? untilAborted(signal, landed) : landed
}

/**
 * Reads what stands in the storage while the server is left alone: another process may have been luckier, or have found the
 * session at its end, or signed it out.
 */
async function lookIntoStorage<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  { isForced }: RefreshWish,
  signal?: AbortSignal,
): Promise<void> {
  const looking = findSession(deployment, known.sessionId).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error
    return known // what the server said is told instead
  })
  const found = await (signal ? untilAborted(signal, looking) : looking)
  if (!found && known.wasStored) dropSignedOut(deployment, known)
  assertThere(known)
  if (known.record.status === 'needs_reauth' && !isForced) throw needsReauth(known.record)
}

/** Waits for a refresh that is on its way. Undefined where it does not settle what is wished for. */
async function join<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  flight: Flight,
  wish: RefreshWish,
): Promise<RefreshOutcome | undefined> {
  try {
    const isFulfilled = () => known.record.gen > wish.gen
    const ending = await flight.work.outcome(deployment.transport.clock, isFulfilled)
    return fulfils(flight, wish) ? ending?.value : undefined
  } catch (error) {
    const isOthers = flight.deployment !== deployment && isOwnFailure(error)
    if (isOthers || !fulfils(flight, wish)) return undefined
    throw error
  }
}

function takeOff<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  wish: RefreshWish,
): Promise<RefreshOutcome> {
  const { promise: landed, resolve, reject } = Promise.withResolvers<RefreshOutcome>()
  const work = new SharedWork(landed, deployment.transport)
  const flight: Flight = { deployment, wish, work, attemptId: undefined }
  const notes = notesOf(known)
  notes.flight = flight
  keepAlive(deployment, landed)
  run(deployment, known, flight)
    .finally(() => {
      // Another one may have begun, where this one took too long for a runtime that may have stopped it.
      if (notes.flight === flight) notes.flight = undefined
      // Without its refresh an open attempt is `uncertain`.
      known.touch()
    })
    .then(resolve, reject)
  return landed
}

async function run<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  flight: Flight,
): Promise<RefreshOutcome> {
  try {
    const outcome = await decide(deployment, known, flight)
    if (outcome === 'newer') notesOf(known).backOff?.succeed()
    // Nothing to be had for now: an early refresh need not read the storage at every call.
    if (outcome === 'in_use') backOffOf(deployment, known).fail(refreshPending(known.record), undefined)
    return outcome
  } catch (error) {
    const isSpent = error instanceof SessionError && (error.code === 'needs_reauth' || error.code === 'signed_out')
    const response = error instanceof AtproofError ? error.response : undefined
    if (!isSpent) {
      backOffOf(deployment, known).fail(error, response, isOwnFailure(error) ? deployment : undefined)
    }
    throw error
  }
}

function backOffOf<R extends BaseRecord>({ transport }: Engine<R>, known: KnownSession<R>): BackOff {
  return (notesOf(known).backOff ??= new BackOff(transport.clock))
}

/** The rows R5 to R13 of the refresh protocol: whether a refresh token may be sent, and whose. */
async function decide<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  flight: Flight,
): Promise<RefreshOutcome> {
  const { clock } = deployment.transport
  const { wish } = flight
  const notes = notesOf(known)
  const waitUntil = clock.monotonic() + PENDING_WAIT_MS
  let wished = wish.gen
  let rounds = 0
  let isAwaited = false
  for (;;) {
    // Somebody was first: at once again, then with pauses, and not for ever.
    if (rounds > 1) await pauseUntil(waitUntil)
    rounds++
    if (known.wayBack) {
      const before = known.record
      await comeBack(deployment, known.wayBack)
      wished = wishedNow(wished, before, known.record)
    }
    const stored = await readStored(deployment, known.sessionId)
    // A sign-in that could not be stored meanwhile goes first.
    if (known.wayBack) continue
    const isBehind = stored
      ? stored.record && stored.record.gen < known.record.gen
      : !known.wasStored && !known.isGone
    if (isBehind) {
      await storeOver(deployment, known, stored?.version ?? null)
      continue
    }
    if (!stored || stored.tombstone) {
      dropSignedOut(deployment, known)
      if (stored?.tombstone.owes) await payDebt(deployment, stored.tombstone, stored.version)
      throw sessionError('signed_out', known.record)
    }
    const { record, version, age } = stored
    const { gen } = known.record
    takeStored(deployment, known, stored)
    // Newer than ours; or they came another way meanwhile, by a reading or by a request that is kept apart.
    if (known.record.gen > Math.min(gen, wished)) return takeNewer(known)
    if (record.status === 'needs_reauth' && !wish.isForced) throw needsReauth(record)
    const isOver = !record.tokens.refreshToken || (record.endsAt ?? Infinity) <= clock.now()
    const place = isOver ? 'expired' : await deployment.kind.confirm(known, record)
    if (typeof place === 'string') {
      if (await endSession(deployment, known, record, version, place)) throw needsReauth(known.record)
      continue
    }

    const { attempt } = record
    const isOpen = notes.isOpen(attempt)
    if (isOpen) {
      if (!wish.isRefused && !notes.isRefused(known.record)) {
        if (wish.isForced) throw refreshPending(record)
        return 'in_use'
      }
      if (age < ATTEMPT_FENCE_MS) {
        rounds = 0
        if (!isAwaited) report(deployment, record, { type: 'refresh_awaited' })
        isAwaited = true
        await pauseUntil(waitUntil)
        continue
      }
    }
    const before = mayHaveActed(record, { isOpen })
    const spending = { record: { ...record, ...place }, version, before }
    const outcome = await spendRefreshToken(deployment, known, flight, spending)
    if (outcome !== 'again') return outcome
  }

  async function pauseUntil(end: number): Promise<void> {
    if (clock.monotonic() >= end) throw refreshPending(known.record)
    await clock.sleep(PENDING_PAUSE_MS)
  }
}

/** Where the tokens stand that were found wanting, once a sign-in is stored: they may have moved, or made room for others. */
function wishedNow(wished: number, before: BaseRecord, { gen, tokens }: BaseRecord): number {
  return tokens.accessToken === before.tokens.accessToken ? wished + gen - before.gen : gen - 1
}

/** What a refresh found is newer than what was asked for. It may be the end of the session. */
function takeNewer({ record }: { readonly record: BaseRecord }): RefreshOutcome {
  if (record.status === 'needs_reauth') throw needsReauth(record)
  return 'newer'
}

/** An older attempt that may have acted: the one that is open, or the one that a harmless one came after. */
function mayHaveActed({ attempt }: BaseRecord, { isOpen }: { readonly isOpen: boolean }): string | null {
  if (attempt === null) return null
  return isOpen || attempt.dead ? attempt.id : attempt.before
}
