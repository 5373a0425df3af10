import type { RequestLimits } from '../http/exchange.ts'
import { isEndpoint } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import type { Directory } from './directory.ts'
import { fetchMetadata } from './fetch-metadata.ts'
import type { MetadataLimits } from './metadata-lookups.ts'

/** What a living session needs of an authorization server. */
export interface TokenServer {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | undefined
}

/** A server's metadata as it came, with what every use of it needs already checked. */
export interface FetchedServer extends TokenServer {
  readonly url: string
  /**
   * The whole document, for the schema that a sign-in holds it against: as text, since what a text means can take twenty
   * times its memory.
   */
  readonly text: string
}

/** Finds an authorization server: remembered, or asked for as {@link fetchAuthorizationServer} does. */
export function findAuthorizationServer(
  { transport, cache }: Directory,
  issuer: string,
  limits: MetadataLimits,
): Promise<FetchedServer> {
  return cache.servers.find(serverUrl(issuer), transport, limits, (signal) =>
    fetchAuthorizationServer(transport, issuer, { ...limits, signal }),
  )
}

/**
 * Fetches the metadata of an authorization server, and checks what a refresh needs of it, without a schema.
 *
 * @throws DiscoveryError `server_metadata_invalid`, `issuer_mismatch`, `metadata_unavailable`, `server_failing`
 * @throws NetworkError
 * @see RFC 8414 §3
 */
export async function fetchAuthorizationServer(
  transport: Transport,
  issuer: string,
  limits: RequestLimits,
): Promise<FetchedServer> {
  const url = serverUrl(issuer)
  const { body, text, flaw } = await fetchMetadata(transport, url, 'server_metadata_invalid', limits)
  // RFC 8414 §3.3: compared as strings, never as URLs.
  if (body['issuer'] !== issuer) throw flaw('issuer', issuer, 'issuer_mismatch')
  const { token_endpoint: tokenEndpoint, revocation_endpoint: revocationEndpoint } = body
  if (!isEndpoint(transport, tokenEndpoint)) throw flaw('token_endpoint', 'an https URL')
  if (revocationEndpoint !== undefined && !isEndpoint(transport, revocationEndpoint))
    throw flaw('revocation_endpoint', 'an https URL')
  return { issuer, tokenEndpoint, revocationEndpoint, url, text }
}

function serverUrl(issuer: string): string {
  return `${issuer}/.well-known/oauth-authorization-server`
}
