import { AtproofError } from '../errors/atproof-error.ts'
import type { SharedWork } from '../http/shared-work.ts'

/** What somebody wants of a refresh. */
export interface RefreshWish {
  /** The token set that was found wanting: a newer one fulfils the wish. */
  readonly gen: number
  /** The server has refused the access token. */
  readonly isRefused: boolean
  /** The app asked for it, with `client.refresh()`. */
  readonly isForced: boolean
  /** The access token is still good: a failure does no harm. */
  readonly isEarly: boolean
}

/** How a refresh ended where it did not fail: with newer tokens, or with the old ones still in use. */
export type RefreshOutcome = 'newer' | 'in_use'

/** A refresh on its way in this process. */
export interface Flight {
  /** Whose it is. */
  readonly deployment: object
  readonly wish: RefreshWish
  readonly work: SharedWork<RefreshOutcome>
  /** The attempt that it has written into the record. */
  attemptId: string | undefined
}

/** Whether a refresh that is already on its way gives what another one is wished for. */
export function fulfils({ wish: own }: Flight, wish: RefreshWish): boolean {
  return (own.isForced || !wish.isForced) && (own.isRefused || !wish.isRefused)
}

/** Failures of a deployment, not of the session: another one over the same storage may do better. */
const OWN_FAILURES: ReadonlySet<string> = new Set([
  'client_key_missing',
  'client_key_unusable',
  'signer_failed',
  'assertion_invalid',
  'insecure_url',
  'address_forbidden',
])

/** Whether a refresh failed for what its deployment lacks or forbids. */
export function isOwnFailure(error: unknown): boolean {
  return error instanceof AtproofError && OWN_FAILURES.has(error.code)
}
