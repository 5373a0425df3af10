import type { EndReason } from '../errors.ts'
import { type RevocableTokens, giveBackTokens } from '../flow/request-revocation.ts'
import type { ServerClient } from '../flow/signed-form.ts'
import { grantsAtproto, hasTokenForm, type TokenResponse } from '../flow/token-response.ts'
import { type Deployment, report } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import { needsReauth } from './session-error.ts'
import type { KnownSession } from './known-session.ts'
import type { SessionRecord } from './record.ts'
import { persist } from './store.ts'
import { tokensOf } from './tokens.ts'

/** What a refresh brought. */
export interface Received {
  /** The record that the refresh token was spent from. */
  readonly record: SessionRecord
  readonly tokens: TokenResponse
  /** When the request was signed, in ms since the epoch: lifetimes count from then. */
  readonly requestedAt: number
  /** The version that holds the attempt. */
  readonly version: string
}

/**
 * Rows R18, R23 and R24: new tokens are checked, used from memory at once, and stored. Where somebody signed in again
 * meanwhile, those of the sign-in stay in use.
 *
 * @throws SessionError `needs_reauth` where they are not what this session is about; `signed_out`
 */
export async function settle(
  deployment: Deployment,
  known: KnownSession,
  client: ServerClient,
  { record, tokens, requestedAt, version }: Received,
): Promise<void> {
  const { sessionId, did } = record
  if (!isSameSignIn(known.record, record)) {
    // Nobody uses these tokens, once nothing in the storage depends on them.
    if (known.isStored) await giveBack(tokens)
    return
  }
  const flaw = flawOf(record, tokens)
  if (flaw) {
    await giveBack(tokens)
    // Counted as a token set of its own, so that it is stored like one: over what is older, as often as it takes.
    known.receive({ ...record, gen: record.gen + 1, attempt: null, status: 'needs_reauth', reason: flaw })
    await persist(deployment, known, version, async () => {}) // given back already
    if (!isSameSignIn(known.record, record)) return
    report(deployment, { type: 'ended', reason: flaw, sessionId, did })
    throw needsReauth(known.record)
  }
  known.receive({
    ...record,
    // A server may keep the refresh token as it is (RFC 6749 §6), or leave an unchanged scope out (§5.1).
    tokens: tokensOf({ ...tokens, refreshToken: tokens.refreshToken ?? record.tokens.refreshToken }, requestedAt),
    scope: tokens.scope || record.scope,
    gen: record.gen + 1,
    attempt: null,
    status: 'active',
    reason: undefined,
  })
  await persist(deployment, known, version, (unwanted) => giveBack(unwanted.tokens))
  if (!isSameSignIn(known.record, record)) return
  report(deployment, { type: 'refreshed', sessionId, did })

  function giveBack(unwanted: RevocableTokens): Promise<unknown> {
    return giveBackTokens(client, record.revocationEndpoint, unwanted)
  }
}

function flawOf(
  record: SessionRecord,
  { accessToken, sub, tokenType, scope }: TokenResponse,
): EndReason | undefined {
  if (sub === '' || tokenType !== 'dpop' || !hasTokenForm(accessToken)) return 'bad_token_response'
  if (sub !== record.did) return 'wrong_account'
  return scope === '' || grantsAtproto(scope) ? undefined : 'scope_reduced'
}
