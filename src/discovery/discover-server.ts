import { DiscoveryError, NetworkError } from '../errors.ts'
import type { RequestLimits } from '../http/transport.ts'
import { findServer } from './account-server.ts'
import { type FetchedServer, fetchAuthorizationServer } from './authorization-server.ts'
import type { Directory } from './directory.ts'
import { type Identity, identifyDid, identifyHandle } from './identity.ts'
import type { Identifier } from './identifier.ts'
import { type AuthorizationServer, parseAuthorizationServer } from './server-schema.ts'

/** Where a sign-in goes, and for whom. */
export interface DiscoveredServer {
  /** Undefined where the sign-in begins at a server: who it is shows only when they come back. */
  readonly identity: Identity | undefined
  readonly server: AuthorizationServer
}

/**
 * Follows what a person typed to the authorization server that guards it.
 *
 * @throws IdentityError, DiscoveryError, NetworkError
 * @see https://atproto.com/specs/oauth#identity-authentication
 */
export async function discoverServer(
  directory: Directory,
  identifier: Identifier,
  limits: RequestLimits,
): Promise<DiscoveredServer> {
  const { transport } = directory
  if (identifier.kind === 'server') {
    const { fetched, pds } = await findServerAt(directory, identifier.origin, limits)
    return { identity: undefined, server: parseAuthorizationServer(transport, fetched, pds) }
  }
  const identity =
    identifier.kind === 'did'
      ? await identifyDid(directory, identifier.did, limits)
      : await identifyHandle(directory, identifier.handle, limits)
  const fetched = await findServer(directory, identity.pds, limits)
  return { identity, server: parseAuthorizationServer(transport, fetched, identity.pds) }
}

/** A server's URL may be that of a PDS, or of the authorization server itself. */
async function findServerAt(
  directory: Directory,
  origin: string,
  limits: RequestLimits,
): Promise<{ readonly fetched: FetchedServer; readonly pds: string | undefined }> {
  try {
    return { fetched: await findServer(directory, origin, limits), pds: origin }
  } catch (error) {
    // An authorization server says of a document that it does not have whatever it says of any page.
    const isElsewhere =
      (error instanceof DiscoveryError &&
        (error.code === 'metadata_unavailable' || error.field === 'content-type')) ||
      (error instanceof NetworkError && error.code === 'redirected')
    if (!isElsewhere) throw error
    return { fetched: await fetchAuthorizationServer(directory.transport, origin, limits), pds: undefined }
  }
}
