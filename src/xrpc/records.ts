import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid } from '../syntax/nsid.ts'
import type { XrpcResult } from './call-options.ts'
import type { XrpcClient } from './xrpc-client.ts'
import type { LoadCallParts } from './load-call-parts.ts'
import type { Place } from './record-calls.ts'
import type {
  CreateRecordOptions,
  DeleteRecordOptions,
  GetRecordOptions,
  ListRecordsOptions,
  PutRecordOptions,
} from './record-options.ts'
import type { OutputOf, RecordOf } from './registry.ts'

/** What a record holds, as it is read: its `$type` is there. */
export type RecordValue<C extends string> = RecordOf<C> & { readonly $type: C }

/** A record that was asked for by its key. */
export interface FoundRecord<C extends string> {
  readonly uri: string
  /** Its key: the end of the URI. */
  readonly rkey: string
  /** Of this version of it. Some servers leave it out. */
  readonly cid?: string | undefined
  readonly value: RecordValue<C>
}

/** A record of a list. */
export interface ListedRecord<C extends string> extends FoundRecord<C> {
  readonly cid: string
}

/** A page of a list. */
export interface RecordPage<C extends string> {
  readonly records: readonly ListedRecord<C>[]
  /** Where the next page begins; undefined at the end. */
  readonly cursor: string | undefined
}

/** What a server says of a record that it has written. */
export interface WrittenRecord extends OutputOf<'com.atproto.repo.createRecord'> {
  /** Its key: the end of the URI. */
  readonly rkey: string
}

/**
 * The records of a collection: made by `client.records(collection)`. What is read of others must be on the same server;
 * elsewhere ask the account's own PDS, with `new XrpcClient({ service })`.
 *
 * @typeParam C the collection
 * @typeParam D the account's DID; `undefined` for a client without a session, which can only read
 */
export class RecordCollection<C extends string, D extends Did | undefined = Did> {
  /** The NSID of the collection. */
  readonly collection: C
  readonly #place: Place<C, D>
  readonly #load: LoadCallParts

  constructor(client: XrpcClient<D>, collection: C, load: LoadCallParts) {
    if (typeof collection !== 'string' || !isNsid(collection)) {
      throw wrongArgument('collection', 'an NSID such as com.example.thing', collection)
    }
    this.collection = collection
    this.#place = { client, collection }
    this.#load = load
  }

  /**
   * Creates a record. The server chooses a key, a TID, where none is given. A call whose answer was lost may have created
   * one: with a key of your own, which `createTid` makes, a second call cannot create another.
   *
   * @param record its `$type` may be left out
   * @throws TypeError for a key that is none, or a `$type` that is not the collection
   * @throws XrpcError `error_response`, with `InvalidSwap` where `swapCommit` is not the newest commit; `response_invalid` where
   *   the answer has no URI: the record may be there all the same
   */
  async create(
    this: RecordCollection<C, Did>,
    record: RecordOf<C>,
    options: CreateRecordOptions = {},
  ): Promise<XrpcResult<WrittenRecord, Did>> {
    return (await this.#load()).createRecord(this.#place, record, options)
  }

  /**
   * Writes a record under a key, over the one that may be there: all of it, so that fields you do not know are kept
   * only where you write what you read.
   *
   * @throws TypeError for a key that is none, or a `$type` that is not the collection
   * @throws XrpcError `error_response`, with `InvalidSwap` where somebody wrote since; `response_invalid` where the answer has
   *   no URI: the record may be there all the same
   */
  async put(
    this: RecordCollection<C, Did>,
    rkey: string,
    record: RecordOf<C>,
    options: PutRecordOptions = {},
  ): Promise<XrpcResult<WrittenRecord, Did>> {
    return (await this.#load()).putRecord(this.#place, rkey, record, options)
  }

  /**
   * Reads a record.
   *
   * @throws TypeError for a key that is none
   * @throws XrpcError `error_response`, with `RecordNotFound` where there is none; `response_invalid` where its `$type`
   *   is not the collection
   */
  async get(
    rkey: string,
    ...[options]: D extends Did ? [options?: GetRecordOptions<D>] : [options: GetRecordOptions<D>]
  ): Promise<XrpcResult<FoundRecord<C>, D>> {
    return (await this.#load()).getRecord(this.#place, rkey, options ?? {})
  }

  /**
   * Deletes a record. One that is not there is deleted already.
   *
   * @throws TypeError for a key that is none
   * @throws XrpcError `error_response`, with `InvalidSwap` where somebody wrote since
   */
  async delete(
    this: RecordCollection<C, Did>,
    rkey: string,
    options: DeleteRecordOptions = {},
  ): Promise<XrpcResult<OutputOf<'com.atproto.repo.deleteRecord'>, Did>> {
    return (await this.#load()).deleteRecord(this.#place, rkey, options)
  }

  /**
   * Reads all records, page by page as they are wanted, the newest keys first.
   *
   * @example
   * for await (const { rkey, value } of client.records('com.example.note').list()) console.log(rkey, value.text)
   * @throws XrpcError `error_response`; `response_invalid` where the `$type` of one is not the collection
   */
  async *list(
    ...[options]: D extends Did ? [options?: ListRecordsOptions<D>] : [options: ListRecordsOptions<D>]
  ): AsyncGenerator<ListedRecord<C>, void, undefined> {
    yield* (await this.#load()).listRecords(this.#place, options ?? {})
  }

  /**
   * Reads one page, for a list with a button that shows more. It has `limit` records at least; only the last page has fewer,
   * or none, and no cursor: where a server gives less and a cursor, the rest is asked for. `timeoutMs` is that of each request.
   *
   * @example
   * const { data } = await client.records('com.example.note').listPage({ limit: 20, cursor })
   * show(data.records)
   * cursor = data.cursor // undefined: there are no more
   * @returns what the last answer was, with all records of the page
   * @throws XrpcError `error_response`; `response_invalid` where the `$type` of one is not the collection, or where a cursor
   *   leads back
   */
  async listPage(
    ...[options]: D extends Did ? [options?: ListRecordsOptions<D>] : [options: ListRecordsOptions<D>]
  ): Promise<XrpcResult<RecordPage<C>, D>> {
    return (await this.#load()).listPage(this.#place, options ?? {})
  }
}
