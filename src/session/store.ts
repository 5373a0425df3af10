import { type EndReason, StorageError } from '../errors.ts'
import { SECOND } from '../http/clock.ts'
import { type Deployment, keepAlive, report } from './deployment.ts'
import { sessionError } from './failures.ts'
import type { KnownSession } from './known-session.ts'
import { LONGEST_STORE_PAUSE_MS } from './limits.ts'
import { isTombstone, parseStored, sessionKey, type SessionRecord } from './record.ts'

/** Row R7: puts the tokens that only memory has over what stands in the storage, unless somebody was first. */
export async function storeOver({ storage }: Deployment, known: KnownSession, ifVersion: string): Promise<void> {
  const { record } = known
  const version = await storage.put(sessionKey(known.sessionId), record, { ifVersion })
  if (version !== undefined && known.record === record) known.adopt(record)
}

/**
 * Writes that a session has ended. Its tokens stay: an access token is used until it is refused.
 *
 * @returns false where somebody was first, and all is to be decided anew
 */
export async function endSession(
  deployment: Deployment,
  known: KnownSession,
  record: SessionRecord,
  ifVersion: string,
  reason: EndReason,
): Promise<boolean> {
  const ended: SessionRecord = { ...record, status: 'needs_reauth', reason, attempt: null }
  const version = await deployment.storage.put(sessionKey(known.sessionId), ended, { ifVersion })
  if (version === undefined) return false
  known.adopt(ended)
  report(deployment, { type: 'ended', reason, sessionId: known.sessionId, did: record.did })
  return true
}

/**
 * Rows R24 and R25: stores tokens that memory already uses. Where the storage fails, it is tried again for as long as
 * the process lives, and nobody waits for it.
 *
 * @param revoke gives the tokens back, where the session was signed out meanwhile
 * @throws SessionError `signed_out`
 */
export async function persist(
  deployment: Deployment,
  known: KnownSession,
  ifVersion: string | null,
  revoke: (record: SessionRecord) => Promise<unknown>,
): Promise<void> {
  try {
    await storeReceived(deployment, known, ifVersion, revoke)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    const { sessionId, record } = known
    report(deployment, { type: 'store_failed', error, sessionId, did: record.did })
    known.touch()
    keepAlive(deployment, keepTrying(deployment, known, ifVersion, revoke))
  }
}

async function keepTrying(
  deployment: Deployment,
  known: KnownSession,
  ifVersion: string | null,
  revoke: (record: SessionRecord) => Promise<unknown>,
): Promise<void> {
  const { clock } = deployment.directory.transport
  for (let pause = SECOND; !known.isStored && !known.isGone; pause = Math.min(pause * 2, LONGEST_STORE_PAUSE_MS)) {
    await clock.sleep(pause, undefined, { background: true })
    if (known.isStored || known.isGone) return
    try {
      await storeReceived(deployment, known, ifVersion, revoke)
      report(deployment, { type: 'stored', sessionId: known.sessionId, did: known.record.did })
    } catch (error) {
      if (!(error instanceof StorageError)) return
    }
  }
}

async function storeReceived(
  { storage }: Deployment,
  known: KnownSession,
  ifVersion: string | null,
  revoke: (record: SessionRecord) => Promise<unknown>,
): Promise<void> {
  const { record } = known
  const key = sessionKey(known.sessionId)
  let version: string | null = ifVersion
  for (;;) {
    if ((await storage.put(key, record, { ifVersion: version })) !== undefined) {
      if (known.record === record) known.adopt(record)
      return
    }
    const entry = await storage.get(key)
    const stored = entry && parseStored(key, entry.value)
    if (!entry || !stored || isTombstone(stored)) {
      known.drop()
      await revoke(record)
      throw sessionError('signed_out', record)
    }
    // Our own answer to a put that seemed to fail, or somebody newer.
    if (stored.gen >= record.gen) return known.adopt(stored)
    version = entry.version
  }
}
