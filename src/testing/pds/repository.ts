import { Blobs } from './blobs.ts'
import { commitCid } from './cid.ts'
import type { PreparedRecord } from './records.ts'
import type { TidClock } from './tid.ts'
import { internalError, XrpcRefusal } from './xrpc-refusal.ts'

/** A record as a repository keeps it. */
export interface StoredRecord extends PreparedRecord {
  readonly uri: string
  readonly collection: string
  readonly rkey: string
}

/** One change of a repository. */
export type Write =
  | {
      readonly action: 'create' | 'update'
      readonly collection: string
      readonly rkey: string
      readonly record: PreparedRecord
    }
  | { readonly action: 'delete'; readonly collection: string; readonly rkey: string }

/** A state of a repository. Its CID is not computed from the records. */
export interface Commit {
  readonly cid: string
  readonly rev: string
}

/** Which page of a collection. */
export interface ListOptions {
  readonly limit: number
  /** The last record key of the page before. */
  readonly cursor: string | undefined
  readonly reverse: boolean
}

/** What a write expects to find. */
export interface SwapOptions {
  readonly swapCommit?: string | undefined
  /** Of the one record that is written; null: there is none. */
  readonly swapRecord?: string | null | undefined
}

/** The records and blobs of one account. Nothing here waits, so each `apply` is one transaction. */
export class Repository {
  readonly blobs: Blobs = new Blobs()
  readonly #did: string
  readonly #tids: TidClock
  #records: ReadonlyMap<string, StoredRecord> = new Map()
  #commit: Commit

  constructor(did: string, tids: TidClock) {
    this.#did = did
    this.#tids = tids
    this.#commit = this.#nextCommit()
  }

  uriOf(collection: string, rkey: string): string {
    return `at://${this.#did}/${collection}/${rkey}`
  }

  find(collection: string, rkey: string): StoredRecord | undefined {
    return this.#records.get(this.uriOf(collection, rkey))
  }

  get collections(): string[] {
    return [...new Set([...this.#records.values()].map(({ collection }) => collection))].toSorted()
  }

  /** Newest first: the greatest record key. */
  list(collection: string, { limit, cursor, reverse }: ListOptions): readonly StoredRecord[] {
    const sign = reverse ? 1 : -1
    return [...this.#records.values()]
      .filter((record) => record.collection === collection)
      .filter(({ rkey }) => cursor === undefined || compare(rkey, cursor) === sign)
      .toSorted((a, b) => sign * compare(a.rkey, b.rkey))
      .slice(0, limit)
  }

  /** Makes all of the changes, or none of them. */
  apply(writes: readonly Write[], { swapCommit, swapRecord }: SwapOptions = {}): Commit {
    if (swapCommit !== undefined && swapCommit !== this.#commit.cid) {
      throw invalidSwap(`Commit was at ${this.#commit.cid}`)
    }
    const records = new Map(this.#records)
    for (const write of writes) {
      const uri = this.uriOf(write.collection, write.rkey)
      const current = records.get(uri)
      const cid = current?.cid ?? null
      if (swapRecord !== undefined && swapRecord !== cid) throw invalidSwap(`Record was at ${cid}`)
      // The reference server is not prepared for either, and says 500.
      if ((write.action === 'create') === (current !== undefined)) throw internalError()
      if (write.action === 'delete') records.delete(uri)
      else records.set(uri, { ...write.record, uri, collection: write.collection, rkey: write.rkey })
    }
    const blobs = writes.flatMap((write) => (write.action === 'delete' ? [] : write.record.blobs))
    for (const blob of blobs) this.blobs.check(blob)
    this.blobs.keepOnly(new Set([...records.values()].flatMap((record) => record.blobs.map(({ cid }) => cid))))
    this.#records = records
    this.#commit = this.#nextCommit()
    return this.#commit
  }

  #nextCommit(): Commit {
    const rev = this.#tids.next()
    return { cid: commitCid(`${this.#did} ${rev}`), rev }
  }
}

/** By code units: record keys are ASCII. */
function compare(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function invalidSwap(message: string): XrpcRefusal {
  return new XrpcRefusal(400, 'InvalidSwap', message)
}
