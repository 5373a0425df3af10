import { DiscoveryError } from '../errors/discovery-error.ts'
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
  const { text, url, ...server } = fetched
  const metadata = parseObject(text) ?? {}
  for (const [field, rule] of Object.entries(rulesOf(transport, pds))) {
    const found = metadata[field]
    const expected = rule(found)
    if (expected === undefined) continue
    throw new DiscoveryError('server_metadata_invalid', { url, field, expected, found: found ?? null })
  }
  return {
    ...server,
    authorizationEndpoint: String(metadata['authorization_endpoint']),
    parEndpoint: String(metadata['pushed_authorization_request_endpoint']),
    clientAlgorithms: offered(metadata['token_endpoint_auth_signing_alg_values_supported']) ?? [],
    scopes: offered(metadata['scopes_supported']) ?? [],
    promptValues: offered(metadata['prompt_values_supported']),
    displayValues: offered(metadata['display_values_supported']),
    uiLocales: offered(metadata['ui_locales_supported']),
  }
}

/** What a field should have been, in words; undefined where it is right. */
type Rule = (value: unknown) => string | undefined

/** The rules of the profile, in the order in which a server is told what is wrong. */
function rulesOf(
  transport: Pick<Transport, 'allowLoopback'>,
  pds: string | undefined,
): Readonly<Record<string, Rule>> {
  const endpoint: Rule = (value) => (isEndpoint(transport, value) ? undefined : 'an https URL')
  return {
    authorization_endpoint: endpoint,
    token_endpoint: endpoint,
    pushed_authorization_request_endpoint: endpoint,
    response_types_supported: listWith('code'),
    grant_types_supported: listWith('authorization_code', 'refresh_token'),
    code_challenge_methods_supported: listWith('S256'),
    token_endpoint_auth_methods_supported: listWith('none', 'private_key_jwt'),
    token_endpoint_auth_signing_alg_values_supported: (value) =>
      listWith('ES256')(value) ?? (includes(value, 'none') ? 'a list without none' : undefined),
    dpop_signing_alg_values_supported: listWith('ES256'),
    scopes_supported: listWith('atproto'),
    authorization_response_iss_parameter_supported: required,
    require_pushed_authorization_requests: required,
    client_id_metadata_document_supported: required,
    require_request_uri_registration: (value) =>
      value === undefined ? undefined : required(value) && 'true, or absent',
    // RFC 9728 §4: a server that lists its resources must list the one that named it.
    protected_resources: (value) =>
      value === undefined || pds === undefined || includes(value, pds) ? undefined : `a list with ${pds}`,
  }
}

/** What every server of the profile says. */
const required: Rule = (value) => (value === true ? undefined : 'true')

function listWith(...values: readonly string[]): Rule {
  return (list) => {
    if (!values.every((value) => includes(list, value))) return `a list with ${values.join(' and ')}`
    return offered(list) ? undefined : 'a list of texts'
  }
}

/** A list of texts. A server that says badly what it offers beyond the profile has said nothing. */
function offered(list: unknown): readonly string[] | undefined {
  return Array.isArray(list) && list.every((item): item is string => typeof item === 'string') ? list : undefined
}

function includes(list: unknown, value: string): boolean {
  return Array.isArray(list) && list.includes(value)
}
