import { findDidDocument } from '../discovery/did-document.ts'
import type { Directory } from '../discovery/directory.ts'
import { confirmPlace } from './confirm-place.ts'
import type { KnownSession } from './known-session.ts'
import type { PasswordRecord } from './password-record.ts'

/**
 * Row R11 for passwords: whether the account still lives on the PDS that gave its tokens, which no other server takes.
 * Where another server gave them, an entryway, that one still does: then a new PDS is taken along.
 *
 * @returns the account's place, to be taken along; or `account_moved`
 * @throws SessionError `issuer_unverified`
 */
export function confirmPds(
  directory: Directory,
  known: KnownSession<PasswordRecord>,
  record: PasswordRecord,
): Promise<Partial<PasswordRecord> | 'account_moved'> {
  const { clock } = directory.transport
  return confirmPlace(known, record, {
    clock,
    facts: { field: 'pds', expected: record.pds },
    isAbout: (of, now) => of.signIn === now.signIn,
    async ask(signal) {
      const { pds } = await findDidDocument(directory, record.did, { signal, maxAgeMs: 0 })
      if (record.issuer === record.pds && pds !== record.pds) return 'account_moved'
      return { pds, checkedAt: clock.now() }
    },
  })
}
