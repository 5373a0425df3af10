import { findListMistake } from '../../syntax/scopes/list-mistake.ts'
import { wordOf } from '../assert-options.ts'
import type { Fail } from './client-key-members.ts'
import type { ClientMetadata, GrantType } from './client-metadata.ts'
import { assertLoopbackClient, isLoopbackId } from './loopback-client.ts'
import { isClientId, isParentUrl, isPublicUrl, privateUseScheme, redirectKindOf } from './client-urls.ts'

/** What servers take for a scope: tokens of printable ASCII, one blank between them (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/** All that a client may ask tokens by. */
export const GRANT_TYPES: readonly GrantType[] = ['authorization_code', 'refresh_token']

/** Metadata whose lists of words may hold any. */
export type UncheckedMetadata = Omit<ClientMetadata, 'grant_types' | 'response_types'> & {
  readonly grant_types: readonly string[]
  readonly response_types: readonly string[]
}

/**
 * Holds a client's metadata against the AT Protocol profile, and against what the reference server asks for beyond it.
 *
 * @throws what `fail` makes of the first member that is wrong, by its name in the document
 * @see https://atproto.com/specs/oauth#client-id-metadata-document
 */
export function assertClientMetadata(metadata: UncheckedMetadata, fail: Fail): asserts metadata is ClientMetadata {
  const hasDocument = !isLoopbackId(metadata.client_id)
  if (hasDocument && !isClientId(metadata.client_id)) {
    const expected = 'the https URL of the client metadata document, with a path and no port'
    throw fail('client_id', expected, metadata.client_id)
  }
  assertScope(metadata, fail)
  assertTypes(metadata, fail)
  assertRedirects(metadata, fail, { hasDocument })
  if (!hasDocument) assertLoopbackClient(metadata, fail)
  assertKeys(metadata, fail)
  assertDisplay(metadata, fail, { hasDocument })
}

interface Kind {
  /** Left out by the loopback client alone. */
  readonly hasDocument: boolean
}

function assertScope({ scope }: UncheckedMetadata, fail: Fail): void {
  const mistake = findListMistake(scope)
  if (mistake) throw fail('scope', ...mistake)
  if (!SCOPE.test(scope)) throw fail('scope', 'printable ASCII with one blank between two scopes', scope)
}

/** What a client asks tokens by, and what it asks the consent page for: a code, and nothing else. */
function assertTypes(metadata: UncheckedMetadata, fail: Fail): asserts metadata is ClientMetadata {
  const { grant_types: grants, response_types: responses } = metadata
  const areGrants = grants.every(
    (type, at) => GRANT_TYPES.some((known) => known === type) && grants.indexOf(type) === at,
  )
  if (!areGrants || !grants.includes('authorization_code')) {
    const expected = '`authorization_code`, and `refresh_token` or nothing else'
    throw fail('grant_types', expected, grants.map(wordOf).join(' '))
  }
  if (responses.length !== 1 || responses[0] !== 'code') {
    throw fail('response_types', '`code`, and nothing else', responses.map(wordOf).join(' '))
  }
}

function assertRedirects(metadata: ClientMetadata, fail: Fail, { hasDocument }: Kind): void {
  const { redirect_uris: uris, application_type: type } = metadata
  if (uris.length === 0) throw fail('redirect_uris', 'at least one redirect URI', uris)
  for (const uri of uris) {
    const kind = redirectKindOf(uri)
    const isOwn = hasDocument ? isAllowedRedirect(uri, metadata) : kind === 'loopback'
    if (isOwn) continue
    if (!hasDocument) throw fail('redirect_uris', LOOPBACK_RULE, uri)
    if (type === 'web') throw fail('redirect_uris', WEB_RULE, uri)
    throw fail('redirect_uris', nativeRule(metadata.client_id), uri)
  }
}

const LOOPBACK_RULE =
  'http://127.0.0.1 or http://[::1], never localhost, and no fragment; an https one needs a `clientId`'
const WEB_RULE =
  'an https URL, as there is a `clientId` of a web client, without a default port, a fragment or a local name'

function nativeRule(clientId: string): string {
  const scheme = privateUseScheme(clientId)
  return `${scheme}:/… with one slash, ${new URL(clientId).origin}/…, or http://127.0.0.1/… of a native client`
}

function isAllowedRedirect(uri: string, { client_id, application_type }: ClientMetadata): boolean {
  const kind = redirectKindOf(uri)
  if (application_type === 'web') return kind === 'web'
  if (kind === 'web') return new URL(uri).origin === new URL(client_id).origin
  return kind === 'loopback' || (kind === 'private-use' && uri.startsWith(`${privateUseScheme(client_id)}:/`))
}

function assertKeys(metadata: ClientMetadata, fail: Fail): void {
  const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg, jwks, jwks_uri } = metadata
  if (jwks && jwks_uri !== undefined) throw fail('jwks_uri', 'either this or `jwks`', jwks_uri)
  if (method === 'none') {
    if (alg !== undefined)
      throw fail('token_endpoint_auth_signing_alg', 'nothing: a public client has no key', alg)
    return
  }
  if (metadata.application_type === 'native') {
    const expected = '`none`: a native client is public, since its keys would be in every copy of it'
    throw fail('token_endpoint_auth_method', expected, method)
  }
  if (!jwks && jwks_uri === undefined)
    throw fail('jwks', 'the public keys of the client, or a `jwks_uri`', undefined)
  if (jwks?.keys.length === 0) throw fail('jwks', 'at least one key', jwks.keys)
  if (jwks_uri !== undefined && !isPublicUrl(jwks_uri)) throw fail('jwks_uri', PUBLIC_URL, jwks_uri)
  if (alg === undefined) throw fail('token_endpoint_auth_signing_alg', 'the algorithm of the keys', alg)
}

const PUBLIC_URL = 'an https URL on the public internet'
const PAGES = ['logo_uri', 'tos_uri', 'policy_uri'] as const

function assertDisplay(metadata: ClientMetadata, fail: Fail, { hasDocument }: Kind): void {
  const { client_id, client_name, client_uri } = metadata
  for (const name of ['client_name', 'client_uri', ...PAGES, 'jwks_uri'] as const) {
    if (hasDocument || metadata[name] === undefined) continue
    throw fail(name, 'a `clientId` beside it: the loopback client has no document to say it in', metadata[name])
  }
  if (client_name !== undefined && client_name.trim() === '') throw fail('client_name', 'a name', client_name)
  if (client_uri !== undefined && !(isPublicUrl(client_uri) && isParentUrl(client_uri, client_id))) {
    throw fail(
      'client_uri',
      `an https URL on ${new URL(client_id).origin}, at a path above the client id`,
      client_uri,
    )
  }
  for (const name of PAGES) {
    const uri = metadata[name]
    if (uri !== undefined && !isPublicUrl(uri)) throw fail(name, PUBLIC_URL, uri)
  }
}
