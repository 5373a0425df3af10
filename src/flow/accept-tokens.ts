import { AuthorizationError } from '../errors/authorization-error.ts'
import { isAtprotoDid } from '../syntax/account-did.ts'
import type { Did } from '../syntax/did.ts'
import { giveBackTokens } from './request-revocation.ts'
import type { SignInTokens } from './signed-in.ts'
import type { FormAnswer, ServerClient } from './signed-form.ts'
import {
  grantsAtproto,
  hasTokenForm,
  readTokenResponse,
  type TokenResponse,
  withoutTokens,
} from './token-response.ts'

/** What tokens must be, to be of use to whoever asked. */
export interface TokenWish {
  readonly url: string
  readonly revocationEndpoint: string | undefined
  /** When the request was sent, in ms since the epoch. */
  readonly requestedAt: number
  /** Whose they must be, where that is known already. */
  readonly did?: Did | undefined
  /** RFC 6749 §5.1: a scope may be left out where it has not changed. */
  readonly mayOmitScope?: boolean
  /** The app's own state, for errors. */
  readonly state?: string | undefined
}

/**
 * Takes the tokens of an answer, where they are what was asked for. Those that are not are given back.
 *
 * @throws AuthorizationError `token_response_invalid`, `scope_missing`, `wrong_account`
 * @see RFC 6749 §5.1, RFC 9449 §5
 */
export async function acceptTokens(
  client: ServerClient,
  { body }: FormAnswer,
  wish: TokenWish,
): Promise<SignInTokens> {
  const { revocationEndpoint, requestedAt } = wish
  const tokens = readTokenResponse(body)
  if (!tokens) {
    const orphan: unknown = body?.['refresh_token']
    if (typeof orphan === 'string') await giveBackTokens(client, revocationEndpoint, { refreshToken: orphan })
    throw flaw('token_response_invalid', wish, 'access_token', 'a token', undefined)
  }
  try {
    return { ...tokens, sub: ownerOf(tokens, wish), requestedAt }
  } catch (error) {
    await giveBackTokens(client, revocationEndpoint, tokens)
    throw error
  }
}

function ownerOf(tokens: TokenResponse, wish: TokenWish): Did {
  const { accessToken, tokenType, scope, sub } = tokens
  const shown = (part: string) => withoutTokens(part, tokens)
  if (!hasTokenForm(accessToken)) {
    throw flaw('token_response_invalid', wish, 'access_token', 'printable ASCII', 'a token')
  }
  if (tokenType !== 'dpop') throw flaw('token_response_invalid', wish, 'token_type', 'DPoP', shown(tokenType))
  if (!grantsAtproto(scope) && !(wish.mayOmitScope && scope === '')) {
    throw flaw('scope_missing', wish, 'scope', 'atproto', shown(scope))
  }
  if (!isAtprotoDid(sub)) throw flaw('token_response_invalid', wish, 'sub', 'a DID', shown(sub))
  if (wish.did !== undefined && wish.did !== sub) throw flaw('wrong_account', wish, 'sub', wish.did, sub)
  return sub
}

function flaw(
  code: 'token_response_invalid' | 'scope_missing' | 'wrong_account',
  { url, state }: TokenWish,
  field: string,
  expected: string,
  found: string | undefined,
): AuthorizationError {
  return new AuthorizationError(code, { url, field, expected, found, state })
}
