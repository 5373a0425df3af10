import { type ClientSettings, nsid, XrpcClient } from 'atproof'
import { expect, test, vi } from 'vitest'
import { alicesScene, signIn } from '../scene.ts'
import { exampleService } from './example-service.ts'

const GET = nsid('com.example.getThings')
const DO = nsid('com.example.doThing')
const PROXY = 'did:web:api.example.com#example_appview'
const LABELER = 'did:plc:labeler'
const fine = () => Response.json({})

/** The headers that say who is to answer, and whose labels to use, of all requests. */
const steering = (seen: readonly { readonly headers: Headers }[]) =>
  seen.map(({ headers }) => [headers.get('atproto-proxy'), headers.get('atproto-accept-labelers')])

test('[J10] [J11] says nothing of services and labelers by itself', async () => {
  const { client, seen } = exampleService([fine])
  await client.get(GET)
  expect(steering(seen)).toEqual([[null, null]])
})

test('[J10] names the service that a call is for, to the same server', async () => {
  const { client, seen, log } = exampleService([fine], { proxy: PROXY })
  await client.get(GET)
  await client.post(DO)
  await client.fetchHandler(`/xrpc/${GET}`)
  expect(steering(seen)).toEqual([
    [PROXY, null],
    [PROXY, null],
    [PROXY, null],
  ])
  expect(new Set(log.entries.map(({ url }) => new URL(url).origin))).toEqual(new Set(['https://api.example.com']))
})

test("[J10] a session's proxied calls go to its own PDS, which asks the service for the account", async () => {
  const scene = alicesScene()
  const client = await signIn(scene)
  const asked = vi.fn<(issuer: string) => void>()
  scene.network.addService(PROXY, {
    methods: {
      [GET]: (_request: Request, { did }: { did: string }) => {
        asked(did)
        return { things: [] }
      },
    },
  })
  scene.network.log.clear()
  const { data } = await client.with({ proxy: PROXY }).get(GET)
  expect(data).toEqual({ things: [] })
  expect(asked).toHaveBeenCalledWith(client.did)
})

test.each([
  'did:web:api.example.com',
  'did:web:api.example.com#',
  '#example_appview',
  'did:web:api.example.com##example_appview',
  'did:web:api.example.com#a#b',
  'did:web:api.example.com #a',
  'did:web:api.example.com#a b',
  ' did:web:api.example.com#a',
  'did:web:api.example.com#a\n',
  'did:web:api.example.com#é',
  'https://api.example.com#a',
  '',
])('[J10] refuses to be a client of the service %j', (proxy) => {
  const expected =
    /^proxy: expected a DID with the service behind one #, such as did:web:api\.example\.com#example_appview, found/
  // As plain JavaScript would pass it.
  const settings: ClientSettings = Object.fromEntries([['proxy', proxy]])
  expect(() => new XrpcClient({ service: 'https://api.example.com', ...settings })).toThrow(expected)
  expect(() => exampleService([]).client.with(settings)).toThrow(expected)
})

test.each<[ClientSettings['labelers'], string]>([
  [[LABELER], LABELER],
  [[LABELER, 'did:web:mod.example.com'], `${LABELER}, did:web:mod.example.com`],
  [[{ did: LABELER, redact: true }, 'did:web:mod.example.com'], `${LABELER};redact, did:web:mod.example.com`],
  [[{ did: LABELER }, { did: 'did:web:mod.example.com', redact: false }], `${LABELER}, did:web:mod.example.com`],
])('[J11] asks for the labels of %j', async (labelers, header) => {
  const { client, seen } = exampleService([fine], { labelers })
  await client.get(GET)
  await client.fetchHandler(`/xrpc/${GET}`)
  expect(steering(seen)).toEqual([
    [null, header],
    [null, header],
  ])
})

test('[J11] no labelers at all are not the same as nothing said', async () => {
  const { client, seen } = exampleService([fine], { labelers: [] })
  await client.get(GET)
  await client.with({ labelers: undefined }).get(GET)
  expect(steering(seen)).toEqual([
    [null, ''],
    [null, null],
  ])
})

test.each([
  ['no list', LABELER],
  ['no DID', ['mod.example.com']],
  ['a parameter in the text', [`${LABELER};redact`]],
  ['two in one text', [`${LABELER}, did:web:mod.example.com`]],
  ['a word for redact', [{ did: LABELER, redact: 'yes' }]],
  ['nothing', [undefined]],
])('[J11] refuses labelers that are %s', (_, labelers) => {
  const settings: ClientSettings = Object.fromEntries([['labelers', labelers]])
  expect(() => exampleService([]).client.with(settings)).toThrow(
    /^labelers: expected an array of DIDs or of \{ did, redact \}, found/,
  )
})

test('with() leaves what it does not name, and takes back what is undefined', async () => {
  const { client, seen } = exampleService([fine], { proxy: PROXY, labelers: [LABELER], headers: { 'x-app': 'a' } })
  await client.with({ timeoutMs: 5 }).get(GET)
  await client.with({ proxy: undefined }).get(GET)
  await client.with({ labelers: undefined, headers: undefined }).get(GET)
  await client.get(GET)
  expect(steering(seen)).toEqual([
    [PROXY, LABELER],
    [null, LABELER],
    [PROXY, null],
    [PROXY, LABELER],
  ])
  expect(seen.map(({ headers }) => headers.get('x-app'))).toEqual(['a', 'a', null, 'a'])
})

