import type { ServerMemory } from '../dpop/signer.ts'
import type { RevocableTokens } from '../flow/request-revocation.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'

/** A sign-in that has just brought tokens: what becomes of it once it is known whose session it is. */
export interface Arrival<R extends BaseRecord> {
  /** Makes its record, as that of this session. */
  recordFor(sessionId: string): R
  /** Puts to use what was learned on the way. */
  begin(known: KnownSession<R>): void
  /** What was learned of the servers. */
  readonly memory: ServerMemory | undefined
  /** Gives its tokens back, where nobody is to use them. It never fails. */
  giveBack(tokens: RevocableTokens): Promise<void>
}
