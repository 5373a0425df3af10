import { DiscoveryError } from '../errors/discovery-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import { type FetchedServer, findAuthorizationServer } from './authorization-server.ts'
import type { Directory } from './directory.ts'
import type { MetadataLimits } from './metadata-lookups.ts'
import { findIssuer, recallIssuer } from './protected-resource.ts'

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
  return beside(directory, pds, limits, async (askOwn) => {
    const issuer = await findIssuer(directory, pds, limits)
    return issuer === pds ? askOwn() : findAuthorizationServer(directory, issuer, limits)
  })
}

/** Finds the authorization server behind a URL, which may be that of a PDS or of the authorization server itself. */
export async function findServerAt(
  directory: Directory,
  origin: string,
  limits: MetadataLimits,
): Promise<FoundServer> {
  return beside(directory, origin, limits, async (askOwn) => {
    const issuer = await findIssuer(directory, origin, limits).catch(undefinedElsewhere)
    if (issuer === origin) return { fetched: await askOwn(), pds: origin }
    if (issuer !== undefined)
      return { fetched: await findAuthorizationServer(directory, issuer, limits), pds: origin }
    const fetched = await askOwn().catch((cause: unknown) => {
      undefinedElsewhere(cause)
      throw new DiscoveryError('not_a_server', {
        url: origin,
        field: 'identifier',
        expected: 'the URL of a PDS or of an authorization server',
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
async function beside<T>(
  directory: Directory,
  pds: string,
  limits: MetadataLimits,
  follow: (askOwn: () => Promise<FetchedServer>) => Promise<T>,
): Promise<T> {
  const unwanted = new AbortController()
  const signal = limits.signal ? AbortSignal.any([limits.signal, unwanted.signal]) : unwanted.signal
  const ask = () => findAuthorizationServer(directory, pds, { ...limits, signal })
  const known = recallIssuer(directory, pds)
  let own: Promise<FetchedServer> | undefined
  const following = follow(() => (own ??= ask()))
  if (known === undefined || known === pds) {
    own ??= ask()
    own.catch(() => {}) // whoever wants it hears of its failure
  }
  try {
    return await following
  } finally {
    unwanted.abort()
  }
}

/** Undefined where this is how a server answers for a document that it does not have: as for any page. */
function undefinedElsewhere(error: unknown): undefined {
  const isRedirect = error instanceof NetworkError && error.code === 'redirected'
  const isNoDocument =
    error instanceof DiscoveryError && (error.code === 'metadata_unavailable' || error.field === 'content-type')
  if (!isRedirect && !isNoDocument) throw error
  return undefined
}
