import type { Deployment } from './deployment.ts'
import { KnownSession } from './known-session.ts'
import { knownSessions } from './known-sessions.ts'
import { isTombstone, parseStored, sessionKey } from './record.ts'

/**
 * Finds a session in the storage, and in what this process knows that the storage does not. Asks no server.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function findSession(deployment: Deployment, sessionId: string): Promise<KnownSession | undefined> {
  const sessions = knownSessions(deployment.rawStorage)
  const key = sessionKey(sessionId)
  const entry = await deployment.storage.get(key)
  const stored = entry && parseStored(key, entry.value)
  const known = sessions.get(sessionId)
  if (!stored) {
    // A sign-in whose record could not be stored yet.
    return known && !known.isStored && !known.isGone ? known : undefined
  }
  if (isTombstone(stored)) {
    known?.drop()
    return undefined
  }
  if (known) {
    known.adopt(stored)
    return known
  }
  const { clock } = deployment.directory.transport
  const found = new KnownSession(stored, { isStored: true, clock, random: deployment.random })
  sessions.add(found)
  return found
}
