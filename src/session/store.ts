import type { EndReason } from '../errors/session-error.ts'
import { StorageError } from '../errors/storage-error.ts'
import { SECOND } from '../http/clock.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import { type Engine, report } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import { keepTrying } from './keep-trying.ts'
import type { KnownSession } from './known-session.ts'
import { MOST_LOST_PUTS } from './limits.ts'
import { onlyRefusals } from './only-refusals.ts'
import { readStored } from './read-stored.ts'
import type { BaseRecord } from './record.ts'
import { sessionError } from './session-error.ts'
import { comeBack } from './sign-in-again.ts'
import { dropSignedOut, takeStored } from './take-stored.ts'
import { notesOf } from './upkeep-notes.ts'
import { putRecord, writeRecord } from './write-record.ts'

/**
 * Row R7: puts what only memory has over what stands in the storage, unless somebody was first.
 *
 * @param ifVersion null for a session that never could be stored
 */
export async function storeOver<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  ifVersion: string | null,
): Promise<void> {
  const { record } = known
  const version = await putRecord(deployment, record, { ifVersion })
  if (version === undefined) return
  if (known.record === record) known.adopt(record, version)
  report(deployment, record, { type: 'stored' })
}

/**
 * Writes that a session has ended. Its tokens stay, since an access token is used until it is refused; and so does the
 * attempt in the record, which may be another's and still on its way.
 *
 * @returns false where somebody was first, and all is to be decided anew
 */
export async function endSession<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  record: R,
  ifVersion: string,
  reason: EndReason,
): Promise<boolean> {
  const isOld = record.status === 'needs_reauth' && record.reason === reason
  // An attempt of ours that the end is known by is taken out of the record also where nothing else is new.
  if (isOld && record.attempt?.id === known.record.attempt?.id) return true
  const ended: R = { ...record, status: 'needs_reauth', reason }
  const version = await writeRecord(deployment, known, ended, ifVersion)
  if (version === undefined) return false
  // Somebody signed in again meanwhile, and only memory has it: the next round puts that over the end.
  if (known.record !== ended) return false
  if (!isOld) report(deployment, record, { type: 'ended', reason })
  return true
}

/** What to do with tokens whose session was signed out while they were on their way. */
type GiveBack<R extends BaseRecord> = (record: R) => Promise<unknown>

/**
 * Rows R24 and R25: stores what memory already uses. Where the storage fails, it is tried again for as long as the
 * process lives, and nobody waits for it.
 *
 * @throws SessionError `signed_out`
 */
export async function persist<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  ifVersion: string | null,
  giveBack: GiveBack<R>,
): Promise<void> {
  try {
    await storeReceived(deployment, known, ifVersion, giveBack)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    const { record } = known
    if (known.isGone) {
      await giveBack(record)
      throw sessionError('signed_out', record)
    }
    report(deployment, record, { type: 'store_failed', error })
    const { clock } = deployment.transport
    keepAlive(
      deployment,
      keepTrying(clock, () => storeLater(deployment, known, ifVersion, giveBack)),
    )
  }
}

/**
 * Tries once more to store what memory uses, where what a request begins ends with it: nobody may be at it any more.
 * Each call of the session sees to it, a second after the last one at the soonest, and waits for nothing.
 */
export function storeAgain<R extends BaseRecord>(deployment: Engine<R>, known: KnownSession<R>): void {
  const { clock, isolatesRequests } = deployment.transport
  if (!isolatesRequests || (known.isStored && !known.wayBack)) return
  const notes = notesOf(known)
  if (clock.monotonic() - notes.storeTriedAt < SECOND) return
  notes.storeTriedAt = clock.monotonic()
  keepAlive(deployment, putOver(deployment, known))
}

async function putOver<R extends BaseRecord>(deployment: Engine<R>, known: KnownSession<R>): Promise<void> {
  if (known.wayBack) return comeBack(deployment, known.wayBack)
  const stored = await readStored(deployment, known.sessionId)
  const isBehind = stored ? stored.record && stored.record.gen < known.record.gen : !known.wasStored
  // Whatever else stands there is for the next refresh to judge.
  if (isBehind && !known.wayBack) await storeOver(deployment, known, stored?.version ?? null)
}

async function storeLater<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  ifVersion: string | null,
  giveBack: GiveBack<R>,
): Promise<unknown> {
  // A sign-in that leads back into the session sees to these tokens too.
  if (known.isStored || known.wayBack) return undefined
  // Signed out meanwhile, by somebody who did not know of these tokens.
  if (known.isGone) return giveBack(known.record)
  // Whoever brought newer tokens meanwhile sees to those.
  return storeReceived(deployment, known, ifVersion, giveBack)
}

/** Puts what memory uses over what is older, and tells the app, unless somebody signed in again meanwhile. */
async function storeReceived<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  ifVersion: string | null,
  giveBack: GiveBack<R>,
): Promise<void> {
  const { record } = known
  let version = ifVersion
  for (let tries = 0; tries < MOST_LOST_PUTS; tries++) {
    const written = await putRecord(deployment, record, { ifVersion: version })
    if (written !== undefined) {
      if (known.record === record) known.adopt(record, written)
      return tell()
    }
    const stored = await readStored(deployment, known.sessionId)
    if (!stored || stored.tombstone) {
      dropSignedOut(deployment, known)
      await giveBack(record)
      throw sessionError('signed_out', record)
    }
    // Our own answer to a put that seemed to fail, or somebody newer.
    if (stored.record.gen >= record.gen) {
      takeStored(deployment, known, stored)
      // Somebody signed in again: tokens of the sign-in before are nobody's.
      if (!isSameSignIn(deployment, stored.record, record)) await giveBack(record)
      return tell()
    }
    version = stored.version
  }
  throw onlyRefusals()

  function tell(): void {
    if (isSameSignIn(deployment, known.record, record)) report(deployment, record, { type: 'stored' })
  }
}
