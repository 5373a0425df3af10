import { findAccountServer } from '../discovery/account-server.ts'
import type { Deployment } from './deployment.ts'
import { sessionError } from './failures.ts'
import type { KnownSession } from './known-session.ts'
import { ISSUER_CHECK_EVERY_MS, ISSUER_CHECK_STANDS_MS, ISSUER_CHECK_TIMEOUT_MS } from './limits.ts'
import type { SessionRecord } from './record.ts'

/** What an account's lookup may change in its record: never the issuer, which is pinned. */
export type AccountPlace = Pick<SessionRecord, 'pds' | 'tokenEndpoint' | 'revocationEndpoint' | 'checkedAt'>

/**
 * Row R11: asks whether the account still belongs to the issuer that its tokens go to, at most every 10 minutes. A
 * lookup that fails is no answer: the last good one stands for 24 hours.
 *
 * @returns the account's place, to be taken along; or `moved` where another issuer guards it now
 * @throws SessionError `issuer_unverified`
 */
export async function confirmIssuer(
  { directory }: Deployment,
  known: KnownSession,
  record: SessionRecord,
): Promise<AccountPlace | 'moved'> {
  const { clock } = directory.transport
  const { pds, tokenEndpoint, revocationEndpoint, checkedAt } = record
  const age = clock.now() - checkedAt
  // A clock that was set back makes an old answer look like one from the future: then it is asked for again.
  const isFresh = age >= 0 && age < ISSUER_CHECK_EVERY_MS
  const stands = age < ISSUER_CHECK_STANDS_MS
  const wasAsked = clock.monotonic() - known.issuerAskedAt < ISSUER_CHECK_EVERY_MS
  if (isFresh || (stands && wasAsked)) return { pds, tokenEndpoint, revocationEndpoint, checkedAt }
  try {
    known.issuerAskedAt = clock.monotonic()
    const { document, server } = await findAccountServer(directory, record.did, {
      timeoutMs: ISSUER_CHECK_TIMEOUT_MS,
    })
    if (server.issuer !== record.issuer) return 'moved'
    return {
      pds: document.pds,
      tokenEndpoint: server.tokenEndpoint,
      revocationEndpoint: server.revocationEndpoint,
      checkedAt: clock.now(),
    }
  } catch (cause) {
    if (stands) return { pds, tokenEndpoint, revocationEndpoint, checkedAt }
    throw sessionError('issuer_unverified', record, { field: 'issuer', expected: record.issuer, cause })
  }
}
