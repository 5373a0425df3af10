import { wrongArgument } from '../errors.ts'
import type { Did } from '../syntax/did.ts'
import type { FetchedServer } from './authorization-server.ts'
import type { DidDocument } from './did-document.ts'
import { MOST_REMEMBERED } from './limits.ts'
import { Lookups } from './lookups.ts'
import { MetadataLookups } from './metadata-lookups.ts'

/** Options of {@link discoveryCache}. */
export interface DiscoveryCacheOptions {
  /** How many handles, DID documents and servers are remembered, of each kind. @default 1000 */
  readonly maxEntries?: number
}

/** What was found about accounts and servers, for lookups to share. Made by {@link discoveryCache}. */
export class DiscoveryCache {
  /** @internal The DIDs of handles. */
  readonly handles: Lookups<Did>
  /** @internal DID documents, by URL. */
  readonly documents: Lookups<DidDocument>
  /** @internal The issuers of PDSes, by the URL of their metadata. */
  readonly resources: MetadataLookups<string>
  /** @internal Authorization servers, by the URL of their metadata. */
  readonly servers: MetadataLookups<FetchedServer>

  /** @internal */
  constructor(most: number) {
    this.handles = new Lookups(most, (did) => did.length)
    this.documents = new Lookups(most, ({ size }) => size)
    this.resources = new MetadataLookups(most, (issuer) => issuer.length)
    this.servers = new MetadataLookups(most, ({ size }) => size)
  }
}

/**
 * Makes a cache that calls of `resolveIdentity` and `discoverAuthorizationServer` can share. It keeps what was found
 * about an account for a day and about a server for ten minutes, that there is no such account for five minutes, and no
 * failure to ask. It holds nothing secret, and is for calls whose other options are the same.
 *
 * @example
 * const cache = discoveryCache({ maxEntries: 10_000 })
 * const { did } = await resolveIdentity('alice.example.com', { cache })
 * @throws TypeError for a `maxEntries` that is no whole number from 1
 */
export function discoveryCache(options: DiscoveryCacheOptions = {}): DiscoveryCache {
  const { maxEntries = MOST_REMEMBERED } = options
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw wrongArgument('maxEntries', 'a whole number from 1', maxEntries)
  }
  return new DiscoveryCache(maxEntries)
}
