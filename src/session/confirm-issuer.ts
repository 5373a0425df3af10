import { findAccountServer } from '../discovery/account-server.ts'
import { NetworkError } from '../errors.ts'
import { withDeadline } from '../http/deadline.ts'
import type { AccountPlace } from './account-place.ts'
import type { Deployment } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import { sessionError } from './session-error.ts'
import type { KnownSession } from './known-session.ts'
import { ISSUER_CHECK_EVERY_MS, ISSUER_CHECK_STANDS_MS, ISSUER_CHECK_TIMEOUT_MS } from './limits.ts'
import type { SessionRecord } from './record.ts'

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
  const lastGood: AccountPlace = { pds, tokenEndpoint, revocationEndpoint, checkedAt }
  const age = clock.now() - checkedAt
  // A clock that was set back makes an old answer look like one from the future: then it is asked for again.
  if (age >= 0 && age < ISSUER_CHECK_EVERY_MS && record.reason !== 'account_moved') return lastGood
  const stands = age >= 0 && age < ISSUER_CHECK_STANDS_MS
  const { issuerCheck } = known
  const wasAsked =
    issuerCheck &&
    isSameSignIn(issuerCheck.of, record) &&
    clock.monotonic() - issuerCheck.at < ISSUER_CHECK_EVERY_MS
  if (wasAsked && issuerCheck.place) return issuerCheck.place
  if (wasAsked && stands) return lastGood
  const at = clock.monotonic()
  const timeoutMs = ISSUER_CHECK_TIMEOUT_MS
  const onTimeout = () => new NetworkError('timeout', { expected: `the account's issuer in ${timeoutMs} ms` })
  try {
    // Every hop is asked, save a server that failed a moment ago: a failed lookup is no answer, and is not hurried.
    const { document, server } = await withDeadline(clock, { timeoutMs, onTimeout }, (signal) =>
      findAccountServer(directory, record.did, { signal, maxAgeMs: 0 }),
    )
    const place: AccountPlace | 'moved' =
      server.issuer === record.issuer
        ? {
            pds: document.pds,
            tokenEndpoint: server.tokenEndpoint,
            revocationEndpoint: server.revocationEndpoint,
            checkedAt: clock.now(),
          }
        : 'moved'
    known.issuerCheck = { at, of: record, place }
    return place
  } catch (cause) {
    known.issuerCheck = { at, of: record, place: undefined }
    if (stands) return lastGood
    throw sessionError('issuer_unverified', record, { field: 'issuer', expected: record.issuer, cause })
  }
}
