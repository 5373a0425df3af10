import { SharedWorks } from '../http/shared-work.ts'
import type { Storage } from '../storage/storage.ts'
import { knownKinds, KnownSessions } from './known-sessions.ts'
import type { PasswordRecord } from './password-record.ts'
import type { PasswordSignedIn } from './start-password-session.ts'

/** The sessions of one storage that began with a password. */
export class KnownPasswordSessions extends KnownSessions<PasswordRecord> {
  /** Whoever signs an account in at the same time comes to share one session. */
  readonly signIns: SharedWorks<PasswordSignedIn> = new SharedWorks()
}

/** What this process knows of the sessions of a storage that began with a password. */
export function knownPasswordSessions(storage: Storage): KnownPasswordSessions {
  return (knownKinds(storage).password ??= new KnownPasswordSessions())
}
