import { discoverServer } from './discover-server.ts'
import { assertIdentifier, directoryOfCall, type DiscoveryOptions } from './discovery-options.ts'
import { parseIdentifier } from './identifier.ts'
import { handOut, type ResolvedIdentity } from './resolve-identity.ts'
import type { AuthorizationServer } from './server-schema.ts'

/** An authorization server, and what led to it. */
export interface DiscoveredAuthorizationServer extends AuthorizationServer {
  /** The account. Undefined where the search began at a server: who signs in there shows only afterwards. */
  readonly identity: ResolvedIdentity | undefined
  /** Origin of the PDS that it guards. Undefined where the search began at the authorization server itself. */
  readonly pds: string | undefined
}

/**
 * Finds the authorization server that guards an account or a PDS, and checks that it keeps every rule of the AT Protocol
 * profile.
 *
 * @example
 * const server = await discoverAuthorizationServer('alice.example.com')
 * console.log(server.issuer, server.parEndpoint, server.promptValues)
 * @param identifier a handle, a DID, or the URL of a PDS or of an authorization server
 * @throws IdentityError for a handle or DID that leads to no account
 * @throws DiscoveryError `not_a_server`, `server_metadata_invalid`, `issuer_mismatch` and the other codes of servers
 * @throws NetworkError where somebody cannot be asked
 * @throws TypeError for options that cannot work, naming the field
 * @see https://atproto.com/specs/oauth#authorization-servers
 */
export async function discoverAuthorizationServer(
  identifier: string,
  options: DiscoveryOptions = {},
): Promise<DiscoveredAuthorizationServer> {
  assertIdentifier(identifier, 'a handle, a DID, or the URL of a server')
  const directory = directoryOfCall(options)
  const { signal, fresh, maxAgeMs } = options
  const parsed = await parseIdentifier(directory.transport, identifier)
  const { server, identity, pds } = await discoverServer(directory, parsed, { signal, fresh, maxAgeMs })
  return { ...server, identity: identity && handOut(identity), pds }
}
