import type { Storage } from '../storage/storage.ts'
import { isTombstone, parseStored, sessionKey, type SessionRecord, type Tombstone } from './record.ts'

/** What stands under a session's key: its record, or what its sign-out left. */
export type Stored = {
  readonly version: string
  /** How long ago it was written, in ms, by the storage's own clock. */
  readonly age: number
} & (
  | { readonly record: SessionRecord; readonly tombstone?: undefined }
  | { readonly tombstone: Tombstone; readonly record?: undefined }
)

/**
 * Reads a session from the storage. Undefined where nothing stands there.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function readStored(
  { storage }: { readonly storage: Storage },
  sessionId: string,
): Promise<Stored | undefined> {
  const key = sessionKey(sessionId)
  const entry = await storage.get(key)
  if (!entry) return undefined
  const { version, age } = entry
  const stored = parseStored(key, entry.value)
  return isTombstone(stored) ? { version, age, tombstone: stored } : { version, age, record: stored }
}
