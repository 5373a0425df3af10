import {
  type BlobRef,
  Client,
  getBlobCidString,
  getBlobMime,
  getBlobSize,
  l,
  XrpcResponseError,
} from '@atproto/lex'
import type { XrpcClient } from '../../../src/index.ts'
import { type ForeignClient, NO_NOTE, NOTE, PATTERNS, type Upload } from './foreign-client.ts'

// As the library's generator writes them.
const note = l.record('tid', NOTE, l.object({ text: l.string(), file: l.optional(l.blob({ accept: ['*/*'] })) }))
const getSession = l.query(
  'com.atproto.server.getSession',
  l.params(),
  l.jsonPayload({ did: l.string({ format: 'did' }) }),
)
const queryLabels = l.query(
  'com.atproto.label.queryLabels',
  l.params({ uriPatterns: l.array(l.string()) }),
  l.jsonPayload({ labels: l.array(l.lexMap()) }),
)

/** `Client` of @atproto/lex over a session of ours. */
export function openLexClient(client: XrpcClient): ForeignClient {
  const lex = new Client(client)
  return {
    did: lex.did,
    getSession: async () => (await lex.xrpc(getSession)).body.did,
    writeNote: async (text) => (await lex.create(note, { text })).uri,
    async listNotes() {
      const { records } = await lex.list(note)
      return records.map(({ value }) => String(value['text']))
    },
    async upload(body, type) {
      const blob = await upload(body, type)
      return { cid: getBlobCidString(blob), mimeType: getBlobMime(blob), size: getBlobSize(blob) ?? 0 }
    },
    attach: async (text, body, type) => (await lex.create(note, { text, file: await upload(body, type) })).uri,
    async readMissing() {
      return lex.get(note, { rkey: NO_NOTE }).then(
        () => Promise.reject(new Error('there is such a record')),
        (failure: unknown) => {
          if (failure instanceof XrpcResponseError && failure.matchesSchemaErrors()) return failure
          throw failure
        },
      )
    },
    async queryLabels(elsewhere, signal) {
      const params = { uriPatterns: PATTERNS }
      const proxied = elsewhere
        ? new Client(client, {
            service: `${elsewhere.did}#${elsewhere.serviceId}`,
            labelers: [elsewhere.labeler],
          })
        : lex
      await proxied.xrpc(queryLabels, { params, ...(signal && { signal }) })
    },
    refusalOf: (failure) => (failure instanceof XrpcResponseError ? failure : undefined),
  }

  async function upload(body: Upload, encoding: `${string}/${string}`): Promise<BlobRef> {
    return (await lex.uploadBlob(body, { encoding })).body.blob
  }
}
