import { exportKey } from '../dpop/key.ts'
import type { PrivateJwk } from '../dpop/stored-key.ts'
import { deadAttempt } from './attempt.ts'
import type { Deployment } from './deployment.ts'
import { EXPORT_FORMAT, type ExportedSession } from './exported-session.ts'
import { findSession } from './find-session.ts'
import type { KnownSession } from './known-session.ts'
import { ATTEMPT_FENCE_MS } from './limits.ts'
import { readStored } from './read-stored.ts'
import { didOf, type SessionRecord } from './record.ts'
import { serverSessionError } from './server-session-error.ts'
import { refreshPending, sessionError } from './session-error.ts'

/**
 * Gives all of a session, to go on with it elsewhere: the newest tokens that are known, stored or not.
 *
 * Nobody waits for a refresh that may still be on its way: its answer would come here, and whoever imported would send
 * the same refresh token once more, which ends a session. So nothing is exported until it is answered, or too old to
 * arrive.
 *
 * @throws SessionError `signed_out`, `refresh_pending`, `key_cannot_leave`
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function exportSession(deployment: Deployment, sessionId: string): Promise<ExportedSession> {
  const known = await findSession(deployment, sessionId)
  if (!known) {
    const named = { sessionId, did: didOf(sessionId), handle: undefined }
    throw sessionError('signed_out', named, { field: 'sessionId', expected: 'a session of this storage' })
  }
  for (;;) {
    const { record } = known
    const dpopKey = await keyOf(record)
    const attempt = await attemptOf(deployment, known, record)
    const { schema: _, ...rest } = record
    // Refreshed meanwhile: these tokens are the old ones.
    if (known.record !== record) continue
    return { format: EXPORT_FORMAT, version: 1, ...rest, dpopKey, attempt }
  }
}

async function keyOf(record: SessionRecord): Promise<PrivateJwk> {
  const jwk = await exportKey(record.dpopKey)
  if (jwk) return jwk
  throw serverSessionError('key_cannot_leave', record, { field: 'dpopKey', expected: 'a key that is extractable' })
}

/** What is left of an attempt, once nothing of it can be on its way. */
async function attemptOf(
  deployment: Deployment,
  known: KnownSession,
  record: SessionRecord,
): Promise<ExportedSession['attempt']> {
  const { attempt } = record
  if (known.notes?.flight?.work.isUnderWay) throw refreshPending(record)
  if (!attempt) return null
  if (attempt.dead) return deadAttempt(attempt.id)
  // Never sent, or turned away unread: what it came after may have acted.
  if (known.notes?.isHarmless(attempt.id)) return deadAttempt(attempt.before)
  const stored = await readStored(deployment, record.sessionId)
  const isOwn = stored?.record?.attempt?.id === attempt.id
  if (!isOwn || stored.age < ATTEMPT_FENCE_MS) throw refreshPending(record)
  return deadAttempt(attempt.id)
}
