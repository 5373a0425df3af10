import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Did } from '../syntax/did.ts'
import type { ResponseStream } from '../syntax/platform.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertNames } from './assert-names.ts'
import { INPUT_BODIES, type InputBody, isInputBody } from './body.ts'
import type { AnswerForm, CallOptions, XrpcResult } from './call-options.ts'
import type { XrpcClient } from './xrpc-client.ts'
import type { BlobRef } from './data-model.ts'
import type { OutputOf } from './registry.ts'
import { refuseAnswer } from './refuse-answer.ts'

const UPLOAD = 'com.atproto.repo.uploadBlob'
const GET = 'com.atproto.sync.getBlob'

/** What can be uploaded: a stream can be sent once, and what a function makes as often as it takes. */
export type BlobBody = InputBody | (() => InputBody | Promise<InputBody>)

/** Options of `uploadBlob`. */
export interface UploadBlobOptions extends CallOptions {
  /** The media type. @default that of a Blob, or application/octet-stream */
  readonly encoding?: string | undefined
}

/** A blob as records written before 2023 have it: to be read, never written. */
export interface LegacyBlobRef {
  readonly cid: string
  readonly mimeType: string
}

/** Options of `getBlob`. */
export type GetBlobOptions<D extends Did | undefined, As> = CallOptions & {
  /** All bytes, or a stream of them, which may be of any length. @default 'bytes' */
  readonly as?: As | undefined
} & (D extends Did
    ? {
        /** Whose blob: an account on the same server. @default the client's own */
        readonly did?: Did | undefined
      }
    : {
        /** Whose blob. */
        readonly did: Did
      })

/** The bytes of a blob, in the form that was asked for. */
export type BlobData<As> = As extends 'stream' ? ResponseStream : Uint8Array<ArrayBuffer>

/**
 * Uploads bytes as they are.
 *
 * @throws TypeError for what cannot be sent
 * @throws XrpcError `error_response`, `response_invalid`
 */
export async function uploadBlob<D extends Did>(
  client: XrpcClient<D>,
  body: BlobBody,
  options: UploadBlobOptions,
): Promise<XrpcResult<OutputOf<typeof UPLOAD>, D>> {
  assertNames(options, ['encoding'])
  // Anything else would be sent as JSON.
  if (typeof body !== 'function' && !isInputBody(body)) throw wrongArgument('body', INPUT_BODIES, body)
  const result = await client.post(UPLOAD, { ...options, input: body })
  // What is not a blob must not get into a record.
  if (isBlob(result.data?.blob)) return result
  throw refuseAnswer(UPLOAD, result, { field: 'blob', expected: 'a blob', found: result.data?.blob })
}

/** Reads the bytes of a blob that a record points to. */
export async function getBlob<D extends Did | undefined, As extends AnswerForm>(
  client: XrpcClient<D>,
  blob: string | BlobRef | LegacyBlobRef,
  options: CallOptions & { readonly did?: Did | undefined; readonly as?: As | undefined },
): Promise<XrpcResult<BlobData<As>, D>> {
  assertNames(options, ['did', 'as'])
  const { did = client.did, as = 'bytes', ...call } = options
  if (typeof did !== 'string') {
    throw wrongArgument('did', 'the DID of an account: this client has none of its own', did)
  }
  const result = await client.get(GET, { ...call, params: { did, cid: cidOf(blob) }, as })
  // What `as` asked for, or the bytes.
  return { ...result, data: result.data as BlobData<As> }
}

function isBlob(value: unknown): boolean {
  if (!isJsonObject(value) || value.$type !== 'blob' || !isJsonObject(value.ref)) return false
  const { ref, mimeType, size } = value
  return typeof ref.$link === 'string' && typeof mimeType === 'string' && Number.isSafeInteger(size)
}

function cidOf(blob: unknown): string {
  if (typeof blob === 'string') return blob
  const { ref, cid } = isJsonObject(blob) ? blob : {}
  const link = isJsonObject(ref) ? ref.$link : cid
  if (typeof link === 'string') return link
  throw wrongArgument('blob', 'a CID, or a blob of a record', blob)
}
