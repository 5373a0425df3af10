import { createTid, isXrpcError, nsid, XrpcError } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { all, alicesMemos, COLLECTION, untilFailure } from './alices-memos.ts'

const GET = 'com.atproto.repo.getRecord'
const LIST = 'com.atproto.repo.listRecords'
const CREATE = '/xrpc/com.atproto.repo.createRecord'
const STALE = 'bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae'

test('creates a record under a key of the server, and reads it', async () => {
  const { client, memos } = await alicesMemos()
  const { data, status } = await memos.create({ text: 'hello' })
  expect([status, data.validationStatus]).toEqual([200, 'unknown'])
  const { uri, rkey, cid } = data
  expect(uri).toBe(`at://${client.did}/${COLLECTION}/${rkey}`)
  const record = { uri, rkey, cid, value: { $type: COLLECTION, text: 'hello' } }
  expect((await memos.get(rkey)).data).toEqual(record)
  expect(await all(memos.list())).toEqual([record])
})

test('tells the key that a record was written under', async () => {
  const { memos } = await alicesMemos()
  expect((await memos.create({ text: 'a' }, { rkey: 'a:b.c~d' })).data.rkey).toBe('a:b.c~d')
  expect((await memos.put('self', { text: 'b' })).data.rkey).toBe('self')
})

test.each([
  undefined,
  null,
  {},
  { uri: 5 },
  { uri: '' },
  { uri: 'at://x' },
  { uri: 'at://x/com.example.memo' },
  { uri: 'at://x/com.example.memo/' },
  { uri: 'at://x/com.example.memo/key/more' },
  { uri: 'at://x/com.example.memo/a key' },
  { uri: 'at://x/com.example.memo/.' },
  { uri: 'https://x/com.example.memo/key' },
])('an answer of %j names no record that was written', async (answer) => {
  const { network, client, memos } = await alicesMemos()
  network.respond('com.atproto.repo.createRecord', () => Response.json(answer ?? null))
  network.respond('com.atproto.repo.putRecord', () => Response.json(answer ?? null))
  expect(await failureOf(memos.put('self', { text: 'x' }))).toMatchObject({
    code: 'response_invalid',
    field: 'uri',
  })
  const failure = await failureOf(memos.create({ text: 'x' }))
  const invalid = { name: 'XrpcError', code: 'response_invalid', retryable: false, status: 200, client }
  expect(failure).toMatchObject({ ...invalid, field: 'uri', expected: 'the AT URI of a record' })
})

test('[K4] writes the `$type` that a record lacks, and no other', async () => {
  const { network, client, memos } = await alicesMemos()
  const inputs: unknown[] = []
  network.respond('com.atproto.repo.createRecord', async (request) => {
    inputs.push(await request.json())
    return { uri: 'at://x/y/z', cid: STALE }
  })
  await memos.create({ text: 'a' })
  await memos.create({ $type: COLLECTION, text: 'b' }, { rkey: 'b', validate: false, swapCommit: STALE })
  await memos.create({ $type: undefined, text: 'c' })
  const place = { repo: client.did, collection: COLLECTION }
  expect(inputs).toEqual([
    { ...place, record: { $type: COLLECTION, text: 'a' } },
    { ...place, rkey: 'b', validate: false, swapCommit: STALE, record: { $type: COLLECTION, text: 'b' } },
    { ...place, record: { $type: COLLECTION, text: 'c' } },
  ])
})

test.each([
  ['of another record', 'com.example.other'],
  ['of this one with #main', `${COLLECTION}#main`],
  ['null', null],
  ['empty', ''],
])('[K4] refuses to write a `$type` that is %s, and sends nothing', async (_, $type) => {
  const { network, memos } = await alicesMemos()
  // @ts-expect-error what plain JavaScript can pass
  const writings = [memos.create({ $type, text: 'x' }), memos.put('self', { $type, text: 'x' })]
  for (const writing of writings) {
    const failure = await failureOf(writing)
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure.message).toContain(`record.$type: expected "${COLLECTION}"`.replaceAll('"', ''))
  }
  expect(network.log).toHaveLength(0)
})

test('refuses what is no record, and sends nothing', async () => {
  const { network, memos } = await alicesMemos()
  for (const record of [null, 'text', ['text'], undefined]) {
    // @ts-expect-error what plain JavaScript can pass
    await expect(memos.create(record)).rejects.toThrow(TypeError)
  }
  expect(network.log).toHaveLength(0)
})

