import { z } from 'zod'
import { DiscoveryError } from '../errors.ts'
import { isEndpoint } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import type { FetchedServer, TokenServer } from './authorization-server.ts'
import { parseObject } from './fetch-document.ts'

/** An authorization server that keeps every rule of the AT Protocol profile. */
export interface AuthorizationServer extends TokenServer {
  readonly authorizationEndpoint: string
  readonly parEndpoint: string
  /** Which algorithms a client's assertion may be signed with: `ES256` at least. */
  readonly clientAlgorithms: readonly string[]
  /** Which scopes the server knows: `atproto` at least. */
  readonly scopes: readonly string[]
  /** Which `prompt` values the server knows, where it says so. */
  readonly promptValues: readonly string[] | undefined
  /** Which `display` values the server knows, where it says so. */
  readonly displayValues: readonly string[] | undefined
  /** Which languages the server's pages speak, as BCP 47 tags, where it says so. */
  readonly uiLocales: readonly string[] | undefined
}

/**
 * Holds a server's metadata against the AT Protocol profile. The error names the first field that fails.
 *
 * @throws DiscoveryError `server_metadata_invalid`
 * @see https://atproto.com/specs/oauth#authorization-servers
 */
export function parseAuthorizationServer(
  transport: Pick<Transport, 'allowLoopback'>,
  fetched: FetchedServer,
  pds: string | undefined,
): AuthorizationServer {
  const { issuer, tokenEndpoint, revocationEndpoint, text, url } = fetched
  const metadata = parseObject(text) ?? {}
  const parsed = serverSchema(transport, pds).safeParse(metadata)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = String(issue?.path[0] ?? 'metadata')
    throw new DiscoveryError('server_metadata_invalid', {
      url,
      field,
      expected: issue?.message,
      found: metadata[field] ?? null,
    })
  }
  const { data } = parsed
  return {
    issuer,
    tokenEndpoint,
    revocationEndpoint,
    authorizationEndpoint: data.authorization_endpoint,
    parEndpoint: data.pushed_authorization_request_endpoint,
    clientAlgorithms: data.token_endpoint_auth_signing_alg_values_supported,
    scopes: data.scopes_supported,
    promptValues: data.prompt_values_supported,
    displayValues: data.display_values_supported,
    uiLocales: data.ui_locales_supported,
  }
}

function serverSchema(transport: Pick<Transport, 'allowLoopback'>, pds: string | undefined) {
  const endpoint = z.custom<string>((value) => isEndpoint(transport, value), 'an https URL')
  return z.object({
    authorization_endpoint: endpoint,
    token_endpoint: endpoint,
    pushed_authorization_request_endpoint: endpoint,
    response_types_supported: listWith('code'),
    grant_types_supported: listWith('authorization_code', 'refresh_token'),
    code_challenge_methods_supported: listWith('S256'),
    token_endpoint_auth_methods_supported: listWith('none', 'private_key_jwt'),
    token_endpoint_auth_signing_alg_values_supported: listWith('ES256').refine(
      (algorithms) => !algorithms.includes('none'),
      'a list without none',
    ),
    dpop_signing_alg_values_supported: listWith('ES256'),
    scopes_supported: listWith('atproto'),
    authorization_response_iss_parameter_supported: required,
    require_pushed_authorization_requests: required,
    client_id_metadata_document_supported: required,
    require_request_uri_registration: z
      .unknown()
      .refine((value) => value === undefined || value === true, 'true, or absent'),
    // RFC 9728 §4: a server that lists its resources must list the one that named it.
    protected_resources: z
      .unknown()
      .refine((value) => value === undefined || pds === undefined || includes(value, pds), `a list with ${pds}`),
    prompt_values_supported: offered,
    display_values_supported: offered,
    ui_locales_supported: offered,
  })
}

const texts = z.array(z.string())

/** What a server says it offers beyond the profile. One that says it badly has said nothing. */
const offered = texts.optional().catch(undefined)

const required = z.custom<true>((value) => value === true, 'true')

function listWith(...values: readonly string[]) {
  const hasAll = (list: unknown) => values.every((value) => includes(list, value))
  return z.custom<readonly string[]>(
    (list) => hasAll(list) && texts.safeParse(list).success,
    (list) => ({ message: hasAll(list) ? 'a list of texts' : `a list with ${values.join(' and ')}` }),
  )
}

function includes(list: unknown, value: string): boolean {
  return Array.isArray(list) && list.includes(value)
}
