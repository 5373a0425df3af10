import { nsid, type Session, XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { all, alicesMemos, untilFailure } from './alices-memos.ts'

const RECENT = 'com.example.memo.recent'
const SEARCH = 'com.example.memo.search'

/** Alice's server answers a query with these pages, one after the other, whatever is asked. */
async function pagesOf(name: string, pages: readonly unknown[]) {
  const scene = await alicesMemos()
  const left = [...pages]
  scene.network.respond(name, () => {
    if (left.length === 0) throw new Error('asked for one page too many')
    return left.shift()
  })
  return { ...scene, queries: () => scene.queriesTo(name).map((query) => Object.fromEntries(query)) }
}

test('[J8] asks first without a cursor, then with the last one, until there is none', async () => {
  const { client, queries } = await pagesOf(RECENT, [
    { memos: [1, 2], cursor: 'a' },
    { memos: [3], cursor: 'b' },
    { memos: [4] },
  ])
  expect(await all(client.paginate(RECENT))).toEqual([1, 2, 3, 4])
  expect(queries()).toEqual([{}, { cursor: 'a' }, { cursor: 'b' }])
})

test('[J8] keeps the other parameters', async () => {
  const pages = [{ hits: [{ id: 'x' }], cursor: 'a' }, { hits: [] }]
  const { client, queries } = await pagesOf(SEARCH, pages)
  await all(client.paginate(SEARCH, { params: { q: 'x', limit: 1 }, items: 'hits' }))
  expect(queries()).toEqual([
    { q: 'x', limit: '1' },
    { q: 'x', limit: '1', cursor: 'a' },
  ])
})

test('[J8] begins at the cursor that is given', async () => {
  const { client, queries } = await pagesOf(RECENT, [{ memos: [3], cursor: 'b' }, { memos: [] }])
  expect(await all(client.paginate(RECENT, { params: { cursor: 'a' } }))).toEqual([3])
  expect(queries()).toEqual([{ cursor: 'a' }, { cursor: 'b' }])
})

test('[J8] an empty page is not the end', async () => {
  const pages = [
    { memos: [], cursor: 'a' },
    { memos: [], cursor: 'b' },
    { memos: [1], cursor: 'c' },
    { memos: [] },
  ]
  const { client } = await pagesOf(RECENT, pages)
  expect(await all(client.paginate(RECENT))).toEqual([1])
})

test('[J8] a short page is not the end, and a full one may be', async () => {
  const pages = [{ memos: [1], cursor: 'a' }, { memos: [2, 3] }]
  const { client } = await pagesOf(nsid('com.example.limited'), pages)
  const items = client.paginate(nsid('com.example.limited'), { params: { limit: 2 } })
  expect(await all(items)).toEqual([1, 2, 3])
})

test.each([
  ['at once', ['a', 'a']],
  ['later', ['a', 'b', 'a']],
])('[J8] a cursor that comes again %s ends it, after the items of that page', async (_, cursors) => {
  const { client, queries } = await pagesOf(
    RECENT,
    cursors.map((cursor, at) => ({ memos: [at], cursor })),
  )
  const { found, failure } = await untilFailure(client.paginate(RECENT))
  expect(found).toEqual(cursors.map((__, at) => at))
  expect(failure).toMatchObject({
    name: 'XrpcError',
    code: 'response_invalid',
    nsid: RECENT,
    status: 200,
    field: 'cursor',
    expected: 'one that did not come before',
    retryable: false,
    client,
  })
  expect(queries()).toHaveLength(cursors.length)
})

test('[J8] the cursor that was given is one that came before', async () => {
  const { client } = await pagesOf(RECENT, [{ memos: [1], cursor: 'a' }])
  const { failure } = await untilFailure(client.paginate(RECENT, { params: { cursor: 'a' } }))
  expect(failure).toMatchObject({ code: 'response_invalid', field: 'cursor' })
})

test('[J8] an empty cursor leads nowhere: the server would begin anew', async () => {
  const { client, queries } = await pagesOf(RECENT, [{ memos: [1], cursor: '' }])
  expect(await all(client.paginate(RECENT))).toEqual([1])
  expect(queries()).toHaveLength(1)
})

test.each([null, 5, { a: 1 }])('[K3] the cursor %j is no cursor', async (cursor) => {
  const { client } = await pagesOf(RECENT, [{ memos: [1], cursor }])
  const { found, failure } = await untilFailure(client.paginate(RECENT))
  expect(found).toEqual([1])
  expect(failure).toMatchObject({ code: 'response_invalid', field: 'cursor', expected: 'a string' })
})

test('asks for a page when its first item is wanted, and for none after a break', async () => {
  const pages = [
    { memos: [1, 2], cursor: 'a' },
    { memos: [3, 4], cursor: 'b' },
  ]
  const { client, queries } = await pagesOf(RECENT, pages)
  const items = client.paginate(RECENT)
  expect(queries()).toHaveLength(0)
  const found: number[] = []
  for await (const memo of items) {
    found.push(memo)
    expect(queries()).toHaveLength(memo < 3 ? 1 : 2)
    if (memo === 3) break
  }
  expect(found).toEqual([1, 2, 3])
  expect(queries()).toHaveLength(2)
})

test('goes on with the newest session, when the token expires between two pages', async () => {
  const { network, client, queries } = await pagesOf(RECENT, [{ memos: [1], cursor: 'a' }, { memos: [2] }])
  const items = client.paginate(RECENT)
  await items.next()
  await network.clock.advance(network.tokenLifetimeSeconds * 1000)
  expect((await items.next()).value).toBe(2)
  expect(queries()).toHaveLength(2)
  expect(network.log.to('/oauth/token').filter(({ status }) => status === 200)).toHaveLength(1)
})

test('asks each page of the session that the page before it left behind', async () => {
  const sentBy: number[] = []
  const pages = [{ memos: [1], cursor: 'a' }, { memos: [2], cursor: 'b' }, { memos: [3] }]
  const generation = (gen: number): Session<undefined> => ({
    did: undefined,
    info: undefined,
    async send() {
      sentBy.push(gen)
      return { response: Response.json(pages[gen]), session: generation(gen + 1) }
    },
    refresh: async () => generation(gen),
  })
  expect(await all(new XrpcClient({ session: generation(0) }).paginate(RECENT))).toEqual([1, 2, 3])
  expect(sentBy).toEqual([0, 1, 2])
})

test('the error of a page has its client over the newest session', async () => {
  const { network, client } = await pagesOf(RECENT, [
    { memos: [1], cursor: 'a' },
    { memos: [2], cursor: 'a' },
  ])
  const items = client.paginate(RECENT)
  await items.next()
  await network.clock.advance(network.tokenLifetimeSeconds * 1000)
  await items.next()
  const failure = await items.next().catch((error: unknown) => error)
  expect(failure).toMatchObject({ field: 'cursor', client: { did: client.did } })
  expect(Reflect.get(Object(failure), 'client')).not.toBe(client)
})

test('settings, headers and the signal go along to every page', async () => {
  const { network, client } = await pagesOf(RECENT, [{ memos: [1], cursor: 'a' }, { memos: [2] }])
  const stop = new AbortController()
  const { signal } = stop
  const items = client
    .with({ headers: { 'x-app': 'memos' } })
    .paginate(RECENT, { signal, headers: { 'x-call': '1' } })
  await items.next()
  await items.next()
  const sent = network.log
    .to(`/xrpc/${RECENT}`)
    .map(({ headers }) => [headers.get('x-app'), headers.get('x-call')])
  expect(sent).toEqual([
    ['memos', '1'],
    ['memos', '1'],
  ])
})

test('an abort ends it before the next page', async () => {
  const { client, queries } = await pagesOf(RECENT, [{ memos: [1], cursor: 'a' }])
  const stop = new AbortController()
  const items = client.paginate(RECENT, { signal: stop.signal })
  await items.next()
  stop.abort(new Error('enough'))
  await expect(items.next()).rejects.toThrow('enough')
  expect(queries()).toHaveLength(1)
})

test('the error of a later page comes after the items before it', async () => {
  const { network, client } = await pagesOf(RECENT, [{ memos: [1], cursor: 'a' }])
  network.fault({ path: `/xrpc/${RECENT}`, status: 400, when: ({ url }) => url.includes('cursor') })
  const { found, failure } = await untilFailure(client.paginate(RECENT))
  expect(found).toEqual([1])
  expect(failure).toMatchObject({ name: 'XrpcError', code: 'error_response', status: 400 })
})

test('takes the items of the array that is named, of several', async () => {
  const pages = [
    { hits: [{ id: 'x' }], words: ['one'], cursor: 'a' },
    { hits: [{ id: 'y' }], words: [] },
  ]
  const { client } = await pagesOf(SEARCH, [...pages, ...pages])
  const params = { q: 'x' }
  expect(await all(client.paginate(SEARCH, { params, items: 'hits' }))).toEqual([{ id: 'x' }, { id: 'y' }])
  expect(await all(client.paginate(SEARCH, { params, items: 'words' }))).toEqual(['one'])
})

test('does not choose between several arrays', async () => {
  const { client } = await pagesOf(SEARCH, [{ hits: [{ id: 'x' }], words: ['one'] }])
  // @ts-expect-error which of them?
  const { found, failure } = await untilFailure(client.paginate(SEARCH, { params: { q: 'x' } }))
  expect(found).toEqual([])
  expect(failure).toMatchObject({
    code: 'response_invalid',
    expected: 'one array',
    found: 2,
    action: 'name the one whose items you want in `items`: hits, words',
  })
})

test('[K2] an array that the server adds later on changes nothing', async () => {
  const { client } = await pagesOf(RECENT, [
    { memos: [1], cursor: 'a' },
    { memos: [2], tips: ['new'] },
  ])
  expect(await all(client.paginate(RECENT))).toEqual([1, 2])
})

test('an optional array may be left out of a page, and one that is named may not', async () => {
  const pages = [{ cursor: 'a' }, { memos: [1] }]
  const { client } = await pagesOf(RECENT, [...pages, ...pages])
  expect(await all(client.paginate(RECENT))).toEqual([1])
  const { failure } = await untilFailure(client.paginate(RECENT, { items: 'memos' }))
  expect(failure).toMatchObject({ code: 'response_invalid', field: 'memos', expected: 'an array' })
})

test.each([
  ['a misspelt option', { itmes: 'memos' }, /^options: expected only .*"itmes"/],
  ['an option of other calls', { as: 'bytes' }, /^options: expected only .*"as"/],
  ['parameters that are none', { params: 'cursor' }, /^params: expected an object/],
  ['a parameter that is none', { params: { cursor: {} } }, /^params\.cursor: expected a string/],
  ['items that are none', { items: 5 }, /^items: expected the name/],
])('refuses %s, and sends nothing', async (_, options, message) => {
  const { network, client } = await pagesOf(RECENT, [])
  // @ts-expect-error what plain JavaScript can pass
  await expect(all(client.paginate(RECENT, options))).rejects.toThrow(message)
  // @ts-expect-error what plain JavaScript can pass
  await expect(all(client.paginate('recent'))).rejects.toThrow(/^nsid: expected an NSID/)
  expect(network.log).toHaveLength(0)
})

test('a client without a session can, too', async () => {
  const { nobody, network } = await alicesMemos()
  network.respond('com.atproto.sync.listRepos', () => ({ repos: [{ did: 'did:plc:x' }] }))
  expect(await all(nobody.paginate('com.atproto.sync.listRepos'))).toEqual([{ did: 'did:plc:x' }])
})