test.each(['', '.', '..', 'a b', 'a/b', 'ä', 'a\n', '#', 'x'.repeat(513)])(
  '[K13] refuses the record key %j, and sends nothing',
  async (rkey) => {
    const { network, memos } = await alicesMemos()
    const calls = [
      memos.create({ text: 'x' }, { rkey }),
      memos.put(rkey, { text: 'x' }),
      memos.get(rkey),
      memos.delete(rkey),
    ]
    for (const call of calls) await expect(call).rejects.toThrow(/^rkey: expected a record key/)
    expect(network.log).toHaveLength(0)
  },
)

test('refuses an option that is misspelt, and sends nothing', async () => {
  const { network, memos } = await alicesMemos()
  const wrong: object = { rkye: 'self' }
  const calls = [memos.create({ text: 'x' }, wrong), memos.put('self', { text: 'x' }, wrong)]
  const reads = [memos.get('self', wrong), all(memos.list(wrong)), memos.listPage(wrong)]
  const more = [...reads, memos.delete('self', wrong)]
  for (const call of [...calls, ...more]) await expect(call).rejects.toThrow(/^options: expected only .*"rkye"/)
  expect(network.log).toHaveLength(0)
})

test('a collection is an NSID', async () => {
  const { client } = await alicesMemos()
  // @ts-expect-error what plain JavaScript can pass
  expect(() => client.records('memos')).toThrow(/^collection: expected an NSID/)
})

test('[K2] keeps fields that nobody here knows, through reading and writing', async () => {
  const { memos } = await alicesMemos()
  const unknown = { mood: { level: 3, null: null, $unknown: ['deep', { $bytes: 'aGk' }] } }
  const first = await memos.put('self', { text: 'hello', ...unknown })
  const { data: found } = await memos.get('self')
  await memos.put('self', { ...found.value, text: 'changed' }, { swapRecord: first.data.cid })
  const [listed] = await all(memos.list())
  expect(listed?.value).toEqual({ $type: COLLECTION, text: 'changed', ...unknown })
})

test('puts only over the version that was read, or where there is none', async () => {
  const { memos } = await alicesMemos()
  const { data } = await memos.put('self', { text: 'one' }, { swapRecord: null })
  const exists = await failureOf(memos.put('self', { text: 'two' }, { swapRecord: null }))
  expect(isXrpcError(exists, 'com.atproto.repo.putRecord', 'InvalidSwap')).toBe(true)
  await memos.put('self', { text: 'two' }, { swapRecord: data.cid })
  const late = await failureOf(memos.put('self', { text: 'three' }, { swapRecord: data.cid }))
  expect(late).toMatchObject({ status: 400, error: 'InvalidSwap' })
  const old = await failureOf(memos.put('self', { text: 'three' }, { swapCommit: STALE }))
  expect(old).toMatchObject({ error: 'InvalidSwap' })
  expect((await memos.get('self')).data.value.text).toBe('two')
})

test('puts with `validate` as it was asked for', async () => {
  const { memos } = await alicesMemos()
  const refused = await failureOf(memos.put('self', { text: 'x' }, { validate: true }))
  expect(refused.message).toContain('Unknown lexicon type')
  expect((await memos.put('self', { text: 'x' }, { validate: false })).data.validationStatus).toBeUndefined()
})

test('deletes only the version that was read; what is gone is gone', async () => {
  const { memos } = await alicesMemos()
  const { data } = await memos.create({ text: 'one' }, { rkey: 'self' })
  expect(await failureOf(memos.delete('self', { swapRecord: STALE }))).toMatchObject({ error: 'InvalidSwap' })
  expect(await failureOf(memos.delete('self', { swapCommit: STALE }))).toMatchObject({ error: 'InvalidSwap' })
  expect((await memos.delete('self', { swapRecord: data.cid })).data.commit).toBeDefined()
  expect(await failureOf(memos.get('self'))).toBeInstanceOf(XrpcError)
  expect(await memos.delete('self')).toMatchObject({ status: 200, data: {} })
})

test('a record that is not there is RecordNotFound', async () => {
  const { client, memos } = await alicesMemos()
  await memos.put('self', { text: 'one' })
  for (const find of [() => memos.get('nope'), () => memos.get('self', { cid: STALE })]) {
    const failure = await failureOf(find())
    expect(isXrpcError(failure, GET, 'RecordNotFound')).toBe(true)
    expect(failure).toMatchObject({ status: 400, retryable: false, client })
  }
})

