import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { Clock } from '../../http/clock.ts'
import { wrongKind } from '../assert-options.ts'
import { type ClientAuthentication, openLater, publicClient } from './client-authentication.ts'
import { isDocumentOption } from './client-option-rules.ts'
import { type ClientKey, parseClientKeys, parsePublicKeys, type PublicClientKey } from './client-keys.ts'
import { type ClientMetadata, createClientMetadata, type GrantType } from './client-metadata.ts'
import { assertServed } from './client-served-keys.ts'
import { clientWithSigner, type SignAssertion } from './client-with-signer.ts'
import { failWithMember, readGivenMetadata } from './given-client-metadata.ts'

/**
 * Who a client is. Without `clientId` it is the loopback client, for development; with one it is public, and with `keys`
 * or `signAssertion` beside it confidential.
 */
export interface ClientOptions {
  /** The https URL of the client metadata document. Left out: the loopback client, for development. */
  readonly clientId?: string | undefined
  /** Where the consent page returns to. One of `redirectUri` and `redirectUris` is required. */
  readonly redirectUri?: string | undefined
  readonly redirectUris?: readonly string[] | undefined
  /**
   * `native` for an app on a device whose redirect URIs are all https: on the origin of its client id.
   *
   * @default 'native' where a redirect URI is a loopback address or has a scheme of its own (`com.example.app:/callback`
   *   for an app at app.example.com), else 'web'
   */
  readonly applicationType?: 'web' | 'native' | undefined
  /**
   * Without `refresh_token` a session ends with its access token.
   *
   * @default ['authorization_code', 'refresh_token']
   */
  readonly grantTypes?: readonly GrantType[] | undefined
  /** What the consent page calls the client. */
  readonly clientName?: string | undefined
  /** The client's own page, on the origin of its id, at a path above it. */
  readonly clientUri?: string | undefined
  /** A picture, the terms of service and the privacy policy, for the consent page. */
  readonly logoUri?: string | undefined
  readonly tosUri?: string | undefined
  readonly policyUri?: string | undefined
  /**
   * Private JWKs with a `kid` each: a confidential client. New sessions are bound to the first one that is active and
   * whose algorithm the server verifies; a session keeps its own as long as it lives, so take an old one out only once no
   * session needs it. `nbf` and `exp`, in seconds, say from when until when a key is chosen. The metadata can name one
   * algorithm: ES256 where a key has it, else the first key's; keys of that one come first.
   */
  readonly keys?: readonly object[] | undefined
  /** Signs assertions elsewhere, instead of `keys`. `jwks` or `jwksUri` says which public keys belong to it. */
  readonly signAssertion?: SignAssertion | undefined
  /** The public JWKs of `signAssertion`, for the metadata. It must sign with one of them. */
  readonly jwks?: { readonly keys: readonly object[] } | undefined
  /** Where the public keys are served (serve `oauth.jwks` there), in place of the metadata itself. */
  readonly jwksUri?: string | undefined
  /**
   * Complete client metadata, in place of all of the above but `keys` and `signAssertion`. `OAuthClient.load` reads it
   * from where it is served.
   */
  readonly clientMetadata?: ClientMetadata | undefined
}

/** The first of an app's options that a client metadata document answers. */
export function findDocumentOption(options: object): string | undefined {
  return Object.entries(options).find(([name, value]) => isDocumentOption(name) && value !== undefined)?.[0]
}

/** A client as its options tell it. */
export interface ToldClient {
  readonly metadata: ClientMetadata
  readonly authentication: ClientAuthentication
  /** The public keys, wherever they are served. */
  readonly jwks: { readonly keys: readonly PublicClientKey[] }
}

/**
 * Tells from its options who a client is. Does no I/O.
 *
 * @param scope all that it may ever ask for
 * @throws TypeError that names the option
 */
