import { wrongArgument } from '../../errors/wrong-argument.ts'
import { isJsonObject } from '../../syntax/shape.ts'
import { assertOption, assertOptions, KEYS, type OptionRule, TEXT, TEXTS } from '../assert-options.ts'
import type { SigningAlgorithm } from './client-algorithms.ts'
import { parseClientKey, parsePublicKeys, type PublicClientKey } from './client-keys.ts'
import { writeClientMetadata } from './write-client-metadata.ts'

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
  return writeClientMetadata(facts, facts.keys && readKeys(facts.keys))
}

function readKeys(keys: readonly object[]): readonly PublicClientKey[] {
  if (keys.length === 0) throw wrongArgument('keys', 'at least one key, or no `keys` for a public client', keys)
  const halves = keys.map((key, at) =>
    isJsonObject(key) && 'd' in key ? parseClientKey(key, `keys[${at}]`).publicHalf : key,
  )
  return parsePublicKeys('keys', halves, wrongArgument)
}
