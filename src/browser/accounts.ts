import type { SessionInfo } from '../xrpc/session.ts'
import { readCurrent } from './current-account.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'

/** An account that is signed in in this browser, by the session to go on with. */
export interface Account extends SessionInfo {
  /** Whether it is the one that `resume` brings back. */
  readonly isCurrent: boolean
}

/**
 * The accounts that are signed in in this browser, whoever signed in last first: of each the session in use, else the
 * newest. One whose session has ended is among them, and says so in its `status`.
 *
 * @throws StorageError `read_failed`
 * @throws NetworkError `unreachable` where what looks for them could not be loaded
 */
export async function accounts(oauth: OAuthClient): Promise<readonly Account[]> {
  const current = readCurrent(tabOf(oauth))
  const byDid = new Map<string, Account>()
  for await (const info of oauth.sessions()) {
    const account = { ...info, isCurrent: info.sessionId === current }
    const other = byDid.get(info.did)
    if (!other || precedes(account, other)) byDid.set(info.did, account)
  }
  return [...byDid.values()].toSorted((a, b) => signedInAt(b) - signedInAt(a))
}

function precedes(one: Account, other: Account): boolean {
  if (one.isCurrent !== other.isCurrent) return one.isCurrent
  return signedInAt(one) > signedInAt(other)
}

function signedInAt({ createdAt = 0 }: SessionInfo): number {
  return createdAt
}