export function tellClient(options: ClientOptions, scope: string, clock: Clock): ToldClient {
  const { signAssertion } = options
  if (options.keys && signAssertion) throw wrongArgument('signAssertion', 'either this or `keys`', 'both')
  const keys = options.keys && parseClientKeys(options.keys)
  const ownKeys = options.jwks && parseJwks(options.jwks)
  const metadata = options.clientMetadata
    ? readMetadata(options, options.clientMetadata, scope, keys)
    : buildMetadata(options, scope, keys, ownKeys)
  const { client_id: clientId, token_endpoint_auth_signing_alg: signingAlgorithm } = metadata
  const publicKeys = ownKeys ?? metadata.jwks?.keys
  const jwks = Object.freeze({
    keys: Object.freeze(keys?.map(({ publicHalf }) => publicHalf) ?? publicKeys ?? []),
  })
  if (keys) {
    // Behind the door that jose is behind: most clients have no keys.
    const authentication = openLater(async () => {
      const { clientWithKeys } = await import('./client-with-keys.ts')
      return clientWithKeys(clientId, keys, { clock, signingAlgorithm })
    })
    return { metadata, jwks, authentication }
  }
  if (!signAssertion) return { metadata, jwks, authentication: publicClient(clientId) }
  return { metadata, jwks, authentication: clientWithSigner(clientId, signAssertion, { clock, keys: publicKeys }) }
}

/** The scope that a client's own document declares, where there is one. */
export function declaredScope({ clientMetadata }: ClientOptions): string | undefined {
  const scope: unknown = clientMetadata?.scope
  return typeof scope === 'string' ? scope : undefined
}

function buildMetadata(
  options: ClientOptions,
  scope: string,
  keys: readonly ClientKey[] | undefined,
  ownKeys: readonly PublicClientKey[] | undefined,
): ClientMetadata {
  const { clientId, signAssertion, jwks, jwksUri } = options
  if (signAssertion && clientId === undefined) {
    throw wrongArgument('signAssertion', 'a `clientId` beside it: the loopback client is public', 'none')
  }
  if (signAssertion && !jwks && jwksUri === undefined) {
    throw wrongArgument('jwks', 'the public keys of `signAssertion` for the metadata, or a `jwksUri`', 'neither')
  }
  if (jwks && !signAssertion) throw wrongArgument('jwks', '`signAssertion` beside it', 'none')
  if (jwksUri !== undefined && !signAssertion && !keys)
    throw wrongArgument('jwksUri', '`keys` or `signAssertion` beside it: a public client has no key', jwksUri)
  const { applicationType, grantTypes, clientName, clientUri, logoUri, tosUri, policyUri } = options
  return createClientMetadata({
    clientId,
    redirectUris: redirectUrisOf(options),
    jwksUri,
    applicationType,
    grantTypes,
    clientName,
    clientUri,
    logoUri,
    tosUri,
    policyUri,
    scope,
    keys: keys?.map(({ publicHalf }) => publicHalf) ?? ownKeys,
  })
}

function readMetadata(
  options: ClientOptions,
  given: ClientMetadata,
  scope: string,
  keys: readonly ClientKey[] | undefined,
): ClientMetadata {
  const { clientMetadata: _, ...others } = options
  const twice = findDocumentOption(others)
  if (twice !== undefined) throw wrongArgument(twice, 'either this or `clientMetadata`', 'both')
  const metadata = readGivenMetadata(given)
  const declared = metadata.scope.split(' ')
  const undeclared = scope.split(' ').find((token) => !declared.includes(token))
  if (undeclared !== undefined) throw wrongArgument('scope', 'what `clientMetadata` declares', undeclared)
  const isPublic = metadata.token_endpoint_auth_method === 'none'
  const isKeyed = keys !== undefined || options.signAssertion !== undefined
  if (isPublic && isKeyed) {
    const option = keys ? 'keys' : 'signAssertion'
    throw wrongArgument(option, 'nothing: by its metadata the client is public', option)
  }
  if (!isPublic && !isKeyed) throw wrongArgument('keys', 'the keys of the metadata, or `signAssertion`', undefined)
  if (keys && metadata.jwks) assertServed(keys, metadata.jwks.keys, 'jwks', failWithMember)
  return metadata
}

function redirectUrisOf({ redirectUri, redirectUris }: ClientOptions): readonly string[] {
  if (!redirectUri && !redirectUris)
    throw wrongArgument('redirectUri', 'where the consent page returns to', redirectUri)
  if (redirectUri === undefined) return redirectUris ?? []
  if (redirectUris === undefined) return [redirectUri]
  throw wrongArgument('redirectUri', 'either this or `redirectUris`', 'both')
}

function parseJwks({ keys }: NonNullable<ClientOptions['jwks']>): readonly PublicClientKey[] {
  const list: unknown = keys
  if (!Array.isArray(list) || list.length === 0) throw wrongKind('jwks.keys', 'at least one public key', list)
  return parsePublicKeys('jwks.keys', list, wrongArgument)
}
