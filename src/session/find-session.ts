import type { CallEngine } from './deployment.ts'
import { knowSession } from './know-session.ts'
import type { KnownSession } from './known-session.ts'
import { REVOCATION_TIMEOUT_MS } from './call-limits.ts'
import { readStored, type Stored } from './read-stored.ts'
import type { BaseRecord } from './record.ts'
import { dropSignedOut } from './take-stored.ts'

/**
 * Finds a session in the storage, and in what this process knows that the storage does not. Nobody waits for a server.
 * Many who look for the same session at once share one reading.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export function findSession<R extends BaseRecord>(
  deployment: CallEngine<R>,
  sessionId: string,
): Promise<KnownSession<R> | undefined> {
  const { sessions, transport } = deployment
  return sessions.readings.join(sessionId, transport, () => find(deployment, sessionId))
}

async function find<R extends BaseRecord>(
  deployment: CallEngine<R>,
  sessionId: string,
): Promise<KnownSession<R> | undefined> {
  const { sessions } = deployment
  for (;;) {
    const before = sessions.get(sessionId)?.revision
    const { signOuts } = sessions
    const stored = await readStored(deployment, sessionId)
    const known = sessions.get(sessionId)
    // Something happened while it was read: what was read may be older than what is known, or signed out by now.
    if (known?.revision === before && sessions.signOuts === signOuts) return take<R>(deployment, stored, known)
  }
}

function take<R extends BaseRecord>(
  deployment: CallEngine<R>,
  stored: Stored<R> | undefined,
  known: KnownSession<R> | undefined,
): KnownSession<R> | undefined {
  // A sign-in whose record could not be stored yet.
  if (!stored) return known && !known.wasStored && !known.isGone ? known : undefined
  if (stored.tombstone) {
    if (known) dropSignedOut(deployment, known)
    // Left unpaid by a process that ended: whoever is still at it gets the time for it.
    if (stored.tombstone.owes && stored.age > 2 * REVOCATION_TIMEOUT_MS) {
      deployment.upkeep.payDebt(stored.tombstone, stored.version)
    }
    return undefined
  }
  return knowSession(deployment, stored)
}
