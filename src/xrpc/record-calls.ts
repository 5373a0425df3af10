import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Did } from '../syntax/did.ts'
import { assertRecordKey, isRecordKey } from '../syntax/record-key.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertNames } from './assert-names.ts'
import type { XrpcResult } from './call-options.ts'
import type { XrpcClient } from './xrpc-client.ts'
import { PageReader } from './page-reader.ts'
import { pages } from './paginate.ts'
import type {
  CreateRecordOptions,
  DeleteRecordOptions,
  GetRecordOptions,
  ListRecordsOptions,
  PutRecordOptions,
} from './record-options.ts'
import type { FoundRecord, ListedRecord, RecordPage, RecordValue, WrittenRecord } from './records.ts'
import { type AnswerFault, refuseAnswer } from './refuse-answer.ts'
import type { InputOf, OutputOf, RecordOf } from './registry.ts'

const CREATE = 'com.atproto.repo.createRecord'
const PUT = 'com.atproto.repo.putRecord'
const GET = 'com.atproto.repo.getRecord'
const DELETE = 'com.atproto.repo.deleteRecord'
const LIST = 'com.atproto.repo.listRecords'

/** How many records a page has, if nobody says: as the lexicon has it. */
const PAGE = 50

/** Which records, and by whom they are asked for. */
export interface Place<C extends string, D extends Did | undefined> {
  readonly client: XrpcClient<D>
  readonly collection: C
}

/** Creates a record. */
export async function createRecord<C extends string>(
  place: Place<C, Did>,
  record: RecordOf<C>,
  options: CreateRecordOptions,
): Promise<XrpcResult<WrittenRecord, Did>> {
  assertNames(options, ['rkey', 'validate', 'swapCommit'])
  const { rkey, validate, swapCommit, ...call } = options
  if (rkey !== undefined) assertRecordKey(rkey)
  const input = { ...inRepo(place), rkey, validate, record: typed(place, record), swapCommit }
  const result = await place.client.post(CREATE, { ...call, input })
  const written = readUri(result.data, (fault) => refuseAnswer(CREATE, result, fault))
  return { ...result, data: { ...result.data, ...written, rkey: rkey ?? written.rkey } }
}

/** Writes a record under a key. */
export async function putRecord<C extends string>(
  place: Place<C, Did>,
  rkey: string,
  record: RecordOf<C>,
  options: PutRecordOptions,
): Promise<XrpcResult<WrittenRecord, Did>> {
  assertNames(options, ['validate', 'swapRecord', 'swapCommit'])
  const { validate, swapRecord, swapCommit, ...call } = options
  assertRecordKey(rkey)
  const input = { ...inRepo(place), rkey, validate, record: typed(place, record), swapRecord, swapCommit }
  const result = await place.client.post(PUT, { ...call, input })
  const { uri } = readUri(result.data, (fault) => refuseAnswer(PUT, result, fault))
  return { ...result, data: { ...result.data, uri, rkey } }
}

/** Reads a record. */
export async function getRecord<C extends string, D extends Did | undefined>(
  place: Place<C, D>,
  rkey: string,
  options: GetRecordOptions<Did>,
): Promise<XrpcResult<FoundRecord<C>, D>> {
  const { repo, cid, ...call } = options
  assertNames(options, ['repo', 'cid'])
  assertRecordKey(rkey)
  const params = { repo: repoOf(place, repo), collection: place.collection, rkey, cid }
  const result = await place.client.get(GET, { ...call, params })
  return { ...result, data: readRecord(place, result.data, (fault) => refuseAnswer(GET, result, fault)) }
}

/** Deletes a record. */
export async function deleteRecord<C extends string>(
  place: Place<C, Did>,
  rkey: string,
  options: DeleteRecordOptions,
): Promise<XrpcResult<OutputOf<typeof DELETE>, Did>> {
  assertNames(options, ['swapRecord', 'swapCommit'])
  const { swapRecord, swapCommit, ...call } = options
  assertRecordKey(rkey)
  const input: InputOf<typeof DELETE> = { ...inRepo(place), rkey, swapRecord, swapCommit }
  return place.client.post(DELETE, { ...call, input })
}

/** Reads all records, page by page as they are wanted. */
export async function* listRecords<C extends string, D extends Did | undefined>(
  place: Place<C, D>,
  options: ListRecordsOptions<Did>,
): AsyncGenerator<ListedRecord<C>, void, undefined> {
  const { repo, limit, cursor, reverse, ...call } = options
  assertNames(options, ['repo', 'limit', 'cursor', 'reverse'])
  const params = { repo: repoOf(place, repo), collection: place.collection, limit, cursor, reverse }
  for await (const { result, items } of pages(place.client, LIST, { ...call, params, items: 'records' })) {
    yield* readRecords(place, result, items)
  }
}

