import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { rejectClient } from './client-ids.ts'
import { keySetSchema } from './key-sets.ts'
import { isLocalName, readRedirectUri } from './redirect-uris.ts'
import { isWellFormedScope } from './scopes.ts'

const webUri = z
  .string()
  .refine((uri) => URL.canParse(uri) && /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(uri), {
    message: 'not a web URL',
  })
const documentSchema = z.object({
  client_id: z.string().optional(),
  redirect_uris: z.array(z.string().refine(readRedirectUri, 'not a redirect URI')).nonempty(),
  response_types: z.array(z.string()).nonempty().default(['code']),
  grant_types: z
    .array(z.enum(['authorization_code', 'implicit', 'refresh_token', 'password', 'client_credentials']))
    .nonempty()
    .default(['authorization_code']),
  scope: z.string().refine(isWellFormedScope, 'Invalid OAuth scope').optional(),
  token_endpoint_auth_method: z.string().default('client_secret_basic'),
  token_endpoint_auth_signing_alg: z.string().optional(),
  jwks: keySetSchema.optional(),
  jwks_uri: webUri.optional(),
  application_type: z.enum(['web', 'native']).default('web'),
  subject_type: z.enum(['public', 'pairwise']).default('public'),
  client_uri: webUri.optional(),
  logo_uri: webUri.optional(),
  policy_uri: webUri.optional(),
  tos_uri: webUri.optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  default_max_age: z.undefined(),
  id_token_signed_response_alg: z.undefined(),
  userinfo_signed_response_alg: z.undefined(),
  userinfo_encrypted_response_alg: z.undefined(),
  tls_client_certificate_bound_access_tokens: z.literal(false).optional(),
})

/** A client metadata document, with what it leaves out filled in. */
export interface ClientDocument {
  readonly client_id?: string | undefined
  readonly redirect_uris: readonly string[]
  readonly response_types: readonly string[]
  readonly grant_types: readonly string[]
  readonly scope?: string | undefined
  readonly token_endpoint_auth_method: string
  readonly token_endpoint_auth_signing_alg?: string | undefined
  readonly jwks?: JSONWebKeySet | undefined
  readonly jwks_uri?: string | undefined
  readonly application_type: 'web' | 'native'
  readonly subject_type: string
  readonly client_uri?: string | undefined
  readonly dpop_bound_access_tokens?: boolean | undefined
}

/** Checks the key set at a URL. */
export function parseKeySet(url: string, json: unknown): JSONWebKeySet {
  const parsed = keySetSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw rejectClient(`Unable to obtain jwks from "${url}": ${parsed.error.issues[0]?.message}`)
}

/** What a document has to be beside well-formed. The first that does not hold is what the client is told. */
const RULES: readonly (readonly [rule: string, holds: (document: ClientDocument, id: URL) => boolean])[] = [
  ['jwks_uri and jwks are mutually exclusive', ({ jwks, jwks_uri }) => !jwks || !jwks_uri],
  ['Missing scope property', ({ scope }) => scope !== undefined],
  ['Missing "atproto" scope', ({ scope = '' }) => scope.split(' ').includes('atproto')],
  ['Duplicate scope', ({ scope = '' }) => isUnique(scope.split(' '))],
  ['Duplicate grant type', ({ grant_types }) => isUnique(grant_types)],
  ['Grant type is not allowed', ({ grant_types }) => grant_types.every((type) => GRANT_TYPES.has(type))],
  ['client_id is required for discoverable clients', ({ client_id }) => client_id !== undefined],
  ['client_id does not match', ({ client_id }, id) => client_id === id.href],
  ['Only "public" subject_type is supported', ({ subject_type }) => subject_type === 'public'],
  [
    'Unsupported client authentication method',
    ({ token_endpoint_auth_method: method }) => method === 'none' || method === 'private_key_jwt',
  ],
  [
    'token_endpoint_auth_signing_alg belongs to private_key_jwt, and only to it',
    (document) => isPublic(document) === (document.token_endpoint_auth_signing_alg === undefined),
  ],
  [
    'private_key_jwt requires jwks or jwks_uri',
    (document) => isPublic(document) || !!(document.jwks ?? document.jwks_uri),
  ],
  [
    'private_key_jwt requires at least one key in jwks',
    (document) => isPublic(document) || document.jwks?.keys.length !== 0,
  ],
  ['"dpop_bound_access_tokens" must be true', (document) => document.dpop_bound_access_tokens === true],
  ['response_types must include "code"', ({ response_types }) => response_types.includes('code')],
  [
    'The "code" response type requires "authorization_code"',
    ({ grant_types }) => grant_types.includes('authorization_code'),
  ],
  [
    'Native clients must authenticate using "none" method',
    (document) => document.application_type === 'web' || isPublic(document),
  ],
  [
    'client_uri must have the same origin as the client_id',
    ({ client_uri }, id) => !client_uri || new URL(client_uri).origin === id.origin,
  ],
  [
    'client_uri must be a parent URL of the client_id',
    ({ client_uri }, id) => !client_uri || isParent(new URL(client_uri), id),
  ],
]
const GRANT_TYPES: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token'])

/** Checks the client metadata document at a URL, as the reference server does. */
export function parseClientDocument(id: string, json: unknown): ClientDocument {
  const parsed = documentSchema.safeParse(json)
  if (!parsed.success)
    throw rejectClient(`Unable to obtain client metadata for "${id}": ${parsed.error.issues[0]?.message}`)
  const document = parsed.data
  const url = new URL(id)
  const broken = RULES.find(([, holds]) => !holds(document, url))
  if (broken) throw rejectClient(broken[0])
  for (const uri of document.redirect_uris) checkDeclaredRedirect(uri, document, url)
  return document
}

function checkDeclaredRedirect(uri: string, { application_type }: ClientDocument, id: URL): void {
  const kind = readRedirectUri(uri)
  const { protocol, hostname } = new URL(uri)
  const isNative = application_type === 'native'
  if (kind !== 'web' && !isNative) throw rejectRedirect(`${kind} redirect URIs are only allowed for native apps`)
  if (kind === 'web' && isLocalName(hostname)) throw rejectRedirect(`${uri} must not be a local hostname`)
  const scheme = `${id.hostname.split('.').toReversed().join('.')}:`
  if (kind === 'private-use' && protocol !== scheme) throw rejectRedirect(`the scheme of ${uri} must be ${scheme}`)
}

function rejectRedirect(description: string): Error {
  return rejectClient(description, 'invalid_redirect_uri')
}

function isPublic({ token_endpoint_auth_method: method }: ClientDocument): boolean {
  return method === 'none'
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}

function isParent({ pathname }: URL, id: URL): boolean {
  return id.pathname === pathname || id.pathname.startsWith(pathname.endsWith('/') ? pathname : `${pathname}/`)
}
