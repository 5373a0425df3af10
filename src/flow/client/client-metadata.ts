import { wrongArgument } from '../../errors.ts'
import { isJsonObject } from '../../syntax/shape.ts'
import { assertOption, assertOptions, KEYS, type OptionRule, TEXT, TEXTS, wordOf } from '../assert-options.ts'
import { MAX_CLIENT_METADATA_BYTES } from '../limits.ts'
import type { SigningAlgorithm } from './client-algorithms.ts'
import { parseClientKey, parsePublicKeys, type PublicClientKey } from './client-keys.ts'
import type { Fail } from './client-key-members.ts'
import { assertClientMetadata, GRANT_TYPES, type UncheckedMetadata } from './client-rules.ts'
import { loopbackClientId } from './loopback-client.ts'
import { isLoopbackUri, redirectKindOf, withoutPort } from './client-urls.ts'

/** What a client may ask tokens by. Without `refresh_token` a session ends with its access token. */
export type GrantType = 'authorization_code' | 'refresh_token'

/** A client as its authorization servers know it: JSON that can be served as it is. */
export interface ClientMetadata {
  readonly client_id: string
  readonly client_name?: string
  readonly client_uri?: string
  readonly logo_uri?: string
  readonly tos_uri?: string
  readonly policy_uri?: string
  readonly redirect_uris: readonly string[]
  readonly scope: string
  readonly grant_types: readonly GrantType[]
  readonly response_types: readonly ['code']
  readonly application_type: 'web' | 'native'
  readonly token_endpoint_auth_method: 'none' | 'private_key_jwt'
  readonly token_endpoint_auth_signing_alg?: SigningAlgorithm
  readonly jwks?: { readonly keys: readonly PublicClientKey[] }
  readonly jwks_uri?: string
  readonly dpop_bound_access_tokens: true
}

/** What an app says of itself. */
export interface ClientFacts {
  /** The https URL that the metadata is served at. Left out: the loopback client, for development. */
  readonly clientId?: string | undefined
  /** Where the consent page may return to. */
  readonly redirectUris: readonly string[]
  /** All that the client may ever ask for, `atproto` among it. */
  readonly scope: string
  /**
   * The JWKs of a confidential client: of a private one only the public half is served. Left out, with `jwksUri` too: a
   * public client.
   */
  readonly keys?: readonly object[] | undefined
  /** Where the keys are served, in place of the document itself. */
  readonly jwksUri?: string | undefined
  /** @default 'native' where a redirect URI is a loopback address or has a scheme of its own, else 'web' */
  readonly applicationType?: 'web' | 'native' | undefined
  /** @default ['authorization_code', 'refresh_token'] */
  readonly grantTypes?: readonly GrantType[] | undefined
  /** What the consent page calls the client. */
  readonly clientName?: string | undefined
  /** The client's own page: on the origin of its id, at a path above it. */
  readonly clientUri?: string | undefined
  readonly logoUri?: string | undefined
  readonly tosUri?: string | undefined
  readonly policyUri?: string | undefined
}

/** What each of the facts must be. */
const FACTS: { readonly [Name in keyof ClientFacts]-?: OptionRule } = {
  clientId: TEXT,
  redirectUris: TEXTS,
  scope: TEXT,
  keys: KEYS,
  jwksUri: TEXT,
  applicationType: TEXT,
  grantTypes: TEXTS,
  clientName: TEXT,
  clientUri: TEXT,
  logoUri: TEXT,
  tosUri: TEXT,
  policyUri: TEXT,
}

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
 * Builds the client metadata document: what is to be served at the `client_id`, or what a loopback client id implies.
 * It is checked as a server would check it, says only what the facts say, and is frozen.
 *
 * @example
 * const metadata = createClientMetadata({
 *   clientId: 'https://app.example.com/oauth-client-metadata.json',
 *   redirectUris: ['https://app.example.com/callback'],
 *   scope: 'atproto transition:generic',
 * })
 * @throws TypeError that names the field, what was expected and what came
 * @see https://atproto.com/specs/oauth#client-id-metadata-document
 */
export function createClientMetadata(facts: ClientFacts): ClientMetadata {
  assertOptions('facts', facts, FACTS)
  for (const name of ['redirectUris', 'scope'] as const) assertOption(name, facts[name], FACTS[name])
  const { clientId, redirectUris, scope, jwksUri } = facts
  if (clientId !== undefined && /^http:\/\/localhost(?![^:/?#])/.test(clientId)) {
    throw wrongArgument('clientId', 'nothing: left out, it is the loopback client', clientId)
  }
  // Whether or not they are served in the document, they say which algorithm the client signs with.
  const keys = facts.keys && readKeys(facts.keys)
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
 * Whether a redirect URI is one of the client's. The port of a loopback one is free where none was declared.
 *
 * @see RFC 8252 §7.3
 */
export function ownsRedirectUri(metadata: ClientMetadata, uri: string): boolean {
  return metadata.redirect_uris.some((own) => own === uri || (isLoopbackUri(own) && own === withoutPort(uri)))
}

/** Makes metadata that nobody can change, so that what is served stays what was checked. */
export function freezeMetadata(metadata: ClientMetadata): ClientMetadata {
  for (const value of Object.values(metadata)) if (typeof value === 'object') Object.freeze(value)
  for (const key of metadata.jwks?.keys ?? []) Object.freeze(key)
  Object.freeze(metadata.jwks?.keys)
  return Object.freeze(metadata)
}

function readKeys(keys: readonly object[]): readonly PublicClientKey[] {
  if (keys.length === 0) throw wrongArgument('keys', 'at least one key, or no `keys` for a public client', keys)
  const halves = keys.map((key, at) =>
    isJsonObject(key) && 'd' in key ? parseClientKey(key, `keys[${at}]`).publicHalf : key,
  )
  return parsePublicKeys('keys', halves, wrongArgument)
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

function readApplicationType({ applicationType, redirectUris }: ClientFacts): 'web' | 'native' {
  if (applicationType === 'web' || applicationType === 'native') return applicationType
  if (applicationType !== undefined)
    throw wrongArgument('applicationType', '`web` or `native`', wordOf(applicationType))
  const kinds = redirectUris.map(redirectKindOf)
  return kinds.some((kind) => kind === 'loopback' || kind === 'private-use') ? 'native' : 'web'
}
