import type { Did } from '../syntax/did.ts'
import type { CallOptions } from './call-options.ts'

/** What can be said of a writing. */
interface WriteOptions extends CallOptions {
  /**
   * Whether the server checks the record by its lexicon: `true` refuses one whose lexicon the server does not know,
   * `false` checks nothing.
   *
   * @default records whose lexicon the server knows are checked
   */
  readonly validate?: boolean | undefined
  /** Writes only where this is the newest commit of the repository: its CID. */
  readonly swapCommit?: string | undefined
}

/** Options of `create`. */
export interface CreateRecordOptions extends WriteOptions {
  /** @default a TID, of the server's choice */
  readonly rkey?: string | undefined
}

/** Options of `put`. */
export interface PutRecordOptions extends WriteOptions {
  /** Writes only over this version of the record, its CID; null: only where there is none. */
  readonly swapRecord?: string | null | undefined
}

/** Options of `delete`. */
export interface DeleteRecordOptions extends CallOptions {
  /** Deletes only this version of the record: its CID. */
  readonly swapRecord?: string | undefined
  /** Deletes only where this is the newest commit of the repository: its CID. */
  readonly swapCommit?: string | undefined
}

/** Whose records: to be said where the client has no account of its own. */
type RepoOption<D extends Did | undefined> = D extends Did
  ? {
      /** The DID or handle of an account on the same server. @default the client's own */
      readonly repo?: string | undefined
    }
  : {
      /** The DID or handle of an account on this server. */
      readonly repo: string
    }

/** Options of `get`. */
export type GetRecordOptions<D extends Did | undefined = Did> = CallOptions &
  RepoOption<D> & {
    /** Only this version of the record. */
    readonly cid?: string | undefined
  }

/** Options of `list` and `listPage`. */
export type ListRecordsOptions<D extends Did | undefined = Did> = CallOptions &
  RepoOption<D> & {
    /** How many to a page, 1 to 100: `list` reads all pages. @default 50 */
    readonly limit?: number | undefined
    /** Where to begin: the `cursor` of the page before. @default the beginning */
    readonly cursor?: string | undefined
    /** The oldest keys first. @default false */
    readonly reverse?: boolean | undefined
  }
