import type {} from '@atcute/atproto'
import { Client, ClientResponseError, ok } from '@atcute/client'
import type { XrpcClient } from '../../../src/index.ts'
import { type ForeignClient, NO_NOTE, NOTE, PATTERNS, type Upload } from './foreign-client.ts'

/** `Client` of @atcute/client over a session of ours. */
export function openAtcuteClient(client: XrpcClient): ForeignClient {
  const rpc = new Client({ handler: client.fetchHandler })
  return {
    did: client.did,
    getSession: async () => (await ok(rpc.get('com.atproto.server.getSession'))).did,
    writeNote: (text) => create({ text }),
    async listNotes() {
      const params = { repo: client.did, collection: NOTE } as const
      const { records } = await ok(rpc.get('com.atproto.repo.listRecords', { params }))
      return records.map(({ value }) => String(value['text']))
    },
    async upload(body, type) {
      const { ref, mimeType, size } = await upload(body, type)
      return { cid: ref.$link, mimeType, size }
    },
    attach: async (text, body, type) => create({ text, file: await upload(body, type) }),
    async readMissing() {
      const params = { repo: client.did, collection: NOTE, rkey: NO_NOTE } as const
      const { ok: isThere, status, data } = await rpc.get('com.atproto.repo.getRecord', { params })
      if (isThere) throw new Error('there is such a record')
      return { status, error: data.error }
    },
    async queryLabels(elsewhere, signal) {
      const proxied = elsewhere ? rpc.clone({ proxy: `${elsewhere.did}#${elsewhere.serviceId}` }) : rpc
      const options = {
        params: { uriPatterns: PATTERNS },
        ...(elsewhere && { headers: { 'atproto-accept-labelers': elsewhere.labeler } }),
        ...(signal && { signal }),
      }
      await ok(proxied.get('com.atproto.label.queryLabels', options))
    },
    refusalOf: (failure) => (failure instanceof ClientResponseError ? failure : undefined),
  }

  async function create(note: Record<string, unknown>): Promise<string> {
    const input = { repo: client.did, collection: NOTE, record: { $type: NOTE, ...note } } as const
    return (await ok(rpc.post('com.atproto.repo.createRecord', { input }))).uri
  }

  async function upload(input: Upload, type: string) {
    const headers = { 'content-type': type }
    return (await ok(rpc.post('com.atproto.repo.uploadBlob', { input, headers }))).blob
  }
}
