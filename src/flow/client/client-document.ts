import { isJsonObject } from '../../syntax/shape.ts'
import { isSigningAlgorithm } from './client-algorithms.ts'
import { parsePublicKeys, type PublicClientKey } from './client-keys.ts'
import { type Fail, PRIVATE_MEMBERS } from './client-key-members.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { freezeMetadata } from './freeze-metadata.ts'
import { assertClientMetadata, type UncheckedMetadata } from './client-rules.ts'

type Document = Readonly<Record<string, unknown>>

/** What no AT Protocol client has, or what the reference server refuses a client for. */
const FOREIGN_MEMBERS: readonly string[] = [
  'client_secret',
  'client_secret_expires_at',
  'default_max_age',
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'userinfo_encrypted_response_alg',
  'authorization_encrypted_response_enc',
  'authorization_details_types',
]

/**
 * Reads a client metadata document as it was fetched or written by hand: the members that are understood here, each held
 * against the AT Protocol profile. Others are left out.
 *
 * @throws what `fail` makes of the first member that is wrong
 * @see https://atproto.com/specs/oauth#client-id-metadata-document
 */
export function parseClientDocument(document: Document, fail: Fail): ClientMetadata {
  for (const member of FOREIGN_MEMBERS) {
    if (document[member] !== undefined) throw fail(member, 'nothing', typeof document[member])
  }
  const { subject_type: subject, dpop_bound_access_tokens: isBound } = document
  if (subject !== undefined && subject !== 'public') throw fail('subject_type', '"public", or nothing', subject)
  if (document['tls_client_certificate_bound_access_tokens'])
    throw fail('tls_client_certificate_bound_access_tokens', 'false, or nothing', true)
  if (isBound !== true) throw fail('dpop_bound_access_tokens', 'true', isBound)
  const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg } = document
  // RFC 7591 §2: left out, it would mean a secret.
  if (method !== 'none' && method !== 'private_key_jwt')
    throw fail('token_endpoint_auth_method', '"none" or "private_key_jwt"', method)
  if (alg !== undefined && !isSigningAlgorithm(alg))
    throw fail('token_endpoint_auth_signing_alg', 'an algorithm that is known here', alg)
  const metadata: UncheckedMetadata = {
    client_id: readText(document, 'client_id', fail),
    ...readOptionalTexts(document, fail),
    redirect_uris: readTexts(document, 'redirect_uris', fail),
    scope: readText(document, 'scope', fail),
    // RFC 7591 §2: what is left out has a default.
    grant_types: readTexts(document, 'grant_types', fail, ['authorization_code']),
    response_types: readResponseTypes(document, fail),
    application_type: readApplicationType(document, fail),
    token_endpoint_auth_method: method,
    ...(alg !== undefined && { token_endpoint_auth_signing_alg: alg }),
    ...readKeys(document, fail),
    dpop_bound_access_tokens: true,
  }
  assertClientMetadata(metadata, fail)
  return freezeMetadata(metadata)
}

/**
 * Reads a key set as it is served. Keys of a kind that is not known here, and those for encryption, are somebody else's
 * (RFC 7517 §5).
 *
 * @throws what `fail` makes of a key without a name, or one that should never have been served
 */
export function parseKeySet(
  name: string,
  set: unknown,
  fail: Fail,
  defaultAlg?: unknown,
): readonly PublicClientKey[] {
  const keys: unknown = isJsonObject(set) ? set['keys'] : undefined
  if (!Array.isArray(keys)) throw fail(name, 'an object with a list of `keys`', typeof keys)
  const known = keys.filter((key) => !isForeign(key))
  return parsePublicKeys(`${name}.keys`, known, fail, defaultAlg)
}

/** A private key is never somebody else's: it must not be there at all. */
function isForeign(key: unknown): boolean {
  if (!isJsonObject(key)) return false
  if (PRIVATE_MEMBERS.some((member) => key[member] !== undefined)) return false
  const { kty } = key
  const isKnown = kty === 'EC' || kty === 'OKP' || kty === 'RSA'
  const hasKnownAlg = key['alg'] === undefined || isSigningAlgorithm(key['alg'])
  return !isKnown || !hasKnownAlg || key['use'] === 'enc'
}

function readKeys(document: Document, fail: Fail): Pick<ClientMetadata, 'jwks' | 'jwks_uri'> {
  const { jwks, jwks_uri: uri, token_endpoint_auth_signing_alg: alg } = document
  if (uri !== undefined && typeof uri !== 'string') throw fail('jwks_uri', 'a URL', uri)
  return {
    ...(jwks !== undefined && { jwks: { keys: parseKeySet('jwks', jwks, fail, alg) } }),
    ...(uri !== undefined && { jwks_uri: uri }),
  }
}

function readText(document: Document, name: string, fail: Fail): string {
  const value = document[name]
  if (typeof value === 'string') return value
  throw fail(name, 'a text', value)
}

function readTexts(document: Document, name: string, fail: Fail, missing?: readonly string[]): readonly string[] {
  const { [name]: value = missing } = document
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [...value]
  throw fail(name, 'a list of texts', value)
}

const DISPLAY = ['client_name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri'] as const

function readOptionalTexts(document: Document, fail: Fail): Partial<Record<(typeof DISPLAY)[number], string>> {
  const given = DISPLAY.filter((name) => document[name] !== undefined)
  return Object.fromEntries(given.map((name) => [name, readText(document, name, fail)]))
}

/** A document may say what else its client does elsewhere. Here it asks for a code. */
function readResponseTypes(document: Document, fail: Fail): readonly string[] {
  const types = readTexts(document, 'response_types', fail, ['code'])
  return types.includes('code') ? ['code'] : types
}

function readApplicationType(document: Document, fail: Fail): 'web' | 'native' {
  const { application_type: type = 'web' } = document
  if (type === 'web' || type === 'native') return type
  throw fail('application_type', '"web" or "native"', type)
}
