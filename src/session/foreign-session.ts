import { isPrivateJwk, type PrivateJwk } from '../dpop/stored-key.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { type OptionRule, TEXT, wrongKind } from '../flow/assert-options.ts'
import type { Did } from '../syntax/did.ts'
import { hashText } from '../syntax/base64url.ts'
import { assertFields, type FieldRules } from './assert-fields.ts'
import { assertApart, DID, isShort, isTime, PRIVATE_KEY, SCOPE, TOKEN, TOKEN_OR_NONE } from './portable-rules.ts'
import { createSessionId } from './record.ts'

/** A session as `@atproto/oauth-client-node` stores it. */
export interface AtprotoStoredSession {
  readonly dpopJwk: object
  readonly authMethod: StoredAuthMethod
  /** `expires_at` is an ISO date. */
  readonly tokenSet: StoredTokenSet & { readonly expires_at?: string | undefined }
}

/** A session as `@atcute/oauth-node-client` stores it. */
export interface AtcuteStoredSession {
  readonly dpopKey: object
  readonly authMethod: StoredAuthMethod
  /** `expires_at` is a time in ms since the epoch. */
  readonly tokenSet: StoredTokenSet & { readonly expires_at?: number | undefined }
}

type StoredAuthMethod = { readonly method: string; readonly kid?: string | undefined }

type StoredTokenSet = {
  readonly iss: string
  readonly sub: string
  readonly scope: string
  readonly access_token: string
  readonly refresh_token?: string | undefined
  readonly token_type: string
}

/** A session of another library, in our words. */
export interface ForeignSession {
  /** Always the same for the same session, so that nobody can import it twice. */
  readonly sessionId: string
  readonly did: Did
  readonly issuer: string
  readonly scope: string
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly expiresAt: number | undefined
  readonly dpopKey: PrivateJwk
  /** The client key that it is bound to; undefined for a public client. */
  readonly kid: string | undefined
}

type TokenSet = Omit<StoredTokenSet, 'sub'> & {
  readonly sub: Did
  readonly expires_at?: string | number | undefined
}

const LONGEST_ISSUER = 2048
const LONGEST_KID = 256

const METHODS: OptionRule = ['none or private_key_jwt', (value) => value === 'none' || value === 'private_key_jwt']
const KID: OptionRule = ['the name of a client key', (value) => isShort(value, LONGEST_KID)]

/**
 * Reads a stored session of another library, which its members tell apart.
 *
 * @throws TypeError that says what was expected, and shows nothing of what came
 */
export async function parseForeign(data: Readonly<Record<string, unknown>>): Promise<ForeignSession> {
  const isAtproto = data['dpopJwk'] !== undefined
  const isStored = data['tokenSet'] !== undefined && (isAtproto || data['dpopKey'] !== undefined)
  if (!isStored) {
    throw wrongArgument(
      'data',
      'what `exportSession` gave, or a stored session of @atproto/oauth-client-node or @atcute/oauth-node-client',
      data,
    )
  }
  const { authMethod, tokenSet } = data
  const jwk = isAtproto ? data['dpopJwk'] : data['dpopKey']
  if (!isPrivateJwk(jwk)) throw wrongKind(`data.${isAtproto ? 'dpopJwk' : 'dpopKey'}`, PRIVATE_KEY[0], jwk)
  assertFields<{ method: string }>('data.authMethod', authMethod, { method: METHODS })
  assertFields<TokenSet>('data.tokenSet', tokenSet, tokenRules(isAtproto ? ISO_DATE : TIME))
  const { sub: did, iss: issuer, scope, access_token: accessToken, refresh_token: refreshToken } = tokenSet
  const { kty, crv, x, y, d } = jwk
  const { expires_at: end } = tokenSet
  const kid = kidOf(authMethod)
  assertApart([did, issuer, scope, kid], [accessToken, refreshToken, d])
  return {
    // Made of the private half: whoever knows the public one, as servers do, cannot tell the id.
    sessionId: createSessionId(did, await hashText(`the session of ${d}`)),
    did,
    issuer,
    scope,
    accessToken,
    refreshToken,
    expiresAt: typeof end === 'string' ? Date.parse(end) : end,
    dpopKey: { kty, crv, x, y, d },
    kid,
  }
}

function kidOf(authMethod: { readonly method: string }): string | undefined {
  if (authMethod.method === 'none') return undefined
  const named: { readonly method: string; readonly kid?: unknown } = authMethod
  assertFields<{ kid: string }>('data.authMethod', named, { kid: KID })
  return named.kid
}

const ISO_DATE: OptionRule = [
  'an ISO date, or nothing',
  (value) => value === undefined || (typeof value === 'string' && value.length < 64 && isTime(Date.parse(value))),
]
const TIME: OptionRule = [
  'a time in ms since the epoch, or nothing',
  (value) => value === undefined || isTime(value),
]

function tokenRules(end: OptionRule): FieldRules<TokenSet> {
  return {
    iss: ['an issuer', (value) => isShort(value, LONGEST_ISSUER)],
    sub: DID,
    scope: SCOPE,
    access_token: TOKEN,
    refresh_token: TOKEN_OR_NONE,
    token_type: ['DPoP', (value) => TEXT[1](value) && String(value).toLowerCase() === 'dpop'],
    expires_at: end,
  }
}
