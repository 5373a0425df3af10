import { wrongArgument } from '../../errors/wrong-argument.ts'
import { wordOf } from '../assert-options.ts'
import { MAX_CLIENT_METADATA_BYTES } from '../limits.ts'
import type { SigningAlgorithm } from './client-algorithms.ts'
import type { Fail } from './client-key-members.ts'
import type { PublicClientKey } from './client-keys.ts'
import type { ClientFacts, ClientMetadata } from './client-metadata.ts'
import { assertClientMetadata, GRANT_TYPES, type UncheckedMetadata } from './client-rules.ts'
import { redirectKindOf } from './client-urls.ts'
import { freezeMetadata } from './freeze-metadata.ts'
import { loopbackClientId } from './loopback-client.ts'

/** The option of each member of the document, so that an error names what the app wrote. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  client_id: 'clientId',
  client_name: 'clientName',
  client_uri: 'clientUri',
  logo_uri: 'logoUri',
  tos_uri: 'tosUri',
  policy_uri: 'policyUri',
  jwks_uri: 'jwksUri',
  redirect_uris: 'redirectUri',
  grant_types: 'grantTypes',
  application_type: 'applicationType',
  token_endpoint_auth_method: 'keys',
}

const failWithOption: Fail = (field, expected, found) =>
  wrongArgument(OPTION_NAMES[field] ?? field, expected, found)

/**
 * Writes the client metadata document of a client whose keys were read.
 *
 * @param keys whether or not they are served in the document, they say which algorithm the client signs with
 * @throws TypeError that names the fact, what was expected and what came
 */
export function writeClientMetadata(
  facts: Omit<ClientFacts, 'keys'>,
  keys: readonly PublicClientKey[] | undefined,
): ClientMetadata {
  const { clientId, redirectUris, scope, jwksUri } = facts
  if (clientId !== undefined && /^http:\/\/localhost(?![^:/?#])/.test(clientId)) {
    throw wrongArgument('clientId', 'nothing: left out, it is the loopback client', clientId)
  }
  const isPublic = keys === undefined && jwksUri === undefined
  const { clientName, clientUri, logoUri, tosUri, policyUri } = facts
  const metadata: UncheckedMetadata = {
    client_id: clientId ?? loopbackClientId(redirectUris, scope),
    ...(clientName !== undefined && { client_name: clientName }),
    ...(clientUri !== undefined && { client_uri: clientUri }),
    ...(logoUri !== undefined && { logo_uri: logoUri }),
    ...(tosUri !== undefined && { tos_uri: tosUri }),
    ...(policyUri !== undefined && { policy_uri: policyUri }),
    redirect_uris: [...redirectUris],
    scope,
    // In the order in which documents are written.
    grant_types: (facts.grantTypes ?? GRANT_TYPES).toSorted(),
    response_types: ['code'],
    application_type: readApplicationType(facts),
    token_endpoint_auth_method: isPublic ? 'none' : 'private_key_jwt',
    ...(!isPublic && { token_endpoint_auth_signing_alg: signingAlgorithmOf(keys ?? []) }),
    ...(jwksUri === undefined ? keys && { jwks: { keys } } : { jwks_uri: jwksUri }),
    dpop_bound_access_tokens: true,
  }
  assertClientMetadata(metadata, failWithOption)
  if (clientId !== undefined) assertSize(metadata)
  return freezeMetadata(metadata)
}

/**
 * The one algorithm that the metadata can name: ES256, which every server takes, where a key has it, else that of the
 * first key.
 */
function signingAlgorithmOf(keys: readonly PublicClientKey[]): SigningAlgorithm {
  const [first] = keys
  return keys.some(({ alg }) => alg === 'ES256') ? 'ES256' : (first?.alg ?? 'ES256')
}

/**
 * The limit that servers may hold a document to. Only one that is written here: whoever gives `clientMetadata` or loads
 * a document has it served already, with members that are not read here, so that its size is not known.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/
 */
function assertSize(metadata: ClientMetadata): void {
  const { length } = new TextEncoder().encode(JSON.stringify(metadata))
  if (length <= MAX_CLIENT_METADATA_BYTES) return
  const advice = metadata.jwks ? 'serve the keys at a `jwksUri`, or ask for less' : 'ask for less'
  const expected = `a document of ${MAX_CLIENT_METADATA_BYTES} bytes at most: ${advice}`
  throw wrongArgument('clientMetadata', expected, `${length} bytes`)
}

function readApplicationType({
  applicationType,
  redirectUris,
}: Pick<ClientFacts, 'applicationType' | 'redirectUris'>): 'web' | 'native' {
  if (applicationType === 'web' || applicationType === 'native') return applicationType
  if (applicationType !== undefined)
    throw wrongArgument('applicationType', '`web` or `native`', wordOf(applicationType))
  const kinds = redirectUris.map(redirectKindOf)
  return kinds.some((kind) => kind === 'loopback' || kind === 'private-use') ? 'native' : 'web'
}
