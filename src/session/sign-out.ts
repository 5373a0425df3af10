import { StorageError } from '../errors/storage-error.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import type { DebtOf } from './debt-of.ts'
import { type Engine, keyOf, report } from './deployment.ts'
import { listSessions } from './list-sessions.ts'
import { MOST_LOST_PUTS } from './limits.ts'
import { onlyRefusals } from './only-refusals.ts'
import { payDebt, putTombstone } from './pay-debt.ts'
import { readStored, type Stored } from './read-stored.ts'
import { type BaseRecord, didOf, type Tombstone } from './record.ts'
import { dropSignedOut } from './take-stored.ts'

/**
 * Row R26: signs a session out. First a tombstone takes the record's place, so that no refresh can store tokens over
 * it; then the refresh token is revoked, once; then the secrets go.
 *
 * @returns whether the server took it; undefined where there was no session
 * @throws StorageError: the session is not signed out; where only the answer of the storage was lost, whether it is signed
 *   out is not known
 */
export async function signOut<R extends BaseRecord>(
  deployment: Engine<R>,
  sessionId: string,
): Promise<Revocation | undefined> {
  const { sessions } = deployment
  for (let tries = 0; tries < MOST_LOST_PUTS; tries++) {
    const stored = await readOrNothing(deployment, sessionId)
    const known = sessions.get(sessionId)
    // Memory may have newer tokens than a storage that failed, or the only ones.
    const memory = known && !known.isGone && (stored || !known.wasStored) ? known.record : undefined
    const record = memory && memory.gen > (stored?.record?.gen ?? -1) ? memory : stored?.record
    if (stored?.tombstone || (!record && !stored)) {
      if (known) dropSignedOut(deployment, known)
      sessions.drop(sessionId)
      return stored?.tombstone?.owes ? payDebt(deployment, stored.tombstone, stored.version) : undefined
    }
    const tombstone = record ? tombstoneOf(deployment, record) : namelessTombstone<R>(sessionId)
    const version = await putTombstone(deployment, tombstone, stored?.version ?? null)
    if (version === undefined) continue
    sessions.drop(sessionId)
    // A sign-in that only memory has led away from others: a tombstone owes the tokens of one alone.
    if (known?.wayBack) {
      known.wayBack.note(stored?.record)
      keepAlive(deployment, known.wayBack.giveBack(tombstone.owes ?? undefined))
    }
    const revocation = await payDebt(deployment, tombstone, version, known?.memory)
    // Told when all is done: an app that signs out in its hook revokes nothing twice.
    report(deployment, tombstone, { type: 'signed_out' })
    return revocation
  }
  throw onlyRefusals()
}

/**
 * Signs all sessions of an account out. One that cannot be is no reason to leave the others.
 *
 * @throws AggregateError of StorageErrors
 */
export async function signOutAll<R extends BaseRecord>(
  deployment: Engine<R>,
  did: string,
): Promise<readonly Revocation[]> {
  const ids = await listSessions(deployment, did)
  const outcomes = await Promise.allSettled(ids.map((sessionId) => signOut(deployment, sessionId)))
  const failures = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map(({ reason }) => reason as unknown)
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} sessions were not signed out`)
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' && outcome.value ? [outcome.value] : []))
}

/** What stands in the storage. A record that nobody can read can still be signed out: only here, and of no use before. */
async function readOrNothing<R extends BaseRecord>(
  deployment: Engine<R>,
  sessionId: string,
): Promise<
  Stored<R> | { readonly version: string; readonly record?: undefined; readonly tombstone?: undefined } | undefined
> {
  try {
    return await readStored(deployment, sessionId)
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error
    if (error.version !== undefined) return { version: error.version }
    const entry = await deployment.storage.get(keyOf(deployment, sessionId))
    return entry && { version: entry.version }
  }
}

function tombstoneOf<R extends BaseRecord>({ kind }: Engine<R>, record: R): Tombstone<DebtOf<R>> {
  const { schema, sessionId, did, handle } = record
  return { schema, sessionId, did, handle, signedOut: true, owes: kind.debtOf(record) }
}

function namelessTombstone<R>(sessionId: string): Tombstone<DebtOf<R>> {
  return { schema: 1, sessionId, did: didOf(sessionId), handle: undefined, signedOut: true, owes: null }
}
