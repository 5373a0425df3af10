import { systemClock } from '../../http/clock.ts'
import { randomText, systemRandom } from '../../http/random.ts'
import { calculateThumbprint } from '../../dpop/thumbprint.ts'
import { assertOption, NUMBER, OBJECT, optional, type OptionRule, TEXT } from '../assert-options.ts'
import { importClientKey } from './client-key-import.ts'
import { type ClientKey, parseClientKey } from './client-keys.ts'
import type { PlatformKey } from '../../syntax/platform.ts'

/** What an assertion says. */
export interface AssertionClaims {
  /** The client that shows who it is. */
  readonly clientId: string
  /** The issuer of the authorization server, not its token endpoint. */
  readonly audience: string
  /** The thumbprint of a DPoP key: only a request proved with that key may carry the assertion. */
  readonly dpopJkt?: string | undefined
  /** The `jti`: no server takes it twice. */
  readonly id: string
  /** The time in ms since the epoch. */
  readonly now: number
}

/** Options of {@link createClientAssertion}. */
export interface ClientAssertionOptions extends Pick<AssertionClaims, 'clientId' | 'audience'> {
  /**
   * The thumbprint of the session's DPoP key, to be put into the assertion as `cnf.jkt`. Servers that do not know it
   * leave it unread.
   *
   * @see https://github.com/bluesky-social/proposals/tree/main/0010-client-assertion-backend
   */
  readonly dpopJkt?: string | undefined
  /** The `jti`. @default an unguessable text */
  readonly id?: string | undefined
  /** The time in ms since the epoch. @default the machine's */
  readonly now?: number | undefined
}

/** What each of them must be. Others are not looked at: what a signer is asked for has more. */
const OPTIONS: { readonly [Name in keyof ClientAssertionOptions]-?: OptionRule } = {
  clientId: TEXT,
  audience: TEXT,
  dpopJkt: optional(TEXT),
  id: optional(TEXT),
  now: optional(NUMBER),
}

/** An assertion with the key that signed it: what `signAssertion` resolves with. */
export interface SignedAssertion {
  /** The JWT. */
  readonly assertion: string
  /** The key's `kid`, as the client's metadata has it. */
  readonly kid: string
  /** The algorithm, as JWS names it. */
  readonly alg: string
  /** The thumbprint of the key (RFC 7638), as base64url. */
  readonly jkt: string
}

/** The assertion says it is this old: a server has no tolerance for one from the future. */
const BACKDATED_S = 10
const LIFETIME_S = 60

/**
 * Signs what shows that a request comes from a confidential client: good for one request, within a minute.
 *
 * @example
 * // The backend of an app whose devices have no client key:
 * const answer = await createClientAssertion(privateJwk, { clientId, audience, dpopJkt })
 * @param key a private JWK with a `kid`
 * @throws TypeError for a key that is none, naming the member and never showing it, and for options of the wrong kind
 * @throws AuthorizationError `client_key_unusable`
 * @see RFC 7523 §3
 */
export async function createClientAssertion(
  key: object,
  options: ClientAssertionOptions,
): Promise<SignedAssertion> {
  assertOption('options', options, OBJECT)
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const [name, rule] of Object.entries(OPTIONS)) assertOption(name, given[name], rule)
  const { id = randomText(systemRandom), now = systemClock.now() } = options
  const parsed = parseClientKey(key, 'key')
  const assertion = await signAssertionWith(await importClientKey(parsed), parsed, { ...options, id, now })
  return { assertion, kid: parsed.kid, alg: parsed.alg, jkt: await calculateThumbprint(parsed.publicHalf) }
}

/** Signs an assertion with a key that was imported. */
export async function signAssertionWith(
  privateKey: PlatformKey,
  { kid, alg }: Pick<ClientKey, 'kid' | 'alg'>,
  { clientId, audience, dpopJkt, id, now }: AssertionClaims,
): Promise<string> {
  const { SignJWT } = await import('jose')
  const issuedAt = Math.floor(now / 1000) - BACKDATED_S
  return new SignJWT(dpopJkt === undefined ? {} : { cnf: { jkt: dpopJkt } })
    .setProtectedHeader({ alg, kid })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_S)
    .sign(privateKey)
}
