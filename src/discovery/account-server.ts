import type { Did } from '../syntax/did.ts'
import { type FetchedServer, findAuthorizationServer } from './authorization-server.ts'
import { type DidDocument, findDidDocument } from './did-document.ts'
import type { Directory } from './directory.ts'
import type { LookupLimits } from './lookup.ts'
import { findIssuer } from './protected-resource.ts'

/** Where an account lives, and who guards it there. */
export interface AccountServer {
  readonly document: DidDocument
  readonly server: FetchedServer
}

/**
 * Follows an account from its DID to its authorization server, asking every hop afresh unless an age is given. A sign-in
 * holds the result against the full schema as well; a refresh takes it as it is.
 *
 * @throws IdentityError, DiscoveryError, NetworkError
 */
export async function findAccountServer(
  directory: Directory,
  did: Did,
  limits: LookupLimits,
): Promise<AccountServer> {
  const wish = { fresh: limits.maxAgeMs === undefined, ...limits }
  const document = await findDidDocument(directory, did, wish)
  const issuer = await findIssuer(directory, document.pds, wish)
  return { document, server: await findAuthorizationServer(directory, issuer, wish) }
}
