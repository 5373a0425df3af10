import type { CallEngine } from './deployment.ts'
import { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'
import { takeStored } from './take-stored.ts'

/** Begins to know a session, by its first record here. */
export function addKnown<R extends BaseRecord>(
  deployment: CallEngine<R>,
  record: R,
  { isStored }: { readonly isStored: boolean },
): KnownSession<R> {
  const { random, sessions, transport } = deployment
  const { clock, isolatesRequests } = transport
  const known = new KnownSession(record, { isStored, clock, random, isolatesRequests })
  sessions.add(known)
  return known
}

/** Takes what was just read or written into what is known of the session, or begins to know it. */
export function knowSession<R extends BaseRecord>(
  deployment: CallEngine<R>,
  stored: { readonly record: R; readonly version: string },
): KnownSession<R> {
  const known = deployment.sessions.get(stored.record.sessionId)
  if (known && !known.isGone) {
    takeStored(deployment, known, stored)
    return known
  }
  const found = addKnown(deployment, stored.record, { isStored: true })
  deployment.upkeep.tell(found, { type: 'read', before: undefined, record: stored.record })
  return found
}
