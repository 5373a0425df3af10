import type { PutOptions } from '../storage/storage.ts'
import type { DebtOf } from './debt-of.ts'
import { type Engine, keyOf } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord, Tombstone } from './record.ts'

/**
 * Puts a record, or what is left of one, where its session stands.
 *
 * @returns the new version; undefined where somebody was first
 * @throws StorageError `write_failed`
 */
export function putRecord<R extends BaseRecord>(
  engine: Engine<R>,
  record: R | Tombstone<DebtOf<R>>,
  options: PutOptions,
): Promise<string | undefined> {
  return engine.storage.put(keyOf(engine, record.sessionId), record, options)
}

/** The same for a record that is what this process knows of the session from then on. */
export async function writeRecord<R extends BaseRecord>(
  engine: Engine<R>,
  known: KnownSession<R>,
  record: R,
  ifVersion: string,
): Promise<string | undefined> {
  const version = await putRecord(engine, record, { ifVersion })
  if (version !== undefined) known.adopt(record, version)
  return version
}
