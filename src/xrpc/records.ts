import { wrongArgument } from '../errors.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid } from '../syntax/nsid.ts'
import { assertRecordKey } from '../syntax/record-key.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertNames } from './assert-names.ts'
import type { XrpcResult } from './call-options.ts'
import type { XrpcClient } from './client.ts'
import { pages } from './paginate.ts'
import { type AnswerFault, refuseAnswer } from './refuse-answer.ts'
import type { InputOf, OutputOf, RecordOf } from './registry.ts'
import type {
  CreateRecordOptions,
  DeleteRecordOptions,
  GetRecordOptions,
  ListRecordsOptions,
  PutRecordOptions,
} from './record-options.ts'

const CREATE = 'com.atproto.repo.createRecord'
const PUT = 'com.atproto.repo.putRecord'
const GET = 'com.atproto.repo.getRecord'
const DELETE = 'com.atproto.repo.deleteRecord'
const LIST = 'com.atproto.repo.listRecords'

/** What a record holds, as it is read: its `$type` is there. */
export type RecordValue<C extends string> = RecordOf<C> & { readonly $type: C }

/** A record that was asked for by its key. */
export interface FoundRecord<C extends string> {
  readonly uri: string
  /** Of this version of it. Some servers leave it out. */
  readonly cid?: string | undefined
  readonly value: RecordValue<C>
}

/** A record of a list. */
export interface ListedRecord<C extends string> extends FoundRecord<C> {
  readonly cid: string
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
  readonly #client: XrpcClient<D>

  constructor(client: XrpcClient<D>, collection: C) {
    if (typeof collection !== 'string' || !isNsid(collection)) {
      throw wrongArgument('collection', 'an NSID such as com.example.thing', collection)
    }
    this.collection = collection
    this.#client = client
  }

  /**
   * Creates a record. The server chooses a key, a TID, where none is given. A call whose answer was lost may have created
   * one: with a key of your own, which `createTid` makes, a second call cannot create another.
   *
   * @param record its `$type` may be left out
   * @throws TypeError for a key that is none, or a `$type` that is not the collection
   * @throws XrpcError `error_response`, with `InvalidSwap` where `swapCommit` is not the newest commit
   */
  async create(
    this: RecordCollection<C, Did>,
    record: RecordOf<C>,
    options: CreateRecordOptions = {},
  ): Promise<XrpcResult<OutputOf<typeof CREATE>, Did>> {
    assertNames(options, ['rkey', 'validate', 'swapCommit'])
    const { rkey, validate, swapCommit, ...call } = options
    if (rkey !== undefined) assertRecordKey(rkey)
    const input = { ...this.#place(), rkey, validate, record: this.#typed(record), swapCommit }
    return this.#client.post(CREATE, { ...call, input })
  }

  /**
   * Writes a record under a key, over the one that may be there: all of it, so that fields you do not know are kept
   * only where you write what you read.
   *
   * @throws TypeError for a key that is none, or a `$type` that is not the collection
   * @throws XrpcError `error_response`, with `InvalidSwap` where somebody wrote since
   */
  async put(
    this: RecordCollection<C, Did>,
    rkey: string,
    record: RecordOf<C>,
    options: PutRecordOptions = {},
  ): Promise<XrpcResult<OutputOf<typeof PUT>, Did>> {
    assertNames(options, ['validate', 'swapRecord', 'swapCommit'])
    const { validate, swapRecord, swapCommit, ...call } = options
    assertRecordKey(rkey)
    const input = { ...this.#place(), rkey, validate, record: this.#typed(record), swapRecord, swapCommit }
    return this.#client.post(PUT, { ...call, input })
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
    const { repo, cid, ...call }: GetRecordOptions<Did> = options ?? {}
    assertNames(options ?? {}, ['repo', 'cid'])
    assertRecordKey(rkey)
    const params = { repo: this.#repo(repo), collection: this.collection, rkey, cid }
    const result = await this.#client.get(GET, { ...call, params })
    return { ...result, data: this.#read(result.data, (fault) => refuseAnswer(GET, result, fault)) }
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
  ): Promise<XrpcResult<OutputOf<typeof DELETE>, Did>> {
    assertNames(options, ['swapRecord', 'swapCommit'])
    const { swapRecord, swapCommit, ...call } = options
    assertRecordKey(rkey)
    const input: InputOf<typeof DELETE> = { ...this.#place(), rkey, swapRecord, swapCommit }
    return this.#client.post(DELETE, { ...call, input })
  }

  /**
   * Reads all records, page by page as they are wanted, the newest keys first.
   *
   * @example
   * for await (const { uri, value } of client.records('com.example.note').list()) console.log(uri, value.text)
   * @throws XrpcError `error_response`; `response_invalid` where the `$type` of one is not the collection
   */
  async *list(
    ...[options]: D extends Did ? [options?: ListRecordsOptions<D>] : [options: ListRecordsOptions<D>]
  ): AsyncGenerator<ListedRecord<C>, void, undefined> {
    const { repo, limit, cursor, reverse, ...call }: ListRecordsOptions<Did> = options ?? {}
    assertNames(options ?? {}, ['repo', 'limit', 'cursor', 'reverse'])
    const params = { repo: this.#repo(repo), collection: this.collection, limit, cursor, reverse }
    for await (const { result, items } of pages(this.#client, LIST, { ...call, params, items: 'records' })) {
      for (const [at, item] of items.entries()) {
        const refuse = (fault: AnswerFault) =>
          refuseAnswer(LIST, result, { ...fault, field: `records[${at}].${fault.field}` })
        const record = this.#read(item, refuse)
        const { cid } = record
        if (cid === undefined) throw refuse({ field: 'cid', expected: 'a string' })
        yield { ...record, cid }
      }
    }
  }

  #place(): { readonly repo: string; readonly collection: C } {
    return { repo: this.#repo(undefined), collection: this.collection }
  }

  #repo(repo: string | undefined): string {
    const account = repo ?? this.#client.did
    if (typeof account === 'string') return account
    throw wrongArgument('repo', 'the DID or handle of an account: this client has none of its own', account)
  }

  /** The record as it is written, with its `$type`. */
  #typed(record: unknown): { readonly [field: string]: unknown } {
    if (!isJsonObject(record)) throw wrongArgument('record', 'an object', record)
    const { $type = this.collection } = record
    if ($type !== this.collection) throw wrongArgument('record.$type', this.collection, $type)
    return { ...record, $type }
  }

  /** A record as a server gave it, whatever else stands beside. */
  #read(record: unknown, refuse: (fault: AnswerFault) => Error): FoundRecord<C> {
    const found = isJsonObject(record) ? record : {}
    const { uri, cid, value } = found
    if (typeof uri !== 'string') throw refuse({ field: 'uri', expected: 'a string', found: uri })
    if (cid !== undefined && typeof cid !== 'string')
      throw refuse({ field: 'cid', expected: 'a string', found: cid })
    if (this.#holds(value)) return { ...found, uri, cid, value }
    throw refuse({
      field: 'value.$type',
      expected: this.collection,
      found: isJsonObject(value) ? value.$type : value,
      action: 'read what the server has, whatever it is, with `client.get` or `client.paginate`',
    })
  }

  /** Whether this is one of the collection: what else is in it, the lexicon promises. */
  #holds(value: unknown): value is RecordValue<C> {
    return isJsonObject(value) && value.$type === this.collection
  }
}
