import { type ClientSettings, NetworkError, nsid, type QueryOptions, XrpcError } from 'atproof'
import { expect, test } from 'vitest'
import { Client } from '../../../src/xrpc/client.ts'
import { pageClient } from './page-client.ts'

const GET = nsid('com.example.getThings')
const DO = nsid('com.example.doThing')
const PROXY = 'did:web:api.example.com#example_appview'
const MISSING = { name: 'NetworkError', code: 'unreachable', retryable: true }

/** Options as plain JavaScript can pass them. */
const asGiven = (options: Record<string, unknown>): QueryOptions<typeof GET> => options

const failureOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  )

test('a usual call that goes well loads nothing', async () => {
  const { client, seen, loads } = pageClient(() => Response.json({ things: [] }))
  const { signal } = new AbortController()
  expect((await client.get(GET)).data).toEqual({ things: [] })
  await client.get(GET, { params: { limit: 10, tags: ['a', 'b'] }, signal })
  await client.post(DO, { params: { dry: true }, input: { name: 'é' } })
  await client.post(DO)
  expect(seen.map(({ method, url, body }) => [method, new URL(url).search, body])).toEqual([
    ['GET', '', ''],
    ['GET', '?limit=10&tags=a&tags=b', ''],
    ['POST', '?dry=true', '{"name":"é"}'],
    ['POST', '', ''],
  ])
  expect(seen.map(({ headers }) => [headers.get('accept'), headers.get('content-type')])).toEqual([
    ['application/json', null],
    ['application/json', null],
    ['application/json', 'application/json'],
    ['application/json', null],
  ])
  expect(loads()).toBe(0)
})

test.each<[string, Record<string, unknown>]>([
  ['headers', { headers: { 'x-app': 'a' } }],
  ['a time of its own', { timeoutMs: 300 }],
  ['bytes', { as: 'bytes' }],
])('a query with %s is looked at closely, and goes out', async (_, options) => {
  const { client, seen, loads } = pageClient()
  expect((await client.get(GET, asGiven(options))).status).toBe(200)
  expect(seen).toHaveLength(1)
  expect(loads()).toBe(1)
})

test.each<[string, unknown, RegExp]>([
  ['a name that is none', { limit: 3 }, /^options: expected only params, input, .*, found "limit"$/],
  ['a name of every object', { constructor: 3 }, /^options: expected only .*, found "constructor"$/],
  ['no object', 5, /^options: expected an object, found 5$/],
  ['a list', [], /^options: expected an object, found an array of 0$/],
  ['wrong params', { params: ['a'] }, /^params: expected an object, found an array of 1$/],
  ['params of null', { params: null }, /^params: expected an object, found null$/],
  ['a wrong signal', { signal: {} }, /^signal: expected an AbortSignal, found an object$/],
  ['a wrong time', { timeoutMs: -1 }, /^timeoutMs: expected a time in ms, more than 0, found -1$/],
  ['an input', { input: 0 }, /^input: expected none: a query takes `params` only, found 0$/],
])('a query with %s is refused with a TypeError, and not sent', async (_, options, expected) => {
  const { client, seen } = pageClient()
  const failure = await failureOf(client.get(GET, options as QueryOptions<typeof GET>))
  expect(failure).toBeInstanceOf(TypeError)
  expect(failure).toMatchObject({ message: expect.stringMatching(expected) })
  expect(seen).toEqual([])
})

test.each(['', 'example', ['com.example.getThings'], undefined, null, 7])(
  'the method %j is refused with a TypeError, and not called',
  async (name) => {
    const { client, seen } = pageClient()
    const failure = await failureOf(client.get(name as typeof GET))
    expect(failure).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^nsid: expected an NSID such as/),
    })
    expect(seen).toEqual([])
  },
)

test.each<[string, () => unknown]>([
  ['a blob', () => new Blob(['x'])],
  ['bytes', () => new Uint8Array(2)],
  ['a function', () => () => new Blob(['x'])],
])('an input that is %s goes out as it is', async (_, input) => {
  const { client, seen, loads } = pageClient()
  await client.post(DO, { input: input() })
  expect(seen[0]?.headers.get('content-type')).toBe('application/octet-stream')
  expect(loads()).toBe(1)
})