/** Reads one page, and goes on where the server gives less than was asked for: only the end has no cursor. */
export async function listPage<C extends string, D extends Did | undefined>(
  place: Place<C, D>,
  options: ListRecordsOptions<Did>,
): Promise<XrpcResult<RecordPage<C>, D>> {
  const { repo, limit = PAGE, cursor: begin, reverse, ...call } = options
  assertNames(options, ['repo', 'limit', 'cursor', 'reverse'])
  const asked = { repo: repoOf(place, repo), collection: place.collection, reverse }
  const seen = new Set([begin])
  const records: ListedRecord<C>[] = []
  let { client } = place
  let cursor = begin
  for (;;) {
    const params = { ...asked, limit: limit - records.length, cursor }
    const result = await client.get(LIST, { ...call, params })
    const page = new PageReader(LIST, result)
    records.push(...readRecords(place, result, page.items('records')))
    cursor = page.nextCursor(seen)
    if (cursor === undefined || records.length >= limit) return { ...result, data: { records, cursor } }
    client = result.client
  }
}

function inRepo<C extends string>(place: Place<C, Did>): { readonly repo: string; readonly collection: C } {
  return { repo: repoOf(place, undefined), collection: place.collection }
}

function repoOf(
  { client }: { readonly client: { readonly did: Did | undefined } },
  repo: string | undefined,
): string {
  const account = repo ?? client.did
  if (typeof account === 'string') return account
  throw wrongArgument('repo', 'the DID or handle of an account: this client has none of its own', account)
}

/** The record as it is written, with its `$type`. */
function typed(
  { collection }: { readonly collection: string },
  record: unknown,
): { readonly [field: string]: unknown } {
  if (!isJsonObject(record)) throw wrongArgument('record', 'an object', record)
  const { $type = collection } = record
  if ($type !== collection) throw wrongArgument('record.$type', collection, $type)
  return { ...record, $type }
}

/** The records of an answer to a listing, one by one. */
function* readRecords<C extends string, D extends Did | undefined>(
  place: Place<C, D>,
  result: XrpcResult<unknown, D>,
  items: readonly unknown[],
): Generator<ListedRecord<C>, void, undefined> {
  for (const [at, item] of items.entries()) {
    const refuse = (fault: AnswerFault) =>
      refuseAnswer(LIST, result, { ...fault, field: `records[${at}].${fault.field}` })
    const record = readRecord(place, item, refuse)
    const { cid } = record
    if (cid === undefined) throw refuse({ field: 'cid', expected: 'a string' })
    yield { ...record, cid }
  }
}

/** A record as a server gave it, whatever else stands beside. */
function readRecord<C extends string>(
  { collection }: { readonly collection: C },
  record: unknown,
  refuse: (fault: AnswerFault) => Error,
): FoundRecord<C> {
  const found = isJsonObject(record) ? record : {}
  const { cid, value } = found
  const place = readUri(found, refuse)
  if (cid !== undefined && typeof cid !== 'string')
    throw refuse({ field: 'cid', expected: 'a string', found: cid })
  if (isOf(collection, value)) return { ...found, ...place, cid, value }
  throw refuse({
    field: 'value.$type',
    expected: collection,
    found: isJsonObject(value) ? value.$type : value,
    action: 'read what the server has, whatever it is, with `client.get` or `client.paginate`',
  })
}

/** `at://` account `/` collection `/` key. */
const URI = /^at:\/\/[^/]+\/[^/]+\/([^/]+)$/

/** The AT URI of a record, and its key. */
function readUri(
  record: unknown,
  refuse: (fault: AnswerFault) => Error,
): { readonly uri: string; readonly rkey: string } {
  const { uri } = isJsonObject(record) ? record : {}
  if (typeof uri === 'string') {
    const rkey = URI.exec(uri)?.[1]
    if (rkey !== undefined && isRecordKey(rkey)) return { uri, rkey }
  }
  throw refuse({ field: 'uri', expected: 'the AT URI of a record', found: uri })
}

/** Whether this is one of the collection: what else is in it, the lexicon promises. */
function isOf<C extends string>(collection: C, value: unknown): value is RecordValue<C> {
  return isJsonObject(value) && value.$type === collection
}
