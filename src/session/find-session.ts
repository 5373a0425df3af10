import type { Deployment } from './deployment.ts'
import { KnownSession } from './known-session.ts'
import { knownSessions } from './known-sessions.ts'
import { readStored } from './read-stored.ts'

/**
 * Finds a session in the storage, and in what this process knows that the storage does not. Asks no server.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function findSession(deployment: Deployment, sessionId: string): Promise<KnownSession | undefined> {
  const sessions = knownSessions(deployment.rawStorage)
  for (;;) {
    const before = sessions.get(sessionId)?.revision
    const stored = await readStored(deployment, sessionId)
    const known = sessions.get(sessionId)
    // It changed while it was read: what was read may be older than what is known.
    if (known?.revision !== before) continue
    // A sign-in whose record could not be stored yet.
    if (!stored) return known && !known.wasStored && !known.isGone ? known : undefined
    if (stored.tombstone) {
      known?.drop()
      return undefined
    }
    if (known && !known.isGone) {
      known.adopt(stored.record)
      return known
    }
    const { clock } = deployment.directory.transport
    const found = new KnownSession(stored.record, { isStored: true, clock, random: deployment.random })
    sessions.add(found)
    return found
  }
}
