// Compiled, not run: what must compile, and by @ts-expect-error what must not.
import {
  type BlobRef,
  type Did,
  type FoundRecord,
  isType,
  type ListedRecord,
  nsid,
  type RecordCollection,
  type RecordOf,
  type RecordPage,
  type TypeOf,
  unknownVariant,
  type UnknownVariant,
  type WrittenRecord,
  type XrpcClient,
  type XrpcResult,
} from 'atproof'
import type {} from 'atproof/registry'

declare module 'atproof/registry' {
  interface Queries {
    'com.example.memo.search': {
      params: { q: string; limit?: number | undefined; cursor?: string | undefined }
      output: { cursor?: string | undefined; hits: { id: string }[]; words?: string[] | undefined }
      errors: 'TooVague'
    }
    'com.example.memo.cursorOut': {
      params: { limit?: number | undefined }
      output: { cursor?: string | undefined; hits: string[] }
      errors: never
    }
    'com.example.memo.cursorIn': {
      params: { cursor?: string | undefined }
      output: { hits: string[] }
      errors: never
    }
    'com.example.memo.recent': {
      params: { cursor?: string | undefined }
      output: { cursor?: string | undefined; memos?: number[] | undefined }
      errors: never
    }
  }
  interface Records {
    'com.example.memo': {
      $type?: 'com.example.memo' | undefined
      text: string
      pictures?: Media['pictures'][] | undefined
      about?: Media['pictures'] | Media['link'] | UnknownVariant | undefined
    }
  }
  interface Definitions {
    'com.example.memo.media#pictures': Pictures
    'com.example.memo.link': Link
    'com.example.memo.defs#colour': 'red' | 'green' | (string & {})
  }
}

type Pictures = { $type?: 'com.example.memo.media#pictures' | undefined; files: BlobRef[] }
type Link = { $type?: 'com.example.memo.link' | undefined; url: string }
interface Media {
  pictures: Pictures & { $type: 'com.example.memo.media#pictures' }
  link: Link & { $type: 'com.example.memo.link' }
}

declare const client: XrpcClient
declare const service: XrpcClient<undefined>
declare const blob: BlobRef

/** Holds a type to be exactly this one. */
function is<Expected>(): <Found>(
  value: Found,
  ...same: [Found, Expected] extends [Expected, Found] ? [] : [never]
) => void {
  return () => {}
}

export async function records(): Promise<void> {
  const memos = client.records('com.example.memo')
  is<RecordCollection<'com.example.memo'>>()(memos)

  // Writing: `$type` may be left out.
  const { data, client: newest } = await memos.create({ text: 'hello' })
  is<WrittenRecord>()(data)
  is<string>()(data.uri)
  is<string>()(data.rkey)
  is<XrpcClient>()(newest)
  await memos.create(
    { $type: 'com.example.memo', text: 'hello' },
    { rkey: 'self', validate: true, swapCommit: 'b' },
  )
  const put = await memos.put('self', { text: 'hello' }, { swapRecord: null, swapCommit: 'b', validate: false })
  is<WrittenRecord>()(put.data)
  await memos.delete('self', { swapRecord: 'b', swapCommit: 'b', signal: AbortSignal.timeout(1) })
  // @ts-expect-error a required field is missing
  await memos.create({})
  // @ts-expect-error a field of the wrong type
  await memos.create({ text: 5 })
  // @ts-expect-error a misspelt field
  await memos.create({ text: 'hello', txet: 'hello' })
  // @ts-expect-error the type of another record
  await memos.create({ $type: 'com.example.other', text: 'hello' })
  // @ts-expect-error `#main` is never part of it
  await memos.create({ $type: 'com.example.memo#main', text: 'hello' })
  // A union: one of its own kinds, or what is said to be none of them.
  await memos.create({ text: 'hello', about: { $type: 'com.example.memo.link', url: 'https://a.example.com' } })
  await memos.create({ text: 'hello', about: unknownVariant({ $type: 'com.example.other', any: 'thing' }) })
  // @ts-expect-error a misspelt kind
  await memos.create({ text: 'hello', about: { $type: 'com.example.memo.lnik', url: 'https://a.example.com' } })
  // @ts-expect-error a required field of that kind is missing
  await memos.create({ text: 'hello', about: { $type: 'com.example.memo.link' } })
  // @ts-expect-error a misspelt field of that kind
  await memos.create({ text: 'hello', about: { $type: 'com.example.memo.link', url: 'x', titel: 'x' } })
  // @ts-expect-error of which kind?
  await memos.create({ text: 'hello', about: { url: 'https://a.example.com' } })
  // @ts-expect-error without a type it is nothing
  unknownVariant({ any: 'thing' })
  // @ts-expect-error a misspelt option
  await memos.create({ text: 'hello' }, { rkye: 'self' })
  // @ts-expect-error the key is required
  await memos.put({ text: 'hello' })
  // @ts-expect-error only `put` can ask that there be none
  await memos.delete('self', { swapRecord: null })

  // Reading: `$type` is there.
  const found = await memos.get('self', { cid: 'b', repo: 'bob.example.com' })
  is<XrpcResult<FoundRecord<'com.example.memo'>, Did>>()(found)
  is<'com.example.memo'>()(found.data.value.$type)
  is<string>()(found.data.value.text)
  is<string | undefined>()(found.data.cid)
  is<string>()(found.data.rkey)
  // What was read can be written.
  await memos.put('self', { ...found.data.value, text: 'changed' })
  for await (const record of memos.list({ limit: 10, reverse: true, repo: 'did:plc:bob', cursor: 'c' })) {
    is<ListedRecord<'com.example.memo'>>()(record)
    is<string>()(record.cid)
    is<string>()(record.value.text)
  }
  for await (const { uri, rkey } of memos.list()) is<string>()(uri + rkey)
  // @ts-expect-error a limit is a number
  memos.list({ limit: '10' })
  let cursor: string | undefined
  const page = await memos.listPage({ limit: 10, cursor, reverse: true, repo: 'did:plc:bob' })
  is<XrpcResult<RecordPage<'com.example.memo'>, Did>>()(page)
  is<readonly ListedRecord<'com.example.memo'>[]>()(page.data.records)
  cursor = page.data.cursor
  await memos.listPage()
  // @ts-expect-error a limit is a number
  await memos.listPage({ limit: '10' })
}

