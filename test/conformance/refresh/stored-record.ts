import type { Storage, StorageEntry } from 'atproof'
import { type SessionRecord, sessionKey } from '../../../src/session/record.ts'

/** What stands in a storage for a session. Fails the test where there is nothing. */
export async function entryIn(storage: Storage, sessionId: string): Promise<StorageEntry> {
  const entry = await storage.get(sessionKey(sessionId))
  if (!entry) throw new Error('nothing is stored')
  return entry
}

/** The record of a session that nobody has signed out. */
export async function recordIn(storage: Storage, sessionId: string): Promise<SessionRecord> {
  return (await entryIn(storage, sessionId)).value as SessionRecord
}

/** Writes over the record, as another process would. */
export async function rewriteIn(
  storage: Storage,
  sessionId: string,
  change: Partial<SessionRecord>,
): Promise<void> {
  const { value, version } = await entryIn(storage, sessionId)
  await storage.put(sessionKey(sessionId), { ...(value as SessionRecord), ...change }, { ifVersion: version })
}
