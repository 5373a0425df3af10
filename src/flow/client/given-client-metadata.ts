import { wrongArgument } from '../../errors.ts'
import { isJsonObject, isText, oneOf, optional, type Shape } from '../../syntax/shape.ts'
import { isSigningAlgorithm } from './client-algorithms.ts'
import type { Fail } from './client-key-members.ts'
import { parsePublicKeys } from './client-keys.ts'
import { type ClientMetadata, freeze } from './client-metadata.ts'
import { assertClientMetadata } from './client-rules.ts'

const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)

const SHAPE: Shape<ClientMetadata> = {
  client_id: isText,
  client_name: optional(isText),
  client_uri: optional(isText),
  logo_uri: optional(isText),
  tos_uri: optional(isText),
  policy_uri: optional(isText),
  redirect_uris: isTexts,
  scope: isText,
  grant_types: isTexts,
  response_types: isTexts,
  application_type: oneOf('web', 'native'),
  token_endpoint_auth_method: oneOf('none', 'private_key_jwt'),
  token_endpoint_auth_signing_alg: optional(isSigningAlgorithm),
  jwks: optional((jwks) => isJsonObject(jwks) && Array.isArray(jwks['keys'])),
  jwks_uri: optional(isText),
  dpop_bound_access_tokens: oneOf(true),
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
  for (const [member, isRight] of Object.entries(SHAPE)) {
    const value = values.get(member)
    if (!isRight(value)) throw failWithMember(member, 'what client metadata has there', value)
  }
  const unknown = [...values.keys()].find((member) => !Object.hasOwn(SHAPE, member))
  if (unknown !== undefined) throw failWithMember(unknown, 'nothing: it is not known here', values.get(unknown))
  const { redirect_uris, grant_types, jwks } = given
  const keys = jwks && parsePublicKeys('jwks.keys', jwks.keys, failWithMember)
  const metadata: ClientMetadata = {
    ...given,
    redirect_uris: [...redirect_uris],
    grant_types: [...grant_types],
    response_types: ['code'],
    ...(keys && { jwks: { keys } }),
  }
  assertClientMetadata(metadata, failWithMember)
  return freeze(metadata)
}
