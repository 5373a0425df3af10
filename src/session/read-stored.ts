import type { DebtOf } from './debt-of.ts'
import { type CallEngine, keyOf } from './deployment.ts'
import { type BaseRecord, isTombstone, type SessionRecord, type Tombstone } from './record.ts'

/** What stands under a session's key: its record, or what its sign-out left. */
export type Stored<R extends BaseRecord = SessionRecord> = {
  readonly version: string
  /** How long ago it was written, in ms, by the storage's own clock. */
  readonly age: number
} & (
  | { readonly record: R; readonly tombstone?: undefined }
  | { readonly tombstone: Tombstone<DebtOf<R>>; readonly record?: undefined }
)

/**
 * Reads a session from the storage. Undefined where nothing stands there.
 *
 * @throws StorageError `read_failed`, `corrupt`
 */
export async function readStored<R extends BaseRecord>(
  deployment: Pick<CallEngine<R>, 'kind' | 'sessions' | 'storage'>,
  sessionId: string,
): Promise<Stored<R> | undefined> {
  const key = keyOf(deployment, sessionId)
  const entry = await deployment.storage.get(key)
  if (!entry) return undefined
  const { version, age } = entry
  const stored = deployment.kind.parse(key, entry.value)
  return isTombstone(stored) ? { version, age, tombstone: stored } : { version, age, record: stored }
}
