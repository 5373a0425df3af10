import type { RequestLimits } from '../http/exchange.ts'
import { SIGN_IN_IDENTITY_AGE_MS } from './limits.ts'

/** How something is looked up, and how old an answer may be. */
export interface LookupLimits extends RequestLimits {
  /**
   * How old a remembered answer may be, in ms: younger than this, and no older than what it is about allows, a day for an
   * account and ten minutes for a server. 0: only a new one will do.
   *
   * @default 600_000
   */
  readonly maxAgeMs?: number | undefined
  /**
   * Asks anew whatever is known, a server too that failed a moment ago.
   *
   * @default false
   */
  readonly fresh?: boolean | undefined
}

/** How old a remembered answer may be in this lookup, of a kind that may be this old. */
export function acceptedAge({ maxAgeMs, fresh }: LookupLimits, mostMs: number): number {
  return fresh ? 0 : Math.min(maxAgeMs ?? SIGN_IN_IDENTITY_AGE_MS, mostMs)
}
