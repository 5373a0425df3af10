import type { DirectoryOptions } from '../discovery/create-directory.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import type { CallEngine } from '../session/deployment.ts'
import type { SessionRecord } from '../session/record.ts'
import { signOut, signOutAll } from '../session/sign-out.ts'
import { openEngine } from './open-engine.ts'
import type { Tab } from './tab.ts'

// Loaded with what uses it: a sign-out ends in the storage.
export { writeEntries } from '../storage/indexeddb/write-entries.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'

/** Signing out, as the `OAuthClient` of `atproof` does it. */
export interface SignOut {
  revoke(sessionId: string): Promise<Revocation>
  revokeAll(did: string): Promise<readonly Revocation[]>
}

/** Opens the way out of a page: a part of its own, loaded when somebody signs out. */
export function openSignOut(calls: CallEngine<SessionRecord>, options: DirectoryOptions, tab: Tab): SignOut {
  const engine = openEngine(calls, options, tab)
  return {
    async revoke(sessionId) {
      return (await signOut(engine, sessionId)) ?? { accepted: false, reason: 'there is no such session' }
    },
    revokeAll: (did) => signOutAll(engine, did),
  }
}
