import { wrongArgument } from '../../errors/wrong-argument.ts'
import { isJsonObject } from '../../syntax/shape.ts'
import { optional, type OptionRule, TEXT, TEXTS, wordOf } from '../assert-options.ts'
import { isSigningAlgorithm, SIGNING_ALGORITHMS } from './client-algorithms.ts'
import type { Fail } from './client-key-members.ts'
import { parsePublicKeys } from './client-keys.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { freezeMetadata } from './freeze-metadata.ts'
import { assertClientMetadata, type UncheckedMetadata } from './client-rules.ts'

const KEY_SET: OptionRule = [
  'an object with a list of `keys`',
  (value) => isJsonObject(value) && Array.isArray(value['keys']),
]

/** What each member must be. Those that are texts or lists of them are read further by the rules of all clients. */
const MEMBERS: { readonly [Name in keyof ClientMetadata]-?: OptionRule } = {
  client_id: TEXT,
  client_name: optional(TEXT),
  client_uri: optional(TEXT),
  logo_uri: optional(TEXT),
  tos_uri: optional(TEXT),
  policy_uri: optional(TEXT),
  redirect_uris: TEXTS,
  scope: TEXT,
  grant_types: TEXTS,
  response_types: TEXTS,
  application_type: oneOf('web', 'native'),
  token_endpoint_auth_method: oneOf('none', 'private_key_jwt'),
  token_endpoint_auth_signing_alg: optional([`one of ${SIGNING_ALGORITHMS.join(', ')}`, isSigningAlgorithm]),
  jwks: optional(KEY_SET),
  jwks_uri: optional(TEXT),
  dpop_bound_access_tokens: oneOf(true),
}

function oneOf(...values: readonly unknown[]): OptionRule {
  return [values.map((value) => `\`${value}\``).join(' or '), (value) => values.includes(value)]
}

/** Makes the error for a member of the metadata that an app gave. */
export const failWithMember: Fail = (field, expected, found) =>
  wrongArgument(`clientMetadata.${field}`, expected, found)

/**
 * Reads complete client metadata that an app gives: as `createClientMetadata` builds it, or `OAuthClient.load` reads it.
 *
 * @throws TypeError that names the member
 */
export function readGivenMetadata(given: ClientMetadata): ClientMetadata {
  const values = new Map<string, unknown>(Object.entries(given))
  for (const [member, [expected, isRight]] of Object.entries(MEMBERS)) {
    const value = values.get(member)
    if (!isRight(value)) throw failWithMember(member, expected, wordOf(value))
  }
  const unknown = [...values.keys()].find((member) => !Object.hasOwn(MEMBERS, member))
  if (unknown !== undefined) {
    throw wrongArgument('clientMetadata', `only ${Object.keys(MEMBERS).join(', ')}`, wordOf(unknown))
  }
  const { redirect_uris, grant_types, response_types, jwks } = given
  const keys = jwks && parsePublicKeys('jwks.keys', jwks.keys, failWithMember)
  const metadata: UncheckedMetadata = {
    ...given,
    redirect_uris: [...redirect_uris],
    grant_types: [...grant_types],
    response_types: [...response_types],
    ...(keys && { jwks: { keys } }),
  }
  assertClientMetadata(metadata, failWithMember)
  return freezeMetadata(metadata)
}