test('gets the version that was asked for, and of whom', async () => {
  const { network, memos, queriesTo } = await alicesMemos()
  const bob = await network.signIn('bob.test')
  const { data } = await bob.records(COLLECTION).put('self', { text: "bob's" })
  const found = await memos.get('self', { repo: 'bob.test', cid: data.cid })
  expect(found.data).toMatchObject({ uri: data.uri, value: { text: "bob's" } })
  const asked = { repo: 'bob.test', collection: COLLECTION, rkey: 'self', cid: data.cid }
  expect(Object.fromEntries(queriesTo(GET).at(-1) ?? [])).toEqual(asked)
  expect((await all(memos.list({ repo: 'bob.test' }))).map(({ uri }) => uri)).toEqual([data.uri])
  expect(await all(memos.list())).toEqual([])
})

test.each([
  ['lacks its `$type`', { text: 'x' }],
  ['is another', { $type: 'com.example.other', text: 'x' }],
  ['has #main', { $type: `${COLLECTION}#main`, text: 'x' }],
  ['is none', 'x'],
])('[K4] a record that %s is no record of the collection', async (_, value) => {
  const { network, client, memos } = await alicesMemos()
  const good = { uri: 'at://x/y/a', cid: STALE, value: { $type: COLLECTION, text: 'good' } }
  network.respond(GET, () => ({ uri: 'at://x/y/z', cid: STALE, value }))
  network.respond(LIST, () => ({ records: [good, { uri: 'at://x/y/z', cid: STALE, value }] }))
  const failure = await failureOf(memos.get('self'))
  const invalid = { name: 'XrpcError', code: 'response_invalid', status: 200, expected: COLLECTION, client }
  expect(failure).toMatchObject({ ...invalid, nsid: GET, field: 'value.$type' })
  const listing = await untilFailure(memos.list())
  expect(listing.found).toEqual([{ ...good, rkey: 'a' }])
  expect(listing.failure).toMatchObject({ ...invalid, nsid: LIST, field: 'records[1].value.$type' })
})

test('an answer that is no record is refused', async () => {
  const { network, memos } = await alicesMemos()
  for (const answer of [[], { value: null }, undefined]) {
    network.respond(GET, () => answer)
    expect(await failureOf(memos.get('self'))).toMatchObject({ code: 'response_invalid' })
  }
  const value = { $type: COLLECTION, text: 'x' }
  for (const [record, field] of [
    [{ uri: 5, cid: STALE, value }, 'uri'],
    [{ uri: 'at://x/y', cid: STALE, value }, 'uri'],
    [{ uri: 'at://x/y/z', cid: 5, value }, 'cid'],
  ] as const) {
    network.respond(GET, () => record)
    expect(await failureOf(memos.get('self'))).toMatchObject({ code: 'response_invalid', field })
    network.respond(LIST, () => ({ records: [record] }))
    const { failure } = await untilFailure(memos.list())
    expect(failure).toMatchObject({ code: 'response_invalid', field: `records[0].${field}` })
  }
})

test('only the answer to `get` may lack a CID', async () => {
  const { network, memos } = await alicesMemos()
  const record = { uri: 'at://x/y/z', value: { $type: COLLECTION, text: 'x' } }
  network.respond(GET, () => record)
  expect((await memos.get('self')).data).toEqual({ ...record, rkey: 'z' })
  network.respond(LIST, () => ({ records: [record] }))
  const { failure } = await untilFailure(memos.list())
  expect(failure).toMatchObject({ code: 'response_invalid', field: 'records[0].cid' })
})

test('[K2] what stands beside a record is kept', async () => {
  const { network, memos } = await alicesMemos()
  const value = { $type: COLLECTION, text: 'x' }
  const record = { uri: 'at://x/y/z', cid: STALE, value, indexedAt: 'today' }
  network.respond(GET, () => record)
  network.respond(LIST, () => ({ records: [record] }))
  expect((await memos.get('self')).data).toEqual({ ...record, rkey: 'z' })
  expect(await all(memos.list())).toEqual([{ ...record, rkey: 'z' }])
})

test('a key is that of the URI, or the one that was written under, whatever else a server calls so', async () => {
  const { network, memos } = await alicesMemos()
  const record = { uri: 'at://x/y/z', cid: STALE, value: { $type: COLLECTION, text: 'x' }, rkey: 'other' }
  for (const method of ['createRecord', 'getRecord', 'putRecord']) {
    network.respond(`com.atproto.repo.${method}`, () => record)
  }
  network.respond(LIST, () => ({ records: [record] }))
  expect((await memos.create({ text: 'x' })).data.rkey).toBe('z')
  expect((await memos.put('self', { text: 'x' })).data.rkey).toBe('self')
  expect((await memos.get('z')).data.rkey).toBe('z')
  expect((await all(memos.list())).map(({ rkey }) => rkey)).toEqual(['z'])
})

