import {
  Agent,
  type BlobRef,
  ComAtprotoRepoGetRecord,
  type ComAtprotoRepoUploadBlob,
  XRPCError,
} from '@atproto/api'
import type { XrpcClient } from '../../../src/index.ts'
import { type ForeignClient, NO_NOTE, NOTE, PATTERNS, type Refusal, type Upload } from './foreign-client.ts'

/** `Agent` of @atproto/api over a session of ours. */
export function openAgent(client: XrpcClient): ForeignClient {
  const agent = new Agent(client)
  const { repo, server } = agent.com.atproto
  return {
    did: agent.did,
    getSession: async () => (await server.getSession()).data.did,
    writeNote: (text) => create({ text }),
    async listNotes() {
      const { data } = await repo.listRecords({ repo: agent.assertDid, collection: NOTE })
      return data.records.map(({ value }) => String(value['text']))
    },
    async upload(body, type) {
      const { ref, mimeType, size } = await upload(body, type)
      return { cid: ref.toString(), mimeType, size }
    },
    attach: async (text, body, type) => create({ text, file: await upload(body, type) }),
    async readMissing() {
      const found = repo.getRecord({ repo: agent.assertDid, collection: NOTE, rkey: NO_NOTE })
      return found.then(
        () => Promise.reject(new Error('there is such a record')),
        (failure: unknown) => {
          if (failure instanceof ComAtprotoRepoGetRecord.RecordNotFoundError) return failure
          throw failure
        },
      )
    },
    async queryLabels(elsewhere, signal) {
      const proxied = elsewhere ? agent.withProxy(elsewhere.serviceId, elsewhere.did) : agent
      if (elsewhere) proxied.configureLabelers([elsewhere.labeler])
      await proxied.com.atproto.label.queryLabels({ uriPatterns: PATTERNS }, { ...(signal && { signal }) })
    },
    ownLabelers: Agent.appLabelers.map((did) => `${did};redact`),
    refusalOf: (failure): Refusal | undefined => (failure instanceof XRPCError ? failure : undefined),
  }

  async function create(note: object): Promise<string> {
    const record = { $type: NOTE, ...note }
    return (await repo.createRecord({ repo: agent.assertDid, collection: NOTE, record })).data.uri
  }

  async function upload(body: Upload, encoding: string): Promise<BlobRef> {
    if (!(body instanceof ReadableStream)) return (await agent.uploadBlob(body, { encoding })).data.blob
    // The types of `uploadBlob` leave streams out; the call below it takes them.
    const { data }: { data: ComAtprotoRepoUploadBlob.OutputSchema } = await agent.call(
      'com.atproto.repo.uploadBlob',
      {},
      body,
      { encoding },
    )
    return data.blob
  }
}
