import type { ServerMemory } from '../dpop/signer.ts'
import { StorageError } from '../errors/storage-error.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import type { DebtOf } from './debt-of.ts'
import type { Engine } from './deployment.ts'
import { TOMBSTONE_MS } from './limits.ts'
import type { BaseRecord, Tombstone } from './record.ts'
import { putRecord } from './write-record.ts'

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
  try {
    await putTombstone(deployment, { ...tombstone, owes: null }, ifVersion)
  } catch (error) {
    // The session is signed out already; the next one who meets the tombstone strips it.
    if (!(error instanceof StorageError)) throw error
  }
  return revocation
}

/** Puts what is left of a session, for a day. Undefined where somebody was first. */
export function putTombstone<R extends BaseRecord>(
  deployment: Engine<R>,
  tombstone: Tombstone<DebtOf<R>>,
  ifVersion: string | null,
): Promise<string | undefined> {
  const expiresAt = deployment.transport.clock.now() + TOMBSTONE_MS
  return putRecord(deployment, tombstone, { ifVersion, expiresAt })
}
