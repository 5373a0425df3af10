import { decodeBase64url } from '../syntax/base64url.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { SECOND } from '../http/clock.ts'
import type { Tokens } from './record.ts'

/** What a server answers to a password, and to a refresh token of one, as far as it matters here. */
export interface PasswordTokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly did: string
}

/** What a server's token says of itself. Nobody but that server can verify it, and nothing here is trusted for that. */
export interface TokenClaims {
  /** How long it lives in all, in ms. */
  readonly lifetimeMs: number | undefined
  /** When it ends, in ms since the epoch, by the server's clock. */
  readonly endsAt: number | undefined
  readonly scope: string
}

/** Beyond a century a lifetime says nothing, and may be no number that a storage can hold. */
const MAX_LIFETIME_MS = 100 * 365 * 24 * 3600 * SECOND

/** Reads the answer. Undefined where a token or the account is missing: then nothing was received. */
export function readPasswordTokens(
  body: Readonly<Record<string, unknown>> | undefined,
): PasswordTokens | undefined {
  const [accessToken, refreshToken, did] = [body?.['accessJwt'], body?.['refreshJwt'], body?.['did']]
  if (!isFilled(accessToken) || !isFilled(refreshToken) || !isFilled(did)) return undefined
  return { accessToken, refreshToken, did }
}

/** The tokens as they are kept. Their lifetime counts from the sending of the request: a server's clock may be off. */
export function keptTokens({ accessToken, refreshToken }: PasswordTokens, requestedAt: number): Tokens {
  const { lifetimeMs } = readClaims(accessToken)
  const expiresAt = lifetimeMs === undefined ? undefined : requestedAt + lifetimeMs
  return { accessToken, refreshToken, lifetimeMs, expiresAt }
}

/** Reads the claims of a token that is a JWT, as those of every server so far are. Of any other nothing is known. */
export function readClaims(token: string): TokenClaims {
  const { iat, exp, scope } = claimsOf(token)
  const [from, to] = [secondsOf(iat), secondsOf(exp)]
  const lifetimeMs = from === undefined || to === undefined ? undefined : to - from
  const isLifetime = lifetimeMs !== undefined && lifetimeMs >= 0 && lifetimeMs <= MAX_LIFETIME_MS
  return {
    lifetimeMs: isLifetime ? lifetimeMs : undefined,
    endsAt: to,
    scope: typeof scope === 'string' ? scope : '',
  }
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.')
  try {
    const claims: unknown = JSON.parse(new TextDecoder().decode(decodeBase64url(payload)))
    return isJsonObject(claims) ? claims : {}
  } catch {
    // No JWT: a server may hand out what it likes.
    return {}
  }
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value * SECOND : undefined
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
