import type { Did } from '../syntax/did.ts'
import type { FetchedServer } from './authorization-server.ts'
import type { DidDocument } from './did-document.ts'
import { Lookups } from './lookups.ts'
import { MetadataLookups } from './metadata-lookups.ts'

/** What was found about accounts and servers, for lookups to share. */
export class SharedAnswers {
  /** The DIDs of handles. */
  readonly handles: Lookups<Did>
  /** DID documents, by DID: several DIDs can name one URL. */
  readonly documents: Lookups<DidDocument>
  /** The issuers of PDSes, by the URL of their metadata. */
  readonly resources: MetadataLookups<string>
  /** Authorization servers, by the URL of their metadata. */
  readonly servers: MetadataLookups<FetchedServer>

  constructor(most: number) {
    this.handles = new Lookups(most, (did) => did.length)
    this.documents = new Lookups(most, ({ text }) => text.length)
    this.resources = new MetadataLookups(most, (issuer) => issuer.length)
    this.servers = new MetadataLookups(most, ({ text }) => text.length)
  }
}
