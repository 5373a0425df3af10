import { hashBase32 } from '../hash-base32.ts'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const RAW = 0x55
const DAG_CBOR = 0x71
const SHA_256 = 0x12

/** The CID of a blob: what any other implementation computes too. */
export function blobCid(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hashCid(RAW, bytes)
}

/**
 * The CID of a record. Equal records have equal CIDs, whatever the order of their keys; but it is the hash of their
 * JSON and not of their DAG-CBOR, so that no other implementation computes the same.
 */
export function recordCid(record: object): Promise<string> {
  return hashCid(DAG_CBOR, new TextEncoder().encode(canonicalJson(record)))
}

/** The CID of a commit, by what tells it from all others. Nobody can read one here, so it is the hash of nothing. */
export function commitCid(name: string): string {
  return writeCid(DAG_CBOR, new TextEncoder().encode(hashBase32(name, 32)))
}

/** Whether this is a CIDv1 with a SHA-256, in base32: the only ones that AT Protocol knows. */
export function isCid(text: string): boolean {
  return /^b[a-z2-7]{58}$/.test(text)
}

async function hashCid(codec: number, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return writeCid(codec, new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

function writeCid(codec: number, digest: Uint8Array): string {
  return `b${encodeBase32([1, codec, SHA_256, digest.length, ...digest])}`
}

function encodeBase32(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
