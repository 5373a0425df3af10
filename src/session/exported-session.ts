import type { PrivateJwk } from '../dpop/stored-key.ts'
import type { Attempt, SessionRecord } from './record.ts'

/**
 * A session as `exportSession` gives it: plain JSON. It is the whole session, its private key included: whoever reads
 * it can act as the account.
 */
export interface ExportedSession extends Omit<SessionRecord, 'schema' | 'dpopKey' | 'attempt'> {
  readonly format: 'atproof/session'
  readonly version: 1
  /** The private key that the tokens are bound to. */
  readonly dpopKey: PrivateJwk
  /** A refresh whose answer never came, of which nothing is on its way any more. */
  readonly attempt: (Attempt & { readonly dead: true }) | null
}

/** What tells an exported session from anything else. */
export const EXPORT_FORMAT = 'atproof/session'
