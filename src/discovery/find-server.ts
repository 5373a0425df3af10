import { DiscoveryError } from '../errors/discovery-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import { type FetchedServer, findAuthorizationServer } from './authorization-server.ts'
import type { Directory } from './directory.ts'
import type { MetadataLimits } from './metadata-lookups.ts'
import { findIssuer, recallIssuer } from './protected-resource.ts'
import { untilDecided } from './until-decided.ts'

/** An authorization server, and the PDS that led to it. */
export interface FoundServer {
  readonly fetched: FetchedServer
  /** Undefined where the search began at the authorization server itself. */
  readonly pds: string | undefined
}

/** Follows a PDS to its authorization server. */
export async function findServer(
  directory: Directory,
  pds: string,
  limits: MetadataLimits,
): Promise<FetchedServer> {
  return askingOwn(directory, pds, limits, async (ask) => ask(await findIssuer(directory, pds, limits)))
}

/** Finds the authorization server behind a URL, which may be that of a PDS or of the authorization server itself. */
export async function findServerAt(
  directory: Directory,
  origin: string,
  limits: MetadataLimits,
): Promise<FoundServer> {
  return askingOwn(directory, origin, limits, async (ask) => {
    const issuer = await findIssuer(directory, origin, limits).catch(undefinedElsewhere)
    if (issuer !== undefined) return { fetched: await ask(issuer), pds: origin }
    const fetched = await ask(origin).catch((cause: unknown) => {
      undefinedElsewhere(cause)
      throw new DiscoveryError('not_a_server', {
        url: origin,
        field: 'identifier',
        found: origin,
        action: `check the URL; where ${new URL(origin).hostname} is a handle, type it without https://`,
        cause,
      })
    })
    return { fetched, pds: undefined }
  })
}

/**
 * Asks the metadata of a PDS's own origin while its resource metadata is asked: most PDSes are their own issuer. What
 * comes of it counts only where it is wanted, and the request ends where it is not.
 */
function askingOwn<T>(
  directory: Directory,
  pds: string,
  limits: MetadataLimits,
  follow: (ask: (issuer: string) => Promise<FetchedServer>) => Promise<T>,
): Promise<T> {
  return untilDecided(limits.signal, (signal) => {
    const find = (issuer: string) => findAuthorizationServer(directory, issuer, { ...limits, signal })
    let own: Promise<FetchedServer> | undefined
    const ask = (issuer: string) => (issuer === pds ? (own ??= find(pds)) : find(issuer))
    const known = recallIssuer(directory, pds)
    const following = follow(ask)
    // Whoever wants it hears of its failure.
    if (known === undefined || known === pds) ask(pds).catch(() => {})
    return following
  })
}

/** Undefined where this is how a server answers for a document that it does not have: as for any page. */
function undefinedElsewhere(error: unknown): undefined {
  const isRedirect = error instanceof NetworkError && error.code === 'redirected'
  const isNoDocument =
    error instanceof DiscoveryError && (error.code === 'metadata_unavailable' || error.field === 'content-type')
  if (!isRedirect && !isNoDocument) throw error
  return undefined
}