test('lists all pages, with what was asked for on each', async () => {
  const { client, memos, queriesTo } = await alicesMemos()
  for (const rkey of ['a', 'b', 'c', 'd', 'e']) await memos.put(rkey, { text: rkey })
  const texts = async (options = {}) => (await all(memos.list(options))).map(({ value }) => value.text)
  expect(await texts()).toEqual(['e', 'd', 'c', 'b', 'a'])
  expect(await texts({ cursor: 'c' })).toEqual(['b', 'a'])
  const before = queriesTo(LIST).length
  expect(await texts({ limit: 2, reverse: true })).toEqual(['a', 'b', 'c', 'd', 'e'])
  const place = { repo: client.did, collection: COLLECTION, limit: '2', reverse: 'true' }
  const queries = queriesTo(LIST).slice(before)
  expect(queries.map((query) => Object.fromEntries(query))).toEqual([
    place,
    { ...place, cursor: 'b' },
    { ...place, cursor: 'd' },
    { ...place, cursor: 'e' },
  ])
})

test('the result has the newest session, as every call', async () => {
  const { network, client, memos } = await alicesMemos()
  await network.clock.advance(network.tokenLifetimeSeconds * 1000)
  const { client: newest, rateLimit, headers } = await memos.put('self', { text: 'x' })
  expect(newest).not.toBe(client)
  expect(newest.did).toBe(client.did)
  expect([rateLimit, headers.get('content-type')]).toEqual([undefined, expect.stringContaining('json')])
  network.rateLimit({ limit: 10, windowSeconds: 60 })
  expect((await memos.get('self')).rateLimit).toMatchObject({ limit: 10, remaining: 9 })
})

test('a signal ends a call of each kind', async () => {
  const { network, memos } = await alicesMemos()
  const signal = AbortSignal.abort(new Error('enough'))
  const calls = [
    memos.create({ text: 'x' }, { signal }),
    memos.put('self', { text: 'x' }, { signal }),
    memos.get('self', { signal }),
    memos.delete('self', { signal }),
    all(memos.list({ signal })),
    memos.listPage({ signal }),
  ]
  for (const call of calls) await expect(call).rejects.toThrow('enough')
  expect(network.log).toHaveLength(0)
})

test('a client without a session reads what it names the account of', async () => {
  const { nobody, client, memos, network } = await alicesMemos()
  await memos.put('self', { text: 'hello' })
  const theirs = nobody.records(COLLECTION)
  expect((await theirs.get('self', { repo: 'alice.test' })).data.value.text).toBe('hello')
  expect(await all(theirs.list({ repo: client.did }))).toHaveLength(1)
  expect((await theirs.listPage({ repo: client.did })).data.records).toHaveLength(1)
  network.log.clear()
  // @ts-expect-error it has no account
  await expect(theirs.get('self')).rejects.toThrow(/^repo: expected the DID or handle of an account/)
  // @ts-expect-error it has no account
  await expect(all(theirs.list())).rejects.toThrow(/^repo: expected the DID or handle of an account/)
  // @ts-expect-error it has no account
  await expect(theirs.listPage()).rejects.toThrow(/^repo: expected the DID or handle of an account/)
  // @ts-expect-error it has no account
  await expect(theirs.create({ text: 'x' })).rejects.toThrow(/^repo: expected/)
  // @ts-expect-error it has no account
  await expect(theirs.put('self', { text: 'x' })).rejects.toThrow(/^repo: expected/)
  // @ts-expect-error it has no account
  await expect(theirs.delete('self')).rejects.toThrow(/^repo: expected/)
  expect(network.log).toHaveLength(0)
})

test('a collection that is not registered takes any fields', async () => {
  const { client } = await alicesMemos()
  const others = client.records(nsid('com.example.other'))
  await others.put('self', { anything: [1, { goes: true }] })
  expect((await others.get('self')).data.value).toEqual({
    $type: 'com.example.other',
    anything: [1, { goes: true }],
  })
})

test('with a key that was known before, a call whose answer was lost creates nothing more', async () => {
  const { network, client, memos } = await alicesMemos()
  const rkey = createTid()
  network.fault({ path: CREATE, lose: 'answer' })
  await failureOf(memos.create({ text: 'x' }, { rkey }))
  expect(await failureOf(memos.create({ text: 'x' }, { rkey }))).toBeInstanceOf(XrpcError)
  expect((await all(memos.list())).map(({ uri }) => uri)).toEqual([`at://${client.did}/com.example.memo/${rkey}`])
})

test('a record is created once, also where the answer is lost', async () => {
  const { network, memos } = await alicesMemos()
  network.fault({ path: CREATE, lose: 'answer' })
  expect(await failureOf(memos.create({ text: 'x' }))).toMatchObject({ name: 'NetworkError' })
  expect(await all(memos.list())).toHaveLength(1)
})
