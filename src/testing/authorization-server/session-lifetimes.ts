import { invalidGrant } from '../oauth-error.ts'
import type { Client } from './clients.ts'

const DAY_MS = 86_400_000
/** How long a session, and a refresh token in it, lives, by how its client proves itself: two years and three months. */
const LIFETIMES = {
  none: { session: 14 * DAY_MS, refresh: 14 * DAY_MS },
  private_key_jwt: { session: 730.5 * DAY_MS, refresh: 91.3125 * DAY_MS },
}
/** An access token that would end within this is not worth issuing. */
const MIN_LIFETIME_MS = 250

/** The dates of a session, in ms since the epoch. */
export interface SessionDates {
  readonly createdAt: number
  readonly refreshedAt: number
}

/** Refuses to refresh a session that is over, or that nobody has refreshed for too long. */
export function checkAge({ createdAt, refreshedAt }: SessionDates, { authMethod }: Client, now: number): void {
  const { session, refresh } = LIFETIMES[authMethod]
  if (now - createdAt > session) throw invalidGrant('Session expired')
  if (now - refreshedAt > refresh) throw invalidGrant('Refresh token expired')
}

/** When an access token that is issued now ends: no later than its session. */
export function findExpiry(
  { createdAt }: SessionDates,
  { authMethod }: Client,
  { now, lifetimeMs }: { readonly now: number; readonly lifetimeMs: number },
): number {
  const expiresAt = Math.min(now + lifetimeMs, createdAt + LIFETIMES[authMethod].session)
  if (expiresAt - now <= MIN_LIFETIME_MS) throw invalidGrant('Session expired')
  return expiresAt
}