export async function unregistered(): Promise<void> {
  // @ts-expect-error a collection that is not registered, unchecked
  client.records('com.example.mmo')
  // @ts-expect-error a method is no collection
  client.records('com.atproto.repo.getRecord')
  const others = client.records(nsid('com.example.other'))
  await others.create({ anything: [1, 'two', null] })
  const { data } = await others.get('self')
  is<unknown>()(data.value.anything)
  const type: string = data.value.$type
  return void type
}

export async function withoutSession(): Promise<void> {
  const memos = service.records('com.example.memo')
  is<RecordCollection<'com.example.memo', undefined>>()(memos)
  is<string>()((await memos.get('self', { repo: 'bob.example.com' })).data.value.text)
  for await (const { value } of memos.list({ repo: 'did:plc:bob' })) is<string>()(value.text)
  // @ts-expect-error whose?
  await memos.get('self')
  // @ts-expect-error whose?
  await memos.get('self', { cid: 'b' })
  is<XrpcResult<RecordPage<'com.example.memo'>, undefined>>()(await memos.listPage({ repo: 'did:plc:bob' }))
  // @ts-expect-error whose?
  memos.list()
  // @ts-expect-error whose?
  await memos.listPage()
  // @ts-expect-error nobody can write
  await memos.create({ text: 'hello' })
  // @ts-expect-error nobody can write
  await memos.put('self', { text: 'hello' })
  // @ts-expect-error nobody can delete
  await memos.delete('self')
  // @ts-expect-error nobody can upload
  await service.uploadBlob(new Uint8Array())
  // @ts-expect-error nobody has a token
  await service.serviceAuth({ audience: 'did:web:a.example.com#b', method: 'com.atproto.repo.getRecord' })
  // @ts-expect-error whose?
  await service.getBlob('bafkrei')
  is<Uint8Array<ArrayBuffer>>()((await service.getBlob('bafkrei', { did: 'did:plc:bob' })).data)
}

