/** A token response, as far as its form is right. What it must say is checked by who asked. */
export interface TokenResponse {
  readonly accessToken: string
  /** `dpop` in lower case where all is well (RFC 9449 §5: the type is not case-sensitive). */
  readonly tokenType: string
  readonly refreshToken: string | undefined
  readonly scope: string
  readonly sub: string
  /** Lifetime in ms, where the server says one. */
  readonly lifetimeMs: number | undefined
}

/** Beyond a century a lifetime says nothing, and may be no number that a storage can hold. */
const MAX_LIFETIME_SECONDS = 100 * 365 * 24 * 3600

/**
 * Reads a token response. Undefined where it holds no access token: then nothing was received.
 *
 * @see RFC 6749 §5.1
 */
export function readTokenResponse(body: Readonly<Record<string, unknown>> | undefined): TokenResponse | undefined {
  const accessToken = text(body?.['access_token'])
  if (!body || !accessToken) return undefined
  const expiresIn: unknown = body['expires_in']
  const isLifetime = typeof expiresIn === 'number' && expiresIn >= 0 && expiresIn <= MAX_LIFETIME_SECONDS
  return {
    accessToken,
    tokenType: text(body['token_type']).toLowerCase(),
    refreshToken: text(body['refresh_token']) || undefined,
    scope: text(body['scope']),
    sub: text(body['sub']),
    lifetimeMs: isLifetime ? expiresIn * 1000 : undefined,
  }
}

/**
 * Whether a text can stand in a header as a token. A runtime that refuses a header repeats it in its
 * error, so that it is not even tried with another.
 */
export function hasTokenForm(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token)
}

/** Whether a granted scope holds the token `atproto`, without which it is none of this protocol. */
export function grantsAtproto(scope: string): boolean {
  return scope.split(' ').includes('atproto')
}

/** A part of a response as an error may show it: a confused server can put a token anywhere. */
export function withoutTokens(
  part: string,
  { accessToken, refreshToken }: Pick<TokenResponse, 'accessToken' | 'refreshToken'>,
): string {
  const tokens = [accessToken, refreshToken].filter((token) => token !== undefined)
  const shown = part.toLowerCase()
  return tokens.some((token) => shown.includes(token.toLowerCase())) ? 'a token' : part
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
