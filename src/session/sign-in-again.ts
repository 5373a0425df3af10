import { StorageError } from '../errors/storage-error.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import type { Arrival } from './arrival.ts'
import { type Engine, report } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import { keepTrying } from './keep-trying.ts'
import { addKnown } from './know-session.ts'
import { KnownSession } from './known-session.ts'
import { MOST_LOST_PUTS } from './limits.ts'
import { onlyRefusals } from './only-refusals.ts'
import { payDebt } from './pay-debt.ts'
import { readStored } from './read-stored.ts'
import type { BaseRecord } from './record.ts'
import { dropSignedOut, takeStored } from './take-stored.ts'
import { WayBack } from './way-back.ts'
import { putRecord } from './write-record.ts'

/**
 * What came of writing: the session; or that it was signed out; or that a later sign-in was led back into it, of another
 * process or of this one.
 */
type Outcome<R extends BaseRecord> = KnownSession<R> | 'gone' | 'superseded' | 'outdone'

/**
 * Leads a sign-in back into its session: the new tokens and their key take the record's place, and everybody who has a
 * client of the session goes on with them. What the session had before is given back once the new tokens are stored.
 *
 * They count as two token sets later than any that is known: another process can be one ahead of the storage, and a
 * refresh that is still on its way brings one more.
 *
 * @returns undefined where the session is gone, or cannot be read: a session that was signed out never comes back
 */
export async function signInAgain<R extends BaseRecord>(
  deployment: Engine<R>,
  fresh: R,
  arrival: Arrival<R>,
): Promise<KnownSession<R> | undefined> {
  // Known to be signed out: no storage has to say so.
  if (deployment.sessions.get(fresh.sessionId)?.isGone) return undefined
  const wayBack = new WayBack(deployment, fresh, arrival)
  try {
    const outcome = await replaceRecord(deployment, wayBack)
    // Nobody superseded a sign-in whose writings all had an answer.
    return outcome instanceof KnownSession ? outcome : undefined
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    // Never written over: it may be of a newer version.
    if (error.code === 'corrupt') return undefined
    // Signed out here meanwhile, and nothing of this sign-in was written.
    const isGone = deployment.sessions.get(fresh.sessionId)?.isGone
    if (isGone && wayBack.triedGen === undefined) return undefined
    const known = useFromMemory(wayBack)
    report(deployment, fresh, { type: 'store_failed', error })
    const store = async () => known.wayBack === wayBack && comeBack(deployment, wayBack)
    keepAlive(deployment, keepTrying(deployment.transport.clock, store))
    return known
  }
}

/**
 * Tries once more to store a sign-in that only memory has so far, with all that comes with taking a record's place. Until
 * it is stored nobody else writes its tokens.
 *
 * @param deployment the caller's own: what it begins ends with its request, where a runtime keeps them apart
 * @throws StorageError
 */
export function comeBack<R extends BaseRecord>(deployment: Engine<R>, wayBack: WayBack<R>): Promise<void> {
  return wayBack.tries.join('', deployment.transport, () => tryAgain(deployment, wayBack))
}

async function tryAgain<R extends BaseRecord>(deployment: Engine<R>, wayBack: WayBack<R>): Promise<void> {
  const outcome = await replaceRecord(deployment, wayBack)
  // Whoever signed out may have known of the new tokens alone, or of the old ones.
  if (outcome === 'gone') wayBack.letGo(deployment)
}

/** Puts the new tokens over whatever tokens stand there, and takes them into memory. */
async function replaceRecord<R extends BaseRecord>(
  deployment: Engine<R>,
  wayBack: WayBack<R>,
): Promise<Outcome<R>> {
  const { fresh } = wayBack
  const { sessionId } = fresh
  for (let tries = 0; tries < MOST_LOST_PUTS; tries++) {
    const stored = await readStored(deployment, sessionId)
    const { known } = wayBack
    if (wayBack.isOutdone) return 'outdone'
    const isUnstored = !stored && known !== undefined && !known.wasStored
    if (!stored?.record && !isUnstored) {
      if (known) dropSignedOut(deployment, known)
      if (stored?.tombstone?.owes) keepAlive(deployment, payDebt(deployment, stored.tombstone, stored.version))
      return 'gone'
    }
    const found = stored && !stored.tombstone ? stored : undefined
    if (found && isSameSignIn(deployment, found.record, fresh)) {
      // A writing that seemed to fail.
      return take(deployment, wayBack, found)
    }
    const { triedGen } = wayBack
    if (triedGen !== undefined && found && isLater(found.record, triedGen)) {
      end(wayBack)
      if (known) takeStored(deployment, known, found)
      keepAlive(deployment, wayBack.giveBack(found.record))
      return 'superseded'
    }
    const record = wayBack.place(found?.record)
    wayBack.triedGen = record.gen
    const version = await putRecord(deployment, record, { ifVersion: stored?.version ?? null })
    if (version !== undefined) return take(deployment, wayBack, { record, version })
    // Somebody was first, and nothing was written.
    wayBack.triedGen = triedGen
  }
  throw onlyRefusals()
}

/** A writing of ours may have stood there until another sign-in, which gave its tokens back, came after it. */
function isLater({ gen, status }: BaseRecord, triedGen: number): boolean {
  return gen >= triedGen && status === 'active'
}

/** What stands in the storage is what everybody of this process sends from now on. */
function take<R extends BaseRecord>(
  deployment: Engine<R>,
  wayBack: WayBack<R>,
  { record, version }: { readonly record: R; readonly version: string },
): KnownSession<R> {
  // Signed out since: what stands there by now is a tombstone that owes these very tokens.
  const known = deployment.sessions.get(record.sessionId) ?? addKnown(deployment, record, { isStored: true })
  forgetOldWays(known, wayBack)
  end(wayBack)
  known.adopt(record, version)
  keepAlive(deployment, wayBack.giveBack(record))
  report(deployment, record, { type: 'stored' })
  return known
}

/** The storage fails: memory has the new tokens, and is used. */
function useFromMemory<R extends BaseRecord>(wayBack: WayBack<R>): KnownSession<R> {
  const record = wayBack.place()
  // Stored once, as far as is known: where nothing stands there any more, it was signed out.
  const known = wayBack.known ?? addKnown(wayBack.deployment, record, { isStored: true })
  forgetOldWays(known, wayBack)
  known.receive(record)
  known.wayBack = wayBack
  return known
}

/** The new key has met its server already; what was learned of the old one does not matter any more. */
function forgetOldWays<R extends BaseRecord>(known: KnownSession<R>, { arrival }: WayBack<R>): void {
  arrival.begin(known)
  known.notes?.backOff?.succeed()
}

/** Nothing of it is left to store. Its place in memory was a guess: what stands in the storage counts, whatever its own. */
function end<R extends BaseRecord>(wayBack: WayBack<R>): void {
  const { known } = wayBack
  if (known?.wayBack === wayBack) known.receive({ ...known.record, gen: 0 })
  if (known?.wayBack === wayBack || known?.wayBack?.isOutdone) known.wayBack = undefined
}
