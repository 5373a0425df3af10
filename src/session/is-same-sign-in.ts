import { publicHalfOf } from '../dpop/key.ts'
import type { SessionRecord } from './record.ts'

/** What tells the sign-in that a record's tokens come from. */
type Keyed = Pick<SessionRecord, 'dpopKey'>

/** Whether the tokens of two records come from one sign-in: each has a key of its own, and keeps it. */
export function isSameSignIn(one: Keyed, other: Keyed): boolean {
  return publicHalfOf(one.dpopKey).x === publicHalfOf(other.dpopKey).x
}
