import { StorageError } from '../errors/storage-error.ts'
import type { Engine } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import { readStored } from './read-stored.ts'
import type { Attempt, BaseRecord } from './record.ts'
import { notesOf } from './upkeep-notes.ts'
import { writeRecord } from './write-record.ts'

/** A record with the note that a refresh may be on its way. */
type Attempted<R> = R & { readonly attempt: Attempt }

/**
 * R15: writes an attempt. Where the outcome is unknown, it is looked up: an attempt of ours that stands there was
 * written but not sent, and another signature takes its place.
 *
 * @returns the version that holds the attempt; undefined where it does not stand or must be signed anew
 * @throws StorageError where the storage cannot be written
 */
export async function writeAttempt<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  record: Attempted<R>,
  ifVersion: string,
): Promise<string | undefined> {
  try {
    return await writeRecord(deployment, known, record, ifVersion)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    notesOf(known).neverSent(record.attempt.id, record)
    const stored = await readStored(deployment, known.sessionId)
    if (stored?.record?.attempt?.id === record.attempt.id) return undefined
    throw error
  }
}

/** R21: an attempt cannot have acted, so that nobody has to wait for it. What it came after still may have. */
export async function takeBack<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  record: Attempted<R>,
  ifVersion: string,
): Promise<void> {
  const { id, before } = record.attempt
  notesOf(known).neverSent(id, record)
  try {
    await writeRecord<R>(deployment, known, { ...record, attempt: deadAttempt(before) }, ifVersion)
  } catch (error) {
    // This process knows that the attempt is harmless; another one waits for it to grow old, as after a crash.
    if (!(error instanceof StorageError)) throw error
  }
}

/** What is left of an older attempt: nobody waits for it any more, and what it did on the server is not known. */
export function deadAttempt(id: string | null): (Attempt & { readonly dead: true }) | null {
  return id === null ? null : { id, before: null, dead: true }
}
