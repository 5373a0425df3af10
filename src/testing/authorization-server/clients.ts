import type { JSONWebKeySet, JWK } from 'jose'
import { z } from 'zod'
import { invalidRequest, OAuthError } from '../oauth-error.ts'
import type { WireFetch } from '../wire.ts'

/** What the authorization server knows of a client. */
export interface Client {
  readonly id: string
  readonly authMethod: 'none' | 'private_key_jwt'
  readonly redirectUris: readonly string[]
  readonly scope: readonly string[]
  readonly mayRefresh: boolean
  readonly jwks: JSONWebKeySet | undefined
}

const jwksSchema = z.object({
  keys: z.array(z.custom<JWK>(isPublicKey, 'not a public key with a kid')).nonempty(),
})
const documentSchema = z.object({
  client_id: z.string(),
  redirect_uris: z.array(z.string()).nonempty(),
  scope: z.string(),
  grant_types: z.array(z.string()),
  response_types: z.array(z.literal('code')).nonempty(),
  token_endpoint_auth_method: z.enum(['none', 'private_key_jwt']),
  token_endpoint_auth_signing_alg: z.literal('ES256').optional(),
  dpop_bound_access_tokens: z.literal(true),
  jwks: jwksSchema.optional(),
  jwks_uri: z.string().optional(),
})

/** Finds a client by its id: the loopback client by the id alone, any other by its document. */
export async function findClient(id: string, fetch: WireFetch): Promise<Client> {
  return id.startsWith('http://') ? parseLoopbackClient(id) : readDocument(id, fetch)
}

function parseLoopbackClient(id: string): Client {
  const query = /^http:\/\/localhost\/?(?:\?([^#]*))?$/.exec(id)
  if (!query) throw rejectClient(`not a loopback client id: ${id}`)
  const params = new URLSearchParams(query[1] ?? '')
  const unknown = [...params.keys()].find((name) => name !== 'redirect_uri' && name !== 'scope')
  if (unknown !== undefined) throw rejectClient(`a loopback client id has no parameter ${unknown}`)
  const scopes = params.getAll('scope')
  if (scopes.length > 1) throw rejectClient('a loopback client id has one scope')
  const redirectUris = params.getAll('redirect_uri')
  for (const uri of redirectUris)
    if (!isLoopbackRedirect(uri)) throw rejectClient(`not a loopback redirect: ${uri}`)
  return {
    id,
    authMethod: 'none',
    redirectUris: redirectUris.length > 0 ? redirectUris : ['http://127.0.0.1/', 'http://[::1]/'],
    scope: parseScope(scopes[0] ?? 'atproto'),
    mayRefresh: true,
    jwks: undefined,
  }
}

async function readDocument(id: string, fetch: WireFetch): Promise<Client> {
  const url = URL.canParse(id) ? new URL(id) : undefined
  const isPlain = url?.protocol === 'https:' && url.href === id && url.pathname !== '/'
  if (!url || !isPlain || url.port || url.hash || url.username) throw rejectClient(`not a client id: ${id}`)
  const parsed = documentSchema.safeParse(await fetchDocument(id, fetch))
  if (!parsed.success) throw rejectClient(`client metadata of ${id}: ${describe(parsed.error)}`)
  const document = parsed.data
  if (document.client_id !== id) throw rejectClient('client_id is not the URL of the document')
  if (!document.grant_types.includes('authorization_code'))
    throw rejectClient('grant_types: no authorization_code')
  const isPublic = document.token_endpoint_auth_method === 'none'
  if (isPublic === (document.token_endpoint_auth_signing_alg !== undefined)) {
    throw rejectClient('token_endpoint_auth_signing_alg belongs to private_key_jwt, and only to it')
  }
  if (!isPublic && (document.jwks === undefined) === (document.jwks_uri === undefined)) {
    throw rejectClient('exactly one of jwks and jwks_uri')
  }
  return {
    id,
    authMethod: document.token_endpoint_auth_method,
    redirectUris: document.redirect_uris,
    scope: parseScope(document.scope),
    mayRefresh: document.grant_types.includes('refresh_token'),
    jwks: isPublic ? undefined : (document.jwks ?? (await fetchKeys(document.jwks_uri ?? '', fetch))),
  }
}

async function fetchKeys(url: string, fetch: WireFetch): Promise<JSONWebKeySet> {
  const parsed = jwksSchema.safeParse(await fetchDocument(url, fetch))
  if (!parsed.success) throw rejectClient(`jwks_uri: ${describe(parsed.error)}`)
  return parsed.data
}

async function fetchDocument(url: string, fetch: WireFetch): Promise<unknown> {
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error' })
    if (!response.ok) throw new Error(`${response.status}`)
    return await response.json()
  } catch (cause) {
    throw rejectClient(`${url} could not be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function parseScope(scope: string): string[] {
  const tokens = scope.split(' ')
  if (!tokens.includes('atproto')) throw rejectClient('scope does not contain atproto')
  return tokens
}

/** Throws unless the client may use this redirect URI: exactly, and for a loopback address with any port. */
export function checkRedirectUri(client: Client, requested: string): void {
  if (!client.redirectUris.some((declared) => isSameRedirect(declared, requested))) {
    throw invalidRequest(`Invalid redirect_uri ${requested}`)
  }
}

function isSameRedirect(declared: string, requested: string): boolean {
  if (declared === requested) return true
  if (!isLoopbackRedirect(declared) || !isLoopbackRedirect(requested)) return false
  const [mine, theirs] = [new URL(declared), new URL(requested)]
  // RFC 8252 §7.3: any port will do where none is declared; a declared one is part of what is compared.
  if (!mine.port) theirs.port = ''
  return mine.href === theirs.href
}

function isLoopbackRedirect(uri: string): boolean {
  return URL.canParse(uri) && /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d+)?(\/|\?|$)/.test(uri)
}

function rejectClient(description: string): OAuthError {
  return new OAuthError(400, 'invalid_client_metadata', description)
}

function isPublicKey(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kty' in value && 'kid' in value && !('d' in value)
}

function describe({ issues }: z.ZodError): string {
  return issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
}
