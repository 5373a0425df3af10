import type { Deployment } from './deployment.ts'
import { KnownSession } from './known-session.ts'
import { knownSessions } from './known-sessions.ts'
import { takeStored, tellUncertain } from './news.ts'
import type { SessionRecord } from './record.ts'

/** Begins to know a session, by its first record here. */
export function addKnown(
  deployment: Deployment,
  record: SessionRecord,
  { isStored }: { readonly isStored: boolean },
): KnownSession {
  const { random, rawStorage, directory } = deployment
  const { clock, isolatesRequests } = directory.transport
  const known = new KnownSession(record, { isStored, clock, random, isolatesRequests })
  knownSessions(rawStorage).add(known)
  return known
}

/** Takes what was just read or written into what is known of the session, or begins to know it. */
export function knowSession(
  deployment: Deployment,
  stored: { readonly record: SessionRecord; readonly version: string },
): KnownSession {
  const known = knownSessions(deployment.rawStorage).get(stored.record.sessionId)
  if (known && !known.isGone) {
    takeStored(deployment, known, stored)
    return known
  }
  const found = addKnown(deployment, stored.record, { isStored: true })
  tellUncertain(deployment, found)
  return found
}
