import { type Session, XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { alicesMemos, COLLECTION } from './alices-memos.ts'

const LIST = 'com.atproto.repo.listRecords'

/** Alice has written memos under these keys. */
async function memosUnder(...keys: readonly string[]) {
  const scene = await alicesMemos()
  for (const rkey of keys) await scene.memos.put(rkey, { text: rkey })
  scene.network.log.clear()
  return { ...scene, queries: () => scene.queriesTo(LIST).map((query) => Object.fromEntries(query)) }
}

/** Alice's server answers each listing with the next of these: the keys of the records, and a cursor. */
async function serverWith(...answers: readonly (readonly [keys: string, cursor?: unknown])[]) {
  const scene = await memosUnder()
  const left = [...answers]
  scene.network.respond(LIST, () => {
    const [keys, cursor] = left.shift() ?? expect.unreachable('asked once too often')
    return { records: [...keys].map(record), cursor }
  })
  return scene
}

function record(rkey: string) {
  return { uri: `at://x/y/${rkey}`, cid: `cid-${rkey}`, value: { $type: COLLECTION, text: rkey } }
}

const keysOf = (records: readonly { readonly rkey: string }[]) => records.map(({ rkey }) => rkey).join('')

test('[J8] reads page after page, each from where the one before ended', async () => {
  const { client, memos, queries } = await memosUnder('a', 'b', 'c', 'd', 'e')
  const first = await memos.listPage({ limit: 2 })
  expect(first).toMatchObject({ status: 200, client, data: { cursor: 'd' } })
  expect(keysOf(first.data.records)).toBe('ed')
  const second = await memos.listPage({ limit: 2, cursor: first.data.cursor })
  expect(keysOf(second.data.records)).toBe('cb')
  expect(first.data.records[0]).toMatchObject({
    uri: `at://${client.did}/${COLLECTION}/e`,
    rkey: 'e',
    value: { $type: COLLECTION, text: 'e' },
  })
  const asked = { repo: client.did, collection: COLLECTION, limit: '2' }
  expect(queries()).toEqual([asked, { ...asked, cursor: 'd' }])
})

test('[J8] the last page has no cursor, though the server gives one with its last records', async () => {
  const { memos, queries } = await memosUnder('a', 'b', 'c')
  const { data } = await memos.listPage({ limit: 2, cursor: 'b' })
  expect([keysOf(data.records), data.cursor]).toEqual(['a', undefined])
  expect(queries().map(({ limit, cursor }) => [limit, cursor])).toEqual([
    ['2', 'b'],
    ['1', 'a'],
  ])
})

test('a full page is asked for once', async () => {
  const { memos, queries } = await memosUnder('a', 'b')
  const { data } = await memos.listPage({ limit: 2 })
  expect([keysOf(data.records), data.cursor]).toEqual(['ba', 'a'])
  expect(queries()).toHaveLength(1)
})

test('has no record and no cursor where there are none', async () => {
  const { memos, queries } = await memosUnder()
  expect((await memos.listPage()).data).toEqual({ records: [], cursor: undefined })
  expect(queries()).toMatchObject([{ limit: '50' }])
})

test('reads of whom, from where and which way it was told, on each request', async () => {
  const { network, memos, queries } = await memosUnder('a')
  const bob = await network.signIn('bob.test')
  for (const rkey of ['b', 'c', 'd']) await bob.records(COLLECTION).put(rkey, { text: rkey })
  const { data } = await memos.listPage({ repo: 'bob.test', limit: 3, reverse: true, cursor: 'b' })
  expect([keysOf(data.records), data.cursor]).toEqual(['cd', undefined])
  const asked = { repo: 'bob.test', collection: COLLECTION, reverse: 'true' }
  expect(queries()).toEqual([
    { ...asked, limit: '3', cursor: 'b' },
    { ...asked, limit: '1', cursor: 'd' },
  ])
})

test('[J8] short and empty pages of the server make one that is full', async () => {
  const { memos, queries } = await serverWith(['ab', '1'], ['', '2'], ['c', '3'], ['d', '4'])
  const { data } = await memos.listPage({ limit: 4 })
  expect([keysOf(data.records), data.cursor]).toEqual(['abcd', '4'])
  expect(queries().map(({ limit, cursor }) => [limit, cursor])).toEqual([
    ['4', undefined],
    ['2', '1'],
    ['2', '2'],
    ['1', '3'],
  ])
})

test('loses nothing where a server gives more than it was asked for', async () => {
  const { memos } = await serverWith(['abc', '1'])
  const { data } = await memos.listPage({ limit: 2 })
  expect([keysOf(data.records), data.cursor]).toEqual(['abc', '1'])
})

test('[J8] an empty cursor is none', async () => {
  const { memos } = await serverWith(['a', ''])
  expect((await memos.listPage({ limit: 2 })).data).toMatchObject({ cursor: undefined })
})

test.each([
  ['the one that was given', 'c', ['a', 'b', 'c']],
  ['one of the same page', undefined, ['a', 'b', 'a']],
])('[J8] refuses a cursor that leads back to %s', async (_, cursor, cursors) => {
  const { client, memos, queries } = await serverWith(...cursors.map((next) => ['', next] as const))
  const failure = await failureOf(memos.listPage({ cursor }))
  const invalid = { name: 'XrpcError', code: 'response_invalid', nsid: LIST, retryable: false, client }
  expect(failure).toMatchObject({ ...invalid, field: 'cursor', expected: 'one that did not come before' })
  expect(queries()).toHaveLength(3)
})

test('[J8] refuses a full page whose cursor leads back to itself', async () => {
  const { memos } = await serverWith(['ab', 'x'])
  expect(await failureOf(memos.listPage({ limit: 2, cursor: 'x' }))).toMatchObject({ field: 'cursor' })
})

test.each([
  ['a cursor that is none', { records: [], cursor: 5 }, 'cursor'],
  ['no list', { records: null }, 'records'],
  ['nothing at all', null, 'records'],
  [
    'a record of another collection',
    { records: [record('a'), { ...record('b'), value: {} }] },
    'records[1].value.$type',
  ],
  ['a record without a CID', { records: [{ ...record('a'), cid: undefined }] }, 'records[0].cid'],
  ['a record without a key', { records: [{ ...record('a'), uri: 'at://x/y' }] }, 'records[0].uri'],
])('[K3] refuses %s', async (_, answer, field) => {
  const { network, memos } = await memosUnder()
  network.respond(LIST, () => Response.json(answer))
  expect(await failureOf(memos.listPage())).toMatchObject({ code: 'response_invalid', nsid: LIST, field })
})

test('a page that failed can be asked for again, from the same place', async () => {
  const { network, memos } = await memosUnder('a', 'b', 'c')
  const { data } = await memos.listPage({ limit: 1 })
  network.fault({ path: `/xrpc/${LIST}`, status: 400 })
  const again = { limit: 1, cursor: data.cursor }
  expect(await failureOf(memos.listPage(again))).toMatchObject({ name: 'XrpcError', status: 400 })
  expect(keysOf((await memos.listPage(again)).data.records)).toBe('b')
})

test('the result has the newest session, also where it took several requests', async () => {
  const { network, client, memos } = await memosUnder('a')
  await network.clock.advance(network.tokenLifetimeSeconds * 1000)
  const { client: newest } = await memos.listPage()
  expect(newest).not.toBe(client)
  expect(newest.did).toBe(client.did)
})

test('each request is sent by the session that the one before it left behind', async () => {
  const sentBy: number[] = []
  const answers = [
    { records: [record('a')], cursor: '1' },
    { records: [], cursor: '2' },
    { records: [record('b')] },
  ]
  const generation = (gen: number): Session<undefined> => ({
    did: undefined,
    info: undefined,
    async send() {
      sentBy.push(gen)
      return { response: Response.json(answers[gen]), session: generation(gen + 1) }
    },
    refresh: async () => generation(gen),
  })
  const theirs = new XrpcClient({ session: generation(0) }).records(COLLECTION)
  const { data, client } = await theirs.listPage({ repo: 'alice.test' })
  expect([keysOf(data.records), sentBy]).toEqual(['ab', [0, 1, 2]])
  await client.get('com.atproto.server.describeServer').catch(() => {})
  expect(sentBy.at(-1)).toBe(3)
})