test('an unusual call is not sent where the part that knows it cannot be loaded, and is once it can', async () => {
  const { client, seen } = pageClient(undefined, { failures: 1 })
  const failure = await failureOf(client.get(GET, { headers: { 'x-app': 'a' } }))
  expect(failure).toMatchObject(MISSING)
  expect(seen).toEqual([])
  await client.get(GET, { headers: { 'x-app': 'a' } })
  expect(seen[0]?.headers.get('x-app')).toBe('a')
})

test("the caller's signal ends the waiting for a part that never comes", async () => {
  const { client, seen } = pageClient(undefined, { hangs: true })
  const over = new AbortController()
  const calls = [
    client.get(GET, { headers: {}, signal: over.signal }),
    client.fetchHandler(`/xrpc/${GET}`, { signal: over.signal }),
  ].map(failureOf)
  const enough = new RangeError('enough')
  over.abort(enough)
  expect(await Promise.all(calls)).toEqual([enough, enough])
  expect(seen).toEqual([])
})

test('[J5] an answer that refuses is told as ever', async () => {
  const { client, loads } = pageClient(() => Response.json({ error: 'NotFound', message: 'no' }, { status: 404 }))
  const failure = await failureOf(client.get(GET))
  expect(failure).toBeInstanceOf(XrpcError)
  expect(failure).toMatchObject({ code: 'error_response', status: 404, error: 'NotFound', nsid: GET })
  expect(loads()).toBe(1)
})

test('[J6] the pause that a server asked for is kept, though what reads its answer came late', async () => {
  const answers = [new Response(null, { status: 429, headers: { 'retry-after': '30' } }), Response.json({})]
  const { client, seen, clock } = pageClient(() => answers.shift() ?? Response.error(), { failures: 1 })
  const call = client.get(GET)
  await clock.advance(29_999)
  expect(seen).toHaveLength(1)
  await clock.advance(2000)
  expect((await call).status).toBe(200)
  expect(seen).toHaveLength(2)
})

test('what is no failure of the network is told at once, though that part never comes', async () => {
  const { session, clock } = pageClient()
  const failure = new RangeError('the session has ended')
  const client = new Client({
    session: Object.assign(Object.create(session), { send: () => Promise.reject(failure) }),
    clock,
    random: (length) => new Uint8Array(length),
    load: () => new Promise(() => {}),
  })
  expect(await failureOf(client.get(GET))).toBe(failure)
})

test.each([
  [503, 'error_response', true],
  [400, 'error_response', false],
  [200, 'response_invalid', false],
])(
  'an answer of %i is told by its status, and let go, where the part that reads it cannot be loaded',
  async (status, code, retryable) => {
    let isCancelled = false
    const body = () =>
      new ReadableStream({
        cancel() {
          isCancelled = true
        },
      })
    const { client, seen } = pageClient(() => new Response(body(), { status }), { failures: Infinity })
    const failure = await failureOf(client.get(GET))
    expect(failure).toMatchObject({ name: 'XrpcError', code, status, error: '', nsid: GET, retryable })
    expect(String(failure)).toContain('what reads it could not be loaded')
    expect(isCancelled).toBe(true)
    expect(seen).toHaveLength(1)
  },
)

test('[J6] a dead connection is told as it is where the part that repeats calls cannot be loaded', async () => {
  const { client, network, log } = pageClient(undefined, { failures: Infinity })
  network.fault({ path: `/xrpc/${GET}`, lose: 'answer' })
  expect(await failureOf(client.get(GET))).toMatchObject({
    name: 'NetworkError',
    code: 'connection_failed',
    url: `https://api.example.com/xrpc/${GET}`,
  })
  expect(log.entries).toHaveLength(1)
})

