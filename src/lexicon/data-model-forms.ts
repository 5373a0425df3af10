import { jsonToLex } from '@atproto/lexicon'
import type { BlobRef, Bytes, CidLink } from '../xrpc/data-model.ts'

type Fields = Readonly<Record<string, unknown>>

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
// CIDv1 in base32: `b`, the version, the codec (raw or dag-cbor), sha-256 and its length, 32 bytes, two bits of nothing.
const DIGEST = '[a-h][a-z2-7]{50}[aeimquy4]'
const RAW_LINK = new RegExp(`^bafkrei${DIGEST}$`)
const LINK = new RegExp(`^baf[ky]rei${DIGEST}$`)

/** Whether an object is to be bytes, well-formed or not. */
export function looksLikeBytes(fields: Fields): boolean {
  return Object.hasOwn(fields, '$bytes')
}

/** Bytes: base64 (RFC 4648 §4), padded in full or not at all, and no other field. */
export function isBytes(fields: Fields): fields is Bytes {
  const { $bytes } = fields
  if (typeof $bytes !== 'string' || Object.keys(fields).length !== 1 || !BASE64.test($bytes)) return false
  const isPadded = $bytes.endsWith('=')
  return isPadded ? $bytes.length % 4 === 0 : $bytes.length % 4 !== 1
}

/** How many bytes a base64 text stands for. */
export function countBytes({ $bytes }: Bytes): number {
  return Math.floor(($bytes.replace(/=+$/, '').length * 3) / 4)
}

/** Whether an object is to be a link, well-formed or not. */
export function looksLikeLink(fields: Fields): boolean {
  return Object.hasOwn(fields, '$link')
}

/** A link: a CIDv1 in base32, by sha-256, to dag-cbor or raw bytes, and no other field. */
export function isLink(fields: Fields): fields is CidLink {
  return typeof fields['$link'] === 'string' && Object.keys(fields).length === 1 && LINK.test(fields['$link'])
}

/** Whether an object says that it is a blob. */
export function looksLikeBlob(fields: Fields): boolean {
  return fields['$type'] === 'blob'
}

/** The first field of a blob that is wrong, and what belongs there. */
export function findBlobMistake({ ref, mimeType, size }: Fields): { field: string; expected: string } | undefined {
  const link = typeof ref === 'object' && ref !== null ? (ref as Fields) : {}
  if (!isLink(link) || !RAW_LINK.test(link.$link)) {
    return { field: 'ref', expected: 'the link of a blob: { $link }, a CIDv1 of raw bytes by sha-256' }
  }
  if (typeof mimeType !== 'string' || mimeType === '') return { field: 'mimeType', expected: 'a media type' }
  // Zero is what a server gives for an empty file.
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    return { field: 'size', expected: 'a number of bytes' }
  }
  return undefined
}

/** A blob whose fields are right. */
export function isBlob(fields: Fields): fields is BlobRef {
  return looksLikeBlob(fields) && findBlobMistake(fields) === undefined
}

/** Whether an object has the form that blobs had before they had a `$type`, and nothing else: read, and never written. */
export function isLegacyBlob(fields: Fields): boolean {
  const { cid, mimeType } = fields
  return typeof cid === 'string' && typeof mimeType === 'string' && Object.keys(fields).length === 2
}

/** Whether the CID of what has that form can be read. */
export function isReadableLegacyBlob(fields: Fields): boolean {
  try {
    jsonToLex(fields)
    return true
  } catch {
    // What it throws says nothing beyond that.
    return false
  }
}
