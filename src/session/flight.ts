import type { Deployment } from './deployment.ts'

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
  readonly deployment: Deployment
  readonly wish: RefreshWish
  readonly landed: Promise<RefreshOutcome>
  /** When it began, by the monotonic clock. */
  readonly since: number
  /** The attempt that it has written into the record. */
  attemptId: string | undefined
}

/** Whether a refresh that is already on its way gives what another one is wished for. */
export function fulfils(flight: Flight, deployment: Deployment, wish: RefreshWish): boolean {
  const { wish: own } = flight
  return flight.deployment === deployment && (own.isForced || !wish.isForced) && (own.isRefused || !wish.isRefused)
}
