import type { RequestLimits } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { type FetchedServer, fetchAuthorizationServer } from './authorization-server.ts'
import { type DidDocument, fetchDidDocument } from './did-document.ts'
import type { Directory } from './directory.ts'
import { fetchProtectedResource } from './protected-resource.ts'

/** Where an account lives, and who guards it there. */
export interface AccountServer {
  readonly document: DidDocument
  readonly server: FetchedServer
}

/**
 * Follows an account from its DID to its authorization server, asking every hop afresh. A sign-in holds the result
 * against the full schema as well; a refresh takes it as it is.
 *
 * @throws IdentityError, DiscoveryError, NetworkError
 */
export async function findAccountServer(
  directory: Directory,
  did: Did,
  limits: RequestLimits,
): Promise<AccountServer> {
  const document = await fetchDidDocument(directory, did, limits)
  return { document, server: await findServer(directory, document.pds, limits) }
}

/** Follows a PDS to its authorization server. */
export async function findServer(
  directory: Directory,
  pds: string,
  limits: RequestLimits,
): Promise<FetchedServer> {
  const issuer = await fetchProtectedResource(directory.transport, pds, limits)
  return fetchAuthorizationServer(directory.transport, issuer, limits)
}
