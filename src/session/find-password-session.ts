import type { Did } from '../syntax/did.ts'
import type { Engine } from './deployment.ts'
import { findSessions } from './find-sessions.ts'
import type { KnownSession } from './known-session.ts'
import type { PasswordRecord } from './password-record.ts'

/** Whose session is looked for. */
export type PasswordAccount =
  | { readonly did: Did; readonly email?: undefined }
  /** Nothing but what was signed in with leads from an e-mail address to an account. */
  | { readonly did?: undefined; readonly email: string; readonly server: string }

/**
 * Finds an account's session: the newest of those that have not ended, else the newest. Asks nobody but the storage.
 *
 * @throws StorageError `read_failed`
 */
export async function findPasswordSession(
  engine: Engine<PasswordRecord>,
  account: PasswordAccount,
): Promise<KnownSession<PasswordRecord> | undefined> {
  let best: KnownSession<PasswordRecord> | undefined
  for await (const known of findSessions(engine, account.did)) {
    if (account.email !== undefined && !isSignedInWith(known.record, account)) continue
    if (!best || isBetter(known.record, best.record)) best = known
  }
  return best
}

function isSignedInWith(
  { email, issuer }: PasswordRecord,
  account: { readonly email: string; readonly server: string },
): boolean {
  return email === account.email && issuer === account.server
}

/** The ids decide where nothing else does, so that all processes find the same one. */
function isBetter(one: PasswordRecord, other: PasswordRecord): boolean {
  if (one.status !== other.status) return one.status === 'active'
  const difference = (one.createdAt ?? -Infinity) - (other.createdAt ?? -Infinity)
  return difference === 0 ? one.sessionId > other.sessionId : difference > 0
}
