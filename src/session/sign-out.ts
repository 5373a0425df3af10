import type { ServerMemory } from '../dpop/signer.ts'
import { StorageError } from '../errors/storage-error.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import type { DebtOf } from './debt-of.ts'
import { type Engine, keyOf, report } from './deployment.ts'
import { listSessions } from './list-sessions.ts'
import { MOST_LOST_PUTS, TOMBSTONE_MS } from './limits.ts'
import { dropSignedOut } from './news.ts'
import { onlyRefusals } from './only-refusals.ts'
import { readStored, type Stored } from './read-stored.ts'
import { type BaseRecord, didOf, type Tombstone } from './record.ts'

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
    const version = await deployment.storage.put(keyOf(deployment, sessionId), tombstone, {
      ifVersion: stored?.version ?? null,
      expiresAt: aDayFromNow(deployment),
    })
    if (version === undefined) continue
    sessions.drop(sessionId)
    // A sign-in that only memory has led away from others: a tombstone owes the tokens of one alone.
    if (known?.wayBack) {
      known.wayBack.note(stored?.record)
      keepAlive(deployment, known.wayBack.giveBack(tombstone.owes ?? undefined))
    }
    const revocation = await payDebt(deployment, tombstone, version, known?.memory)
    // Told when all is done: an app that signs out in its hook revokes nothing twice.
    report(deployment, { type: 'signed_out', sessionId, did: tombstone.did })
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

/**
 * Revokes what a tombstone owes, once, and strips its secrets. Whoever meets an unpaid one pays it; a deployment that
 * lacks the session's client key leaves it to one that has it.
 *
 * @param memory what is known of the servers, where this process had the session in use
 */
export async function payDebt<R extends BaseRecord>(
  deployment: Engine<R>,
  tombstone: Tombstone<DebtOf<R>>,
  ifVersion: string,
  memory?: ServerMemory,
): Promise<Revocation> {
  const { owes } = tombstone
  if (!owes) return { accepted: false, reason: 'there is nothing to revoke' }
  let revocation: Revocation | undefined
  try {
    revocation = await deployment.kind.revoke(owes, memory)
  } catch (error) {
    // It could not be signed, so that the server was asked nothing: the debt stays for whoever meets it next.
    return { accepted: false, reason: error instanceof Error ? error.message : 'the request could not be signed' }
  }
  if (!revocation) {
    return { accepted: false, reason: 'the client key that the session is bound to is missing here' }
  }
  const paid: Tombstone<DebtOf<R>> = { ...tombstone, owes: null }
  const options = { ifVersion, expiresAt: aDayFromNow(deployment) }
  try {
    await deployment.storage.put(keyOf(deployment, tombstone.sessionId), paid, options)
  } catch (error) {
    // The session is signed out already; the next one who meets the tombstone strips it.
    if (!(error instanceof StorageError)) throw error
  }
  return revocation
}

function tombstoneOf<R extends BaseRecord>({ kind }: Engine<R>, record: R): Tombstone<DebtOf<R>> {
  const { schema, sessionId, did, handle } = record
  return { schema, sessionId, did, handle, signedOut: true, owes: kind.debtOf(record) }
}

function namelessTombstone<R>(sessionId: string): Tombstone<DebtOf<R>> {
  return { schema: 1, sessionId, did: didOf(sessionId), handle: undefined, signedOut: true, owes: null }
}

function aDayFromNow({ transport }: Pick<Engine<BaseRecord>, 'transport'>): number {
  return transport.clock.now() + TOMBSTONE_MS
}
