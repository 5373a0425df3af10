import { publicHalfOf } from '../dpop/stored-key.ts'
import type { SessionRecord } from './record.ts'

/** What tells a sign-in of OAuth from another: each has a key of its own, and keeps it. */
export function signInOf({ dpopKey }: Pick<SessionRecord, 'dpopKey'>): string {
  return publicHalfOf(dpopKey).x
}