test('[J6] a query is repeated where that part comes after the failure', async () => {
  let answers = 0
  const { client, seen, clock, loads } = pageClient(() => {
    return answers++ === 0 ? new Response(null, { status: 503 }) : Response.json({ ok: true })
  })
  const call = client.get(GET)
  await clock.settle()
  expect(seen).toHaveLength(1)
  await clock.advance(1000)
  expect((await call).data).toEqual({ ok: true })
  expect(seen).toHaveLength(2)
  expect(loads()).toBe(1)
})

test.each<[string, () => Response, string]>([
  ['half of JSON', () => new Response('{"a":', { headers: { 'content-type': 'application/json' } }), 'body'],
  ['nothing of JSON', () => new Response(null, { headers: { 'content-type': 'application/json' } }), 'body'],
  ['HTML', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }), 'content-type'],
])('[J4] %s is refused as an answer', async (_, answer, field) => {
  const { client } = pageClient(answer)
  expect(await failureOf(client.get(GET))).toMatchObject({ name: 'XrpcError', code: 'response_invalid', field })
})

test('[J4] JSON that is null is an answer as any other', async () => {
  const { client, loads } = pageClient(() => Response.json(null))
  expect((await client.get(GET)).data).toBeNull()
  expect(loads()).toBe(0)
})

test('a method without an output is given as undefined', async () => {
  const { client } = pageClient(() => new Response(null, { status: 204 }))
  expect((await client.post(DO)).data).toBeUndefined()
})

test('settings hold from the first call on, although what knows them comes later', async () => {
  const { client, seen } = pageClient()
  const view = client.with({ proxy: PROXY }).with({ headers: { 'x-app': 'a' } })
  await view.get(GET)
  await view.fetchHandler(`/xrpc/${GET}`)
  expect(seen.map(({ headers }) => [headers.get('atproto-proxy'), headers.get('x-app')])).toEqual([
    [PROXY, 'a'],
    [PROXY, 'a'],
  ])
})

test('settings do not change with the objects that they were made of, once they were read', async () => {
  const { client, seen, load } = pageClient()
  const headers = { 'x-app': 'a' }
  const view = client.with({ headers })
  await load()
  headers['x-app'] = 'b'
  await view.get(GET)
  expect(seen[0]?.headers.get('x-app')).toBe('a')
})

test('a wrong setting is told by each call, before anything is sent, where its part is still being loaded', async () => {
  const { client, seen } = pageClient()
  const settings: ClientSettings = Object.fromEntries([['timeoutMs', 0]])
  const view = client.with(settings).with({ headers: { 'x-app': 'a' } })
  const expected = /^timeoutMs: expected a time in ms, more than 0, found 0$/
  await expect(view.get(GET)).rejects.toThrow(expected)
  await expect(view.get(GET)).rejects.toThrow(expected)
  await expect(view.fetchHandler(`/xrpc/${GET}`)).rejects.toThrow(expected)
  expect(seen).toEqual([])
})

test('a wrong setting is told at once where its part is there', async () => {
  const { client, load } = pageClient()
  await load()
  const settings: ClientSettings = Object.fromEntries([['timeoutMs', 0]])
  expect(() => client.with(settings)).toThrow(TypeError)
})

test('a client with settings waits for another day where its part cannot be loaded', async () => {
  const { client, seen } = pageClient(undefined, { failures: 2 })
  const view = client.with({ proxy: PROXY })
  const failure = await failureOf(view.get(GET))
  expect(failure).toBeInstanceOf(NetworkError)
  expect(failure).toMatchObject(MISSING)
  expect(seen).toEqual([])
  await view.get(GET)
  expect(seen[0]?.headers.get('atproto-proxy')).toBe(PROXY)
})

test('[J14] what is too large is told with the way to read it', async () => {
  const { client } = pageClient(() => Response.json({ long: 'x'.repeat(100) }))
  expect(await failureOf(client.with({ maxResponseBytes: 20 }).get(GET))).toMatchObject({
    code: 'too_large',
    retryable: false,
    action: expect.stringContaining('maxResponseBytes'),
  })
})