export async function pagination(): Promise<void> {
  const params = { repo: client.did, collection: 'com.example.memo' }
  for await (const record of client.paginate('com.atproto.repo.listRecords', { params })) is<string>()(record.uri)
  for await (const cid of client.paginate('com.atproto.sync.listBlobs', {
    params: { did: client.did },
    items: 'cids',
  })) {
    is<string>()(cid)
  }
  for await (const memo of client.paginate('com.example.memo.recent')) is<number>()(memo)
  for await (const repo of service.paginate('com.atproto.sync.listRepos', { params: { limit: 5, cursor: 'c' } })) {
    is<Did>()(repo.did)
  }
  // @ts-expect-error params are required
  client.paginate('com.atproto.repo.listRecords')
  // @ts-expect-error a misspelt parameter
  client.paginate('com.atproto.repo.listRecords', { params: { ...params, limits: 1 } })
  // @ts-expect-error no array of the output
  client.paginate('com.atproto.repo.listRecords', { params, items: 'cursor' })
  // @ts-expect-error no cursor at all
  client.paginate('com.atproto.repo.getRecord', { params: { ...params, rkey: 'self' } })
  // @ts-expect-error no parameters, and no cursor
  client.paginate('com.atproto.server.getSession')
  // @ts-expect-error a cursor in the output only
  client.paginate('com.example.memo.cursorOut')
  // @ts-expect-error a cursor in the parameters only
  client.paginate('com.example.memo.cursorIn')
  // @ts-expect-error a procedure
  client.paginate('com.atproto.repo.createRecord')
  // @ts-expect-error not registered, unchecked
  client.paginate('com.example.other')

  // Two arrays: which?
  const search = { params: { q: 'x' } }
  for await (const hit of client.paginate('com.example.memo.search', { ...search, items: 'hits' }))
    is<string>()(hit.id)
  for await (const word of client.paginate('com.example.memo.search', { ...search, items: 'words' }))
    is<string>()(word)
  // @ts-expect-error which of the two?
  client.paginate('com.example.memo.search', search)
  // @ts-expect-error none of the two
  client.paginate('com.example.memo.search', { ...search, items: 'cursor' })
  client.paginate('com.example.memo.recent', { params: undefined, items: undefined })
  // @ts-expect-error undefined is neither
  client.paginate('com.example.memo.search', { ...search, items: undefined })

  for await (const item of client.paginate(nsid('com.example.other'), { params: { a: 1 } })) is<unknown>()(item)
}

export async function blobs(): Promise<void> {
  const { data } = await client.uploadBlob(new Blob(['x']), { encoding: 'text/plain' })
  is<BlobRef>()(data.blob)
  await client.uploadBlob(new Uint8Array([1]))
  await client.uploadBlob(new Blob(['x']).stream())
  await client.uploadBlob(() => new Blob(['x']).stream(), { signal: AbortSignal.timeout(1) })
  await client.uploadBlob(async () => new ArrayBuffer(1))
  // @ts-expect-error an object is no body
  await client.uploadBlob({ text: 'x' })
  // @ts-expect-error a misspelt option
  await client.uploadBlob(new Blob(['x']), { mimeType: 'text/plain' })

  is<Uint8Array<ArrayBuffer>>()((await client.getBlob('bafkrei')).data)
  is<Uint8Array<ArrayBuffer>>()((await client.getBlob(blob, { as: 'bytes', did: 'did:plc:bob' })).data)
  is<ReadableStream<Uint8Array<ArrayBuffer>>>()((await client.getBlob(blob, { as: 'stream' })).data)
  await client.getBlob({ cid: 'bafkrei', mimeType: 'image/png' })
  // @ts-expect-error a blob is no JSON
  await client.getBlob(blob, { as: 'json' })
  // @ts-expect-error no blob
  await client.getBlob({ $link: 'bafkrei' })
}

export async function serviceAuth(): Promise<void> {
  const audience = 'did:web:api.example.com#memo_api'
  const { data } = await client.serviceAuth({ audience, method: 'com.example.memo.search', lifetimeMs: 60_000 })
  is<string>()(data.token)
  await client.serviceAuth({ audience, method: nsid('com.example.other') })
  await client.serviceAuth({ audience: 'did:web:pds.example.com', method: 'com.atproto.server.createAccount' })
  // @ts-expect-error a method is required
  await client.serviceAuth({ audience })
  // @ts-expect-error a misspelt method
  await client.serviceAuth({ audience, method: 'com.example.memo.serach' })
  // @ts-expect-error a URL is no service
  await client.serviceAuth({ audience: 'https://api.example.com', method: 'com.example.memo.search' })
}

export function types(record: RecordOf<'com.example.memo'>, anything: unknown): void {
  const { about } = record
  if (isType(about, 'com.example.memo.media#pictures')) {
    is<BlobRef[]>()(about.files)
    // @ts-expect-error narrowed to the pictures
    is<string>()(about.url)
    return
  }
  if (isType(about, 'com.example.memo.link')) {
    is<string>()(about.url)
    return
  }
  // The others are left: those that the lexicon does not name.
  is<UnknownVariant | undefined>()(about)
  if (isType(anything, 'com.example.memo')) {
    is<string>()(anything.text)
    is<'com.example.memo'>()(anything.$type)
  }
  if (isType(anything, 'com.atproto.repo.strongRef')) is<string>()(anything.cid)
  // @ts-expect-error a misspelt name
  isType(anything, 'com.example.memo.likn')
  // @ts-expect-error a string has no `$type`
  isType(anything, 'com.example.memo.defs#colour')
  // @ts-expect-error `#main` is never part of a name
  isType(anything, 'com.example.memo#main')
  // A collection that is not registered has records of any fields; a definition that is not has no type.
  is<unknown>()((null! as RecordOf<'com.example.other'>)['any'])
  // @ts-expect-error a misspelt name
  is<unknown>()(null! as TypeOf<'com.example.memo.likn'>)
}
