import type { TokenResponse } from '../flow/token-response.ts'
import { EARLY_MS, LONG_LIFETIME_MS } from './call-limits.ts'
import type { Tokens } from './record.ts'

/** The tokens of a response. Their lifetime counts from the sending of the request, when it cannot yet have begun. */
export function tokensOf({ accessToken, refreshToken, lifetimeMs }: TokenResponse, requestedAt: number): Tokens {
  const expiresAt = lifetimeMs === undefined ? undefined : requestedAt + lifetimeMs
  return { accessToken, refreshToken, lifetimeMs, expiresAt }
}

/** Whether an access token is over, as far as its lifetime is known. */
export function isExpired({ expiresAt }: Tokens, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

/** Row R3: whether an access token is near its end: 6 minutes, or the last tenth of a life under 20 minutes. */
export function isNearItsEnd({ expiresAt, lifetimeMs = 0 }: Tokens, now: number): boolean {
  if (expiresAt === undefined) return false
  const early = lifetimeMs >= LONG_LIFETIME_MS ? EARLY_MS : lifetimeMs / 10
  return expiresAt - now <= early
}
