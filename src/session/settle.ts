import { type Engine, report } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import { needsReauth } from './session-error.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'
import type { Received, Spender } from './session-kind.ts'
import { persist } from './store.ts'

/** What a refresh brought. */
export interface Refreshed<R extends BaseRecord> {
  /** The record that the refresh token was spent from. */
  readonly record: R
  readonly received: Received
  /** The version that holds the attempt. */
  readonly version: string
}

/**
 * Rows R18, R23 and R24: new tokens are checked, used from memory at once, and stored. Where somebody signed in again
 * meanwhile, those of the sign-in stay in use.
 *
 * @throws SessionError `needs_reauth` where they are not what this session is about; `signed_out`
 */
export async function settle<R extends BaseRecord>(
  deployment: Engine<R>,
  known: KnownSession<R>,
  spender: Spender,
  { record, received, version }: Refreshed<R>,
): Promise<void> {
  const { change, given, flaw } = received
  if (!isSameSignIn(deployment, known.record, record)) {
    // Nobody uses these tokens, once nothing in the storage depends on them.
    if (known.isStored) await spender.giveBack(given)
    return
  }
  if (flaw) {
    await spender.giveBack(given)
    // Counted as a token set of its own, so that it is stored like one: over what is older, as often as it takes.
    known.receive({ ...record, gen: record.gen + 1, attempt: null, status: 'needs_reauth', reason: flaw })
    await persist(deployment, known, version, async () => {}) // given back already
    if (!isSameSignIn(deployment, known.record, record)) return
    report(deployment, record, { type: 'ended', reason: flaw })
    throw needsReauth(known.record)
  }
  known.receive({
    ...record,
    ...change,
    gen: record.gen + 1,
    attempt: null,
    status: 'active',
    reason: undefined,
  })
  await persist(deployment, known, version, (unwanted) => spender.giveBack(unwanted.tokens))
  if (!isSameSignIn(deployment, known.record, record)) return
  report(deployment, record, { type: 'refreshed' })
}
