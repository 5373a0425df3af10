import { blobCid } from './cid.ts'
import type { BlobRef } from './records.ts'
import { XrpcRefusal } from './xrpc-refusal.ts'

/** A blob of an account. */
export interface StoredBlob extends BlobRef {
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** First bytes, in hex, of the types that the reference server tells by themselves, of the many that it knows. */
const SIGNATURES: readonly (readonly [mimeType: string, pattern: RegExp])[] = [
  ['image/png', /^89504e470d0a1a0a/],
  ['image/jpeg', /^ffd8ff/],
  ['image/gif', /^47494638/],
  ['image/webp', /^52494646.{8}57454250/],
  ['application/pdf', /^25504446/],
]

/** The blobs of one account. One that no record points to is temporary, and nobody gets it. */
export class Blobs {
  readonly #temporary = new Map<string, StoredBlob>()
  readonly #permanent = new Map<string, StoredBlob>()

  /** Keeps bytes until a record points to them. What they are counts for more than what they are called. */
  async upload(bytes: Uint8Array<ArrayBuffer>, declaredType: string): Promise<BlobRef> {
    const cid = await blobCid(bytes)
    const blob = { cid, bytes, size: bytes.length, mimeType: sniffMimeType(bytes) ?? declaredType }
    // Uploaded again, it stays what it was: the answer says otherwise on the reference server, too.
    if (!this.#permanent.has(cid) && !this.#temporary.has(cid)) this.#temporary.set(cid, blob)
    return blob
  }

  /** A blob that a record points to. */
  get(cid: string): StoredBlob | undefined {
    return this.#permanent.get(cid)
  }

  /** Throws where a record may not point to this. */
  check(ref: BlobRef): void {
    if (this.#permanent.has(ref.cid)) return
    const found = this.#temporary.get(ref.cid)
    if (!found) throw new XrpcRefusal(400, 'BlobNotFound', `Could not find blob: ${ref.cid}`)
    if (found.mimeType !== ref.mimeType) {
      throw mismatch('InvalidMimeType', 'Mimetype', found.mimeType, ref.mimeType)
    }
    if (found.size !== ref.size) throw mismatch('InvalidSize', 'Size', found.size, ref.size)
  }

  /** Keeps for good what records point to, and forgets what they no longer do. */
  keepOnly(cids: ReadonlySet<string>): void {
    for (const cid of this.#permanent.keys()) if (!cids.has(cid)) this.#permanent.delete(cid)
    for (const [cid, blob] of this.#temporary) {
      if (!cids.has(cid)) continue
      this.#temporary.delete(cid)
      this.#permanent.set(cid, blob)
    }
  }
}

function sniffMimeType(bytes: Uint8Array): string | undefined {
  const start = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return SIGNATURES.find(([, pattern]) => pattern.test(start))?.[0]
}

function mismatch(error: string, what: string, expected: string | number, found: string | number): XrpcRefusal {
  const message = `Referenced ${what} does not match stored blob. Expected: ${expected}, Got: ${found}`
  return new XrpcRefusal(400, error, message)
}