test("a call's own headers go before the client's settings", async () => {
  const { client, seen } = exampleService([fine], {
    proxy: PROXY,
    headers: { 'atproto-proxy': 'did:web:other#x' },
  })
  await client.get(GET)
  await client.get(GET, { headers: { 'Atproto-Proxy': 'did:web:third#x' } })
  await client.fetchHandler(`/xrpc/${GET}`, { headers: [['atproto-proxy', 'did:web:third#x']] })
  expect(steering(seen).map(([proxy]) => proxy)).toEqual([PROXY, 'did:web:third#x', 'did:web:third#x'])
})

test("[J14] a call's own time goes before the client's", async () => {
  const { network, client, clock } = exampleService([fine], { timeoutMs: 5000 })
  network.fault({ path: `/xrpc/${GET}`, hang: 'request' })
  const before = clock.now()
  await expect(client.get(GET, { timeoutMs: 300 })).rejects.toMatchObject({ expected: 'an answer in 300 ms' })
  expect(clock.now() - before).toBe(300)
})

test.each<[string, unknown, RegExp]>([
  ['timeoutMs', 0, /^timeoutMs: expected a time in ms, more than 0, found 0$/],
  ['timeoutMs', '60', /^timeoutMs: expected a time in ms/],
  ['timeoutMs', Number.NaN, /^timeoutMs: expected a time in ms/],
  ['maxResponseBytes', -1, /^maxResponseBytes: expected a whole number, 0 or more, found -1$/],
  ['maxResponseBytes', 1.5, /^maxResponseBytes: /],
  ['headers', { 'x-key': 7 }, /^headers: expected an object of strings, found an object$/],
  ['headers', ['x-key'], /^headers: /],
  ['headers', { 'x key': 'secret' }, /^headers: expected names and values that HTTP allows, found "x key"$/],
  ['headers', { 'x-key': 'secret\nmore' }, /^headers: expected names and values that HTTP allows, found "x-key"$/],
  ['retry', 3, /^retry: expected an object, found 3$/],
  ['retry', { limit: -1 }, /^limit: expected a whole number/],
  ['retry', { procedures: 'yes' }, /^procedures: expected true or false/],
  ['retry', { longestWaitMs: 0 }, /^longestWaitMs: expected a time/],
  ['retry', { times: 3 }, /^retry: expected only limit, procedures, longestWaitMs, found "times"$/],
  ['validate', {}, /^validate: expected a validator of atproof\/lexicon/],
  ['timeout', 3, /^settings: expected only headers, proxy, labelers, .*, found "timeout"$/],
])('refuses the setting %s: %j', (name, value, expected) => {
  const settings: ClientSettings = Object.fromEntries([[name, value]])
  const { client } = exampleService([])
  expect(() => client.with(settings)).toThrow(TypeError)
  expect(() => client.with(settings)).toThrow(expected)
  const inConstructor = new RegExp(expected.source.replace('^settings', '^options'))
  const made = () => new XrpcClient({ service: 'https://api.example.com', ...settings })
  expect(made).toThrow(name === 'timeout' ? /^options: expected only .*, found "timeout"$/ : inConstructor)
})

test.each([
  [{}, /^service: expected the https URL of a service, found undefined$/],
  [{ session: undefined }, /^service: expected the https URL of a service, found undefined$/],
  [{ session: {} }, /^session: expected a session: an object with send, refresh/],
  [{ service: 'https://api.example.com', fetch: 'fetch' }, /^fetch: expected a function/],
  [undefined, /^options: expected an object, found undefined$/],
])('refuses to be made with %j', (options, expected) => {
  expect(() => Reflect.construct(XrpcClient, [options])).toThrow(expected)
})

test('a client does not change with the objects that it was made of', async () => {
  const labeler = { did: LABELER, redact: true } as const
  const labelers: (typeof labeler | typeof LABELER)[] = [labeler]
  const retry = { limit: 0 }
  const headers: Record<string, string> = { 'x-app': 'a' }
  const { client, seen } = exampleService([() => new Response(null, { status: 503 })])
  const changed = client.with({ labelers, retry, headers })
  Object.assign(labeler, { redact: false })
  labelers.push(LABELER)
  retry.limit = 1
  headers['x-app'] = 'b'
  await expect(changed.get(GET)).rejects.toMatchObject({ status: 503 })
  expect(steering(seen)).toEqual([[null, `${LABELER};redact`]])
  expect(seen.map((request) => request.headers.get('x-app'))).toEqual(['a'])
})

test.each([
  ['a line break in a value', { 'x-app': 'a', 'x-key': 'a-secret\nx: y' }, '"x-key"'],
  ['a name that is none', { 'x key': 'a-secret' }, '"x key"'],
])('refuses headers of a call with %s, and repeats no value', async (_, headers, found) => {
  const { client, seen } = exampleService([])
  const message = `headers: expected names and values that HTTP allows, found ${found}`
  await expect(client.get(GET, { headers })).rejects.toThrow(new TypeError(message))
  await expect(client.fetchHandler(`/xrpc/${GET}`, { headers })).rejects.toThrow(new TypeError(message))
  const pairs = client.fetchHandler(`/xrpc/${GET}`, { headers: Object.entries(headers) })
  await expect(pairs).rejects.toThrow(/^headers: expected names and values that HTTP allows, found undefined$/)
  expect(seen).toEqual([])
})

test('settings stay with the client over a newer session', async () => {
  const scene = alicesScene()
  const client = (await signIn(scene)).with({ labelers: [LABELER], headers: { 'x-app': 'a' } })
  const renewed = await client.refresh()
  scene.network.log.clear()
  await renewed.get('com.atproto.server.getSession')
  const { headers } = scene.network.log.last ?? {}
  expect(headers?.get('atproto-accept-labelers')).toBe(LABELER)
  expect(headers?.get('x-app')).toBe('a')
})
