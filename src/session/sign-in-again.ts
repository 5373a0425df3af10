import { StorageError } from '../errors.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import { giveBackTokens } from '../flow/request-revocation.ts'
import type { ServerClient } from '../flow/signed-form.ts'
import { type Deployment, report } from './deployment.ts'
import { growingPauses } from './growing-pauses.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import { addKnown } from './know-session.ts'
import { KnownSession } from './known-session.ts'
import { knownSessions } from './known-sessions.ts'
import { MOST_LOST_PUTS } from './limits.ts'
import { dropSignedOut, takeStored } from './news.ts'
import { onlyRefusals } from './only-refusals.ts'
import { readStored } from './read-stored.ts'
import { sessionKey, type SessionRecord } from './record.ts'
import { WayBack } from './way-back.ts'

/**
 * What came of writing: the session; or that it was signed out; or that a later sign-in was led back into it, of another
 * process or of this one.
 */
type Outcome = KnownSession | 'gone' | 'superseded' | 'outdone'

/**
 * Leads a sign-in back into its session: the new tokens and their key take the record's place, and everybody who has a
 * client of the session goes on with them. What the session had before is given back once the new tokens are stored.
 *
 * They count as two token sets later than any that is known: another process can be one ahead of the storage, and a
 * refresh that is still on its way brings one more.
 *
 * @returns undefined where the session is gone, or cannot be read: a session that was signed out never comes back
 */
export async function signInAgain(
  deployment: Deployment,
  fresh: SessionRecord,
  client: ServerClient,
): Promise<KnownSession | undefined> {
  // Known to be signed out: no storage has to say so.
  if (knownSessions(deployment.rawStorage).get(fresh.sessionId)?.isGone) return undefined
  const wayBack = new WayBack(deployment, fresh, client)
  try {
    const outcome = await replaceRecord(wayBack)
    // Nobody superseded a sign-in whose writings all had an answer.
    if (!(outcome instanceof KnownSession)) return undefined
    report(deployment, { type: 'stored', sessionId: fresh.sessionId, did: fresh.did })
    return outcome
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    // Never written over: it may be of a newer version.
    if (error.code === 'corrupt') return undefined
    const known = useFromMemory(wayBack)
    report(deployment, { type: 'store_failed', error, sessionId: known.sessionId, did: fresh.did })
    keepAlive(deployment, keepTrying(wayBack, known))
    return known
  }
}

/**
 * Tries once more to store a sign-in that only memory has so far, with all that comes with taking a record's place. Until
 * it is stored nobody else writes its tokens.
 *
 * @throws StorageError
 */
export function comeBack(wayBack: WayBack): Promise<void> {
  const { transport } = wayBack.deployment.directory
  return wayBack.tries.join('', transport, () => tryAgain(wayBack))
}

async function tryAgain(wayBack: WayBack): Promise<void> {
  const { deployment, fresh, client } = wayBack
  const { sessionId, did, tokens, revocationEndpoint } = fresh
  const outcome = await replaceRecord(wayBack)
  if (outcome instanceof KnownSession) return report(deployment, { type: 'stored', sessionId, did })
  if (outcome === 'outdone') return
  keepAlive(deployment, giveBackTokens(client, revocationEndpoint, tokens))
  // Whoever signed out may have known of the new tokens alone; whoever superseded them has seen to the old ones.
  if (outcome === 'gone') keepAlive(deployment, wayBack.giveBackOld(fresh))
}

/** Puts the new tokens over whatever tokens stand there, and takes them into memory. */
async function replaceRecord(wayBack: WayBack): Promise<Outcome> {
  const { deployment, fresh } = wayBack
  const { sessionId } = fresh
  for (let tries = 0; tries < MOST_LOST_PUTS; tries++) {
    const stored = await readStored(deployment, sessionId)
    const { known } = wayBack
    if (wayBack.isOutdone) return 'outdone'
    const isUnstored = !stored && known !== undefined && !known.wasStored
    if (!stored?.record && !isUnstored) {
      if (known) dropSignedOut(deployment, known)
      return over(wayBack, 'gone')
    }
    if (stored?.record && isSameSignIn(stored.record, fresh)) {
      // A writing that seemed to fail.
      return take(wayBack, stored.record, stored.version)
    }
    const { triedGen } = wayBack
    if (triedGen !== undefined && stored?.record && isLater(stored.record, triedGen)) {
      if (known) takeStored(deployment, known, stored)
      keepAlive(deployment, wayBack.giveBackOld(stored.record))
      return over(wayBack, 'superseded')
    }
    const record = wayBack.place(stored?.record)
    wayBack.triedGen = record.gen
    const ifVersion = stored?.version ?? null
    const version = await deployment.storage.put(sessionKey(sessionId), record, { ifVersion })
    if (version !== undefined) return take(wayBack, record, version)
    // Somebody was first, and nothing was written.
    wayBack.triedGen = triedGen
  }
  throw onlyRefusals()
}

/** A writing of ours may have stood there until another sign-in, which gave its tokens back, came after it. */
function isLater({ gen, status }: SessionRecord, triedGen: number): boolean {
  return gen >= triedGen && status === 'active'
}

/** What stands in the storage is what everybody of this process sends from now on. */
function take(wayBack: WayBack, record: SessionRecord, version: string): KnownSession {
  const { deployment } = wayBack
  // Signed out since: what stands there by now is a tombstone that owes these very tokens.
  const known =
    knownSessions(deployment.rawStorage).get(record.sessionId) ?? addKnown(deployment, record, { isStored: true })
  forgetOldWays(known, wayBack)
  known.adopt(record, version)
  keepAlive(deployment, wayBack.giveBackOld(record))
  return over(wayBack, known)
}

/** The storage fails: memory has the new tokens, and is used. */
function useFromMemory(wayBack: WayBack): KnownSession {
  const record = wayBack.place()
  // Stored once, as far as is known: where nothing stands there any more, it was signed out.
  const known = wayBack.known ?? addKnown(wayBack.deployment, record, { isStored: true })
  forgetOldWays(known, wayBack)
  known.receive(record)
  known.wayBack = wayBack
  return known
}

/** The new key has met its server already; what was learned of the old one does not matter any more. */
function forgetOldWays(known: KnownSession, { client }: WayBack): void {
  known.useSigner(client.signer)
  known.backOff.succeed()
}

function over<T>(wayBack: WayBack, outcome: T): T {
  const { known } = wayBack
  if (known?.wayBack === wayBack) known.wayBack = undefined
  return outcome
}

/** As for any tokens that only memory has: with growing pauses, for as long as the process lives. */
async function keepTrying(wayBack: WayBack, known: KnownSession): Promise<void> {
  const { clock } = wayBack.deployment.directory.transport
  for (const pause of growingPauses(clock)) {
    await pause
    if (known.wayBack !== wayBack) return
    try {
      return await comeBack(wayBack)
    } catch (error) {
      if (!(error instanceof StorageError)) return
    }
  }
}
