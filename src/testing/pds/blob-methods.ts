import { z } from 'zod'
import { type Accounts, refuseTakenDown } from './accounts.ts'
import { cid, did } from './lexicon-values.ts'
import { type Methods, procedure, query } from './method.ts'
import type { Repositories } from './repositories.ts'
import { BLOB_UPLOAD_LIMIT } from './server-methods.ts'
import { invalidRequest } from './xrpc-refusal.ts'

const getParams = z.object({ did, cid })

export interface BlobMethodsOptions {
  readonly accounts: Accounts
  readonly repositories: Repositories
}

/** `com.atproto.repo.uploadBlob` and `com.atproto.sync.getBlob` */
export function blobMethods({ accounts, repositories }: BlobMethodsOptions): Methods {
  return {
    'com.atproto.repo.uploadBlob': procedure(async (call) => {
      const caller = await call.account()
      const account = accounts.ofSession(caller.did)
      refuseTakenDown(account)
      const type = call.mimeType
      caller.permissions.requireBlob(type)
      const bytes = await call.bytes(BLOB_UPLOAD_LIMIT)
      const { cid: link, mimeType, size } = await repositories.of(account.did).blobs.upload(bytes, type)
      return { blob: { $type: 'blob', ref: { $link: link }, mimeType, size } }
    }),
    'com.atproto.sync.getBlob': query(async (call) => {
      const params = call.params(getParams)
      const caller = await call.anyone()
      const account = accounts.available(params.did, caller)
      const blob = repositories.of(account.did).blobs.get(params.cid)
      if (!blob) throw invalidRequest('Blob not found')
      const type = blob.mimeType.startsWith('text/') ? `${blob.mimeType}; charset=utf-8` : blob.mimeType
      return new Response(blob.bytes, {
        headers: {
          'content-type': type,
          'content-length': String(blob.size),
          'content-disposition': `attachment; filename="${blob.cid}"`,
          'content-security-policy': `default-src 'none'; sandbox`,
          'x-content-type-options': 'nosniff',
        },
      })
    }),
  }
}
