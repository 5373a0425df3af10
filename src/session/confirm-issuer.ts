import { findAccountServer } from '../discovery/account-server.ts'
import type { Directory } from '../discovery/directory.ts'
import { confirmPlace } from './confirm-place.ts'
import type { KnownSession } from './known-session.ts'
import type { SessionRecord } from './record.ts'
import { signInOf } from './sign-in-of.ts'

/**
 * Row R11 for OAuth: whether the account still belongs to the issuer that its tokens go to.
 *
 * @returns the account's place, to be taken along; or `account_moved` where another issuer guards it now
 * @throws SessionError `issuer_unverified`
 */
export function confirmIssuer(
  directory: Directory,
  known: KnownSession,
  record: SessionRecord,
): Promise<Partial<SessionRecord> | 'account_moved'> {
  const { clock } = directory.transport
  return confirmPlace(known, record, {
    clock,
    facts: { field: 'issuer', expected: record.issuer },
    isAbout: (of, now) => signInOf(of) === signInOf(now),
    async ask(signal) {
      // Every hop is asked, save a server that failed a moment ago: a failed lookup is no answer, and is not hurried.
      const { document, server } = await findAccountServer(directory, record.did, { signal, maxAgeMs: 0 })
      if (server.issuer !== record.issuer) return 'account_moved'
      const { tokenEndpoint, revocationEndpoint } = server
      return { pds: document.pds, tokenEndpoint, revocationEndpoint, checkedAt: clock.now() }
    },
  })
}
