import { wrongArgument } from '../errors.ts'
import { type ClientKey, type PublicClientKey, publicClientKey } from './client-keys.ts'

/** A client as its authorization servers know it. */
export interface ClientMetadata {
  readonly client_id: string
  readonly redirect_uris: readonly string[]
  readonly scope: string
  readonly grant_types: readonly ['authorization_code', 'refresh_token']
  readonly response_types: readonly ['code']
  readonly application_type: 'web' | 'native'
  readonly token_endpoint_auth_method: 'none' | 'private_key_jwt'
  readonly token_endpoint_auth_signing_alg?: 'ES256'
  readonly jwks?: { readonly keys: readonly PublicClientKey[] }
  readonly dpop_bound_access_tokens: true
}

/** What an app says of itself. */
export interface ClientFacts {
  readonly clientId: string | undefined
  readonly redirectUris: readonly string[]
  readonly scope: string
  readonly keys: readonly ClientKey[] | undefined
}

/**
 * Builds the client metadata that is served at the `client_id`, or implied by a loopback one.
 *
 * @throws TypeError that names the field
 * @see https://atproto.com/specs/oauth#clients
 */
export function createClientMetadata(facts: ClientFacts): ClientMetadata {
  const { clientId, redirectUris, scope, keys } = facts
  if (!scope.split(' ').includes('atproto')) throw wrongArgument('scope', 'a list with `atproto` in it', scope)
  if (redirectUris.length === 0) throw wrongArgument('redirectUri', 'at least one redirect URI', redirectUris)
  const isLoopback = clientId === undefined
  if (clientId?.startsWith('http://localhost')) {
    throw wrongArgument('clientId', 'nothing: left out, it is the loopback client', clientId)
  }
  if (isLoopback && keys)
    throw wrongArgument('keys', 'a `clientId` beside them: the loopback client is public', 'none')
  for (const uri of redirectUris) assertRedirectUri(uri, { isLoopback })
  return {
    client_id: isLoopback ? loopbackClientId(redirectUris, scope) : parseClientId(clientId),
    redirect_uris: redirectUris,
    scope,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: isLoopback ? 'native' : 'web',
    token_endpoint_auth_method: keys ? 'private_key_jwt' : 'none',
    ...(keys && { token_endpoint_auth_signing_alg: 'ES256' as const, jwks: { keys: keys.map(publicClientKey) } }),
    dpop_bound_access_tokens: true,
  }
}

/**
 * Whether a redirect URI is one of the client's. The port of a loopback one is free where none was declared.
 *
 * @see RFC 8252 §7.3
 */
export function ownsRedirectUri(metadata: ClientMetadata, uri: string): boolean {
  return metadata.redirect_uris.some((own) => own === uri || (isLoopbackUri(own) && own === withoutPort(uri)))
}

function assertRedirectUri(uri: string, { isLoopback }: { readonly isLoopback: boolean }): void {
  // RFC 6749 §3.1.2: a redirect URI has no fragment, not even an empty one.
  if ((isLoopback ? isLoopbackUri(uri) : isWebUri(uri)) && !uri.includes('#')) return
  const expected = isLoopback
    ? 'http://127.0.0.1 or http://[::1], never localhost, and no fragment; an https one needs a `clientId`'
    : 'an https URL, as there is a `clientId`, without a default port or a fragment'
  throw wrongArgument('redirectUri', expected, uri)
}

function isWebUri(uri: string): boolean {
  return URL.canParse(uri) && new URL(uri).protocol === 'https:' && !/^https:\/\/[^/?#]*:443(?:[/?#]|$)/i.test(uri)
}

/** RFC 8252 §8.3: the literal of the address, since the name `localhost` may lead elsewhere. */
function isLoopbackUri(uri: string): boolean {
  return /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?]|$)/.test(uri) && URL.canParse(uri)
}

function withoutPort(uri: string): string {
  return uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\])):\d+/, '$1')
}

/** The client id that describes itself, for development: no document is served for it. */
function loopbackClientId(redirectUris: readonly string[], scope: string): string {
  const parameters = redirectUris.map((uri) => ['redirect_uri', uri])
  return `http://localhost?${new URLSearchParams([...parameters, ['scope', scope]])}`
}

function parseClientId(clientId: string): string {
  const url = URL.canParse(clientId) ? new URL(clientId) : undefined
  const isDocument =
    url?.protocol === 'https:' &&
    // Letter for letter: a server compares the client id with the URL that it fetched.
    url.href === clientId &&
    url.pathname !== '/' &&
    !url.port &&
    !clientId.includes('#') &&
    !url.username &&
    !url.password
  if (isDocument) return clientId
  throw wrongArgument(
    'clientId',
    'the https URL of the client metadata document, with a path and no port',
    clientId,
  )
}
