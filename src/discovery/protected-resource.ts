import { DiscoveryError } from '../errors/discovery-error.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { parseOrigin } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import type { Directory } from './directory.ts'
import { fetchMetadata } from './fetch-metadata.ts'
import type { MetadataLimits } from './metadata-lookups.ts'

/** Finds the issuer that guards a PDS: remembered, or asked for as {@link fetchProtectedResource} does. */
export function findIssuer({ transport, cache }: Directory, pds: string, limits: MetadataLimits): Promise<string> {
  return cache.resources.find(resourceUrl(pds), transport, limits, (signal) =>
    fetchProtectedResource(transport, pds, { ...limits, signal }),
  )
}

/** The issuer that was last known to guard a PDS. Good for a guess. */
export function recallIssuer({ transport, cache }: Directory, pds: string): string | undefined {
  return cache.resources.recallAnswer(resourceUrl(pds), transport.clock)
}

/**
 * Asks a PDS which authorization server guards it.
 *
 * @returns the issuer
 * @throws DiscoveryError `resource_metadata_invalid`, `resource_mismatch`, `issuer_invalid`, `metadata_unavailable`,
 *   `server_failing`
 * @throws NetworkError
 * @see RFC 9728 §3; https://atproto.com/specs/oauth#server-metadata
 */
export async function fetchProtectedResource(
  transport: Transport,
  pds: string,
  limits: RequestLimits,
): Promise<string> {
  const url = resourceUrl(pds)
  const { body, flaw } = await fetchMetadata(transport, url, 'resource_metadata_invalid', limits)
  // RFC 9728 §3.3: what is not about the resource that was asked must not be used.
  if (body['resource'] !== pds) throw flaw('resource', pds, 'resource_mismatch')
  const field = 'authorization_servers'
  const servers: unknown = body[field]
  if (!Array.isArray(servers) || servers.length !== 1) throw flaw(field, 'exactly one')
  return parseIssuer(transport, servers[0], { url, field })
}

function resourceUrl(pds: string): string {
  return `${pds}/.well-known/oauth-protected-resource`
}

/** Reads an issuer: a bare origin, letter for letter. */
export function parseIssuer(
  transport: Pick<Transport, 'allowLoopback'>,
  value: unknown,
  where: { readonly url: string; readonly field: string },
): string {
  if (typeof value === 'string' && parseOrigin(transport, value) === value) return value
  throw new DiscoveryError('issuer_invalid', { ...where, expected: 'a bare https origin', found: value ?? null })
}
