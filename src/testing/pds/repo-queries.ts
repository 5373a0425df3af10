import { z } from 'zod'
import type { Accounts } from './accounts.ts'
import type { DidResolver } from './did-resolver.ts'
import { atIdentifier, cid, flag, integer, nsid, recordKey } from './lexicon-values.ts'
import { type Methods, query } from './method.ts'
import type { Repositories } from './repositories.ts'
import { invalidRequest, XrpcRefusal } from './xrpc-refusal.ts'

const getParams = z.object({
  repo: atIdentifier,
  collection: nsid,
  rkey: recordKey,
  cid: cid.optional(),
})
const listParams = z.object({
  repo: atIdentifier,
  collection: nsid,
  limit: integer({ min: 1, max: 100 }).optional(),
  cursor: z.string().optional(),
  reverse: flag.optional(),
})
const describeParams = z.object({ repo: atIdentifier })

export interface RepoQueriesOptions {
  readonly accounts: Accounts
  readonly repositories: Repositories
  readonly dids: DidResolver
}

/** What reads a repository, for everybody: `com.atproto.repo.getRecord`, `listRecords`, `describeRepo` */
export function repoQueries({ accounts, repositories, dids }: RepoQueriesOptions): Methods {
  return {
    'com.atproto.repo.getRecord': query((call) => {
      const { repo, collection, rkey, cid: wanted } = call.params(getParams)
      call.nobody()
      const account = accounts.findActive(repo)
      if (!account) throw invalidRequest('Could not locate record')
      const repository = repositories.of(account.did)
      const record = repository.find(collection, rkey)
      if (record && (wanted === undefined || wanted === record.cid)) return show(record)
      const uri = repository.uriOf(collection, rkey)
      throw new XrpcRefusal(400, 'RecordNotFound', `Could not locate record: ${uri}`)
    }),
    'com.atproto.repo.listRecords': query((call) => {
      const { repo, collection, limit = 50, cursor, reverse = false } = call.params(listParams)
      call.nobody()
      const account = accounts.findActive(repo)
      if (!account) throw invalidRequest(`Could not find repo: ${repo}`)
      // An empty cursor is none.
      const page = { limit, cursor: cursor || undefined, reverse }
      const records = repositories.of(account.did).list(collection, page)
      const last = records.at(-1)
      // Also on the last page, as the reference server has it: only an empty one has none.
      return { records: records.map(show), ...(last && { cursor: last.rkey }) }
    }),
    'com.atproto.repo.describeRepo': query(async (call) => {
      const { repo } = call.params(describeParams)
      call.nobody()
      const { did, handle } = accounts.available(repo)
      const didDoc = await dids.resolve(did)
      if (!didDoc) throw invalidRequest(`Could not resolve DID: ${did}`)
      const handleIsCorrect = didDoc.alsoKnownAs?.[0] === `at://${handle}`
      return { handle, did, didDoc, collections: repositories.of(did).collections, handleIsCorrect }
    }),
  }
}

function show({ uri, cid: recordCid, value }: { uri: string; cid: string; value: object }): object {
  return { uri, cid: recordCid, value }
}
