import { untilAborted } from '../http/deadline.ts'
import type { Did } from '../syntax/did.ts'
import { findDidDocument } from './did-document.ts'
import type { Directory } from './directory.ts'
import { findServer, findServerAt, type FoundServer } from './find-server.ts'
import type { Identifier } from './identifier.ts'
import { type Identity, identifyHandle, identityOf, provedHandle } from './identity.ts'
import { LAST_GOOD_METADATA_AGE_MS } from './limits.ts'
import type { LookupLimits } from './lookup.ts'
import type { MetadataLimits } from './metadata-lookups.ts'
import { type AuthorizationServer, parseAuthorizationServer } from './server-schema.ts'
import { untilDecided } from './until-decided.ts'

/** Where a sign-in goes, and for whom. */
export interface DiscoveredServer {
  /** Undefined where the sign-in begins at a server: who it is shows only when they come back. */
  readonly identity: Identity | undefined
  /** Origin of the PDS. Undefined where the sign-in begins at the authorization server itself. */
  readonly pds: string | undefined
  readonly server: AuthorizationServer
}

/** What was found on the way to a server, as it is found. */
export interface DiscoveryHooks {
  /** The handle's DID: its document is still to confirm the handle. */
  readonly onDid?: ((did: Did) => void) | undefined
  /** Where the account lives. The handle is undefined where it is not proved yet. */
  readonly onAccount?: ((account: Pick<Identity, 'did' | 'handle' | 'pds'>) => void) | undefined
}

/**
 * Follows what a person typed to the authorization server that guards it. Answers may be ten minutes old, and what
 * a server said of itself a day where it fails, or is slow: unless the caller says how old.
 *
 * @throws IdentityError, DiscoveryError, NetworkError
 * @see https://atproto.com/specs/oauth#identity-authentication
 */
export async function discoverServer(
  directory: Directory,
  identifier: Identifier,
  limits: LookupLimits,
  hooks: DiscoveryHooks = {},
): Promise<DiscoveredServer> {
  const { transport } = directory
  const wish = { ...limits, ...(limits.maxAgeMs === undefined && { lastGoodMs: LAST_GOOD_METADATA_AGE_MS }) }
  const { identity, pds, fetched } = await follow(directory, identifier, wish, hooks)
  return { identity, pds, server: parseAuthorizationServer(transport, fetched, pds) }
}

/** The server as it describes itself, and what led to it. */
interface Followed extends FoundServer {
  readonly identity?: Identity
}

async function follow(
  directory: Directory,
  identifier: Identifier,
  limits: MetadataLimits,
  { onDid, onAccount }: DiscoveryHooks,
): Promise<Followed> {
  if (identifier.kind === 'server') return findServerAt(directory, identifier.origin, limits)
  if (identifier.kind === 'handle') {
    const identity = await identifyHandle(directory, identifier.handle, limits, onDid)
    onAccount?.(identity)
    return { identity, pds: identity.pds, fetched: await findServer(directory, identity.pds, limits) }
  }
  const document = await findDidDocument(directory, identifier.did, limits)
  const { did, pds } = document
  onAccount?.({ did, handle: undefined, pds })
  // The handle of a DID is only shown: it is proved while the server is asked, and given up where there is none.
  return untilDecided(limits.signal, async (signal) => {
    const proving = untilAborted(signal, provedHandle(directory, document, { ...limits, signal }))
    proving.catch(() => {}) // heard of below, where the server was found
    const fetched = await findServer(directory, pds, limits)
    return { identity: identityOf(document, await proving), pds, fetched }
  })
}
