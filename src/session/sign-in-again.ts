import { StorageError } from '../errors.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import { giveBackTokens } from '../flow/request-revocation.ts'
import type { ServerClient } from '../flow/signed-form.ts'
import { type Deployment, report } from './deployment.ts'
import { debtOf, revokeOwed } from './debt.ts'
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

/** A sign-in on its way back into its session. */
interface Return {
  /** The record that it brings. Its place among the token sets shows when it is written. */
  readonly fresh: SessionRecord
  readonly client: ServerClient
  /** The newest tokens that are known of each sign-in before: to be given back. */
  readonly old: SessionRecord[]
  /** The place of a writing whose outcome is not known. */
  triedGen: number | undefined
}

/** What came of writing: the session; or that it was signed out; or that a later sign-in was led back into it. */
type Outcome = KnownSession | 'gone' | 'superseded'

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
  const returning: Return = { fresh, client, old: [], triedGen: undefined }
  try {
    const outcome = await replaceRecord(deployment, returning)
    // Nobody superseded a sign-in whose writings all had an answer.
    if (!(outcome instanceof KnownSession)) return undefined
    report(deployment, { type: 'stored', sessionId: fresh.sessionId, did: fresh.did })
    return outcome
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    // Never written over: it may be of a newer version.
    if (error.code === 'corrupt') return undefined
    const known = useFromMemory(deployment, returning)
    report(deployment, { type: 'store_failed', error, sessionId: known.sessionId, did: fresh.did })
    keepAlive(deployment, keepTrying(deployment, returning))
    return known
  }
}

/** Puts the new tokens over whatever tokens stand there, and takes them into memory. */
async function replaceRecord(deployment: Deployment, returning: Return): Promise<Outcome> {
  const { fresh } = returning
  const { sessionId } = fresh
  for (let tries = 0; tries < MOST_LOST_PUTS; tries++) {
    const stored = await readStored(deployment, sessionId)
    const known = knownOf(deployment, sessionId)
    const isUnstored = !stored && known !== undefined && !known.wasStored
    if (!stored?.record && !isUnstored) {
      if (known) dropSignedOut(deployment, known)
      return 'gone'
    }
    if (stored?.record && isSameSignIn(stored.record, fresh)) {
      // A writing that seemed to fail.
      return take(deployment, returning, stored.record, stored.version)
    }
    const { triedGen } = returning
    if (triedGen !== undefined && stored?.record && isLater(stored.record, triedGen)) {
      if (known) takeStored(deployment, known, stored)
      keepAlive(deployment, giveBackOld(deployment, returning, stored.record))
      return 'superseded'
    }
    noteOld(returning, known?.record)
    noteOld(returning, stored?.record)
    const record = placed(returning, stored?.record, known?.record)
    returning.triedGen = record.gen
    const ifVersion = stored?.version ?? null
    const version = await deployment.storage.put(sessionKey(sessionId), record, { ifVersion })
    if (version !== undefined) return take(deployment, returning, record, version)
    // Somebody was first, and nothing was written, or it was written by whoever refreshes here.
    returning.triedGen = triedGen
  }
  throw onlyRefusals()
}

/** A writing of ours may have stood there until another sign-in, which gave its tokens back, came after it. */
function isLater({ gen, status }: SessionRecord, triedGen: number): boolean {
  return gen >= triedGen && status === 'active'
}

/** Two token sets later than what is there; where memory has it already, as memory has it. */
function placed({ fresh }: Return, ...others: readonly (SessionRecord | undefined)[]): SessionRecord {
  const places = others.map((other) => (other ? other.gen + (isSameSignIn(other, fresh) ? 0 : 2) : 2))
  return { ...fresh, gen: Math.max(...places) }
}

function noteOld({ fresh, old }: Return, found: SessionRecord | undefined): void {
  if (!found || isSameSignIn(found, fresh)) return
  const at = old.findIndex((each) => isSameSignIn(each, found))
  if (at === -1) old.push(found)
  else if ((old[at]?.gen ?? 0) < found.gen) old[at] = found
}

function knownOf({ rawStorage }: Deployment, sessionId: string): KnownSession | undefined {
  const known = knownSessions(rawStorage).get(sessionId)
  return known?.isGone ? undefined : known
}

/** What stands in the storage is what everybody of this process sends from now on. */
function take(deployment: Deployment, returning: Return, record: SessionRecord, version: string): KnownSession {
  const known = knownOf(deployment, record.sessionId) ?? addKnown(deployment, record, { isStored: true })
  forgetOldWays(known, returning)
  known.adopt(record, version)
  keepAlive(deployment, giveBackOld(deployment, returning, record))
  return known
}

/** The storage fails: memory has the new tokens, and is used. */
function useFromMemory(deployment: Deployment, returning: Return): KnownSession {
  const { fresh, old } = returning
  const known = knownOf(deployment, fresh.sessionId)
  noteOld(returning, known?.record)
  const record = placed(returning, known?.record, ...old)
  // Stored once, as far as is known: where nothing stands there any more, it was signed out.
  const holder = known ?? addKnown(deployment, record, { isStored: true })
  // Whoever refreshes in this process may write it from here on, and not hear what came of that.
  if (known) returning.triedGen ??= record.gen
  forgetOldWays(holder, returning)
  holder.receive(record)
  return holder
}

/** The new key has met its server already; what was learned of the old one does not matter any more. */
function forgetOldWays(known: KnownSession, { client }: Return): void {
  known.useSigner(client.signer)
  known.backOff.succeed()
}

/** As for any tokens that only memory has: with growing pauses, for as long as the process lives. */
async function keepTrying(deployment: Deployment, returning: Return): Promise<void> {
  const { fresh, client } = returning
  const { sessionId, did, tokens, revocationEndpoint } = fresh
  const { clock } = deployment.directory.transport
  for (const pause of growingPauses(clock)) {
    await pause
    try {
      const outcome = await replaceRecord(deployment, returning)
      if (outcome instanceof KnownSession) return report(deployment, { type: 'stored', sessionId, did })
      await giveBackTokens(client, revocationEndpoint, tokens)
      // Whoever signed out may have known of the new tokens alone; whoever superseded them has seen to the old ones.
      if (outcome === 'gone') await giveBackOld(deployment, returning, fresh)
      return
    } catch (error) {
      if (!(error instanceof StorageError)) return
    }
  }
}

/** At the server the tokens of each sign-in are a session of their own: those before are nobody's by now. */
async function giveBackOld(
  deployment: Deployment,
  { client, old }: Return,
  current: SessionRecord,
): Promise<void> {
  const unused = old.filter((record) => !isSameSignIn(record, current))
  await Promise.allSettled(unused.map((record) => revokeOwed(deployment, debtOf(record), client.signer.memory)))
}
