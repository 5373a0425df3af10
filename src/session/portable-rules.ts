import { isPrivateJwk } from '../dpop/stored-key.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import type { OptionRule } from '../flow/assert-options.ts'
import { SHORTEST_SECRET } from '../syntax/conceal.ts'
import { grantsAtproto, hasTokenForm } from '../flow/token-response.ts'

// What a session from elsewhere may hold. Its texts go into headers, forms and storage keys, and have bounds for that.

const LONGEST_TOKEN = 16_384
const LONGEST_SCOPE = 16_384
const LONGEST_DID = 2048

/** What stands between the tokens of a scope (RFC 6749 §3.3) is a blank; else it is made of what a token is made of. */
const SCOPE_TEXT = /^[\x20-\x7e]+$/

export const TOKEN: OptionRule = ['a token', isToken]
export const TOKEN_OR_NONE: OptionRule = ['a token, or nothing', (value) => value === undefined || isToken(value)]
export const TIME_OR_NONE: OptionRule = [
  'a time in ms since the epoch, or nothing',
  (value) => value === undefined || isTime(value),
]
export const SCOPE: OptionRule = [
  'a scope with `atproto`',
  (value) => isShort(value, LONGEST_SCOPE) && SCOPE_TEXT.test(value) && grantsAtproto(value),
]
export const PRIVATE_KEY: OptionRule = ['a private key for ES256 or ES256K, as a JWK', isPrivateJwk]
export const DID: OptionRule = [
  'a DID such as did:plc:…',
  (value) => isShort(value, LONGEST_DID) && /^did:[a-z]+:[\w.:%-]+$/.test(value),
]

/**
 * Refuses a secret in a place that is not for one, where an error or an app could show it.
 *
 * @throws TypeError
 */
export function assertApart(shown: object, secrets: readonly (string | undefined)[]): void {
  const text = JSON.stringify(shown)
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET)
  const isMixed = long.some((secret) => text.includes(JSON.stringify(secret).slice(1, -1)))
  if (isMixed) throw wrongArgument('data', 'each secret in its own place', 'one elsewhere')
}

/** Whether this is a text of a length that such a field has. */
export function isShort(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest
}

/** Whether this can be a time. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15
}

function isToken(value: unknown): boolean {
  return isShort(value, LONGEST_TOKEN) && hasTokenForm(value)
}
