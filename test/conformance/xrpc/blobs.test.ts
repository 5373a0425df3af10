import { type BlobRef, isXrpcError, nsid, XrpcClient } from 'atproof'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { alicesMemos, type MemoScene } from './alices-memos.ts'

const UPLOAD = 'com.atproto.repo.uploadBlob'
const GET = 'com.atproto.sync.getBlob'
const PATH = `/xrpc/${UPLOAD}`
const HELLO = new TextEncoder().encode('hello')
const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

const streamOf = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream()

/** Alice has a blob, and a record that points to it. */
async function alicesPicture(bytes: Uint8Array<ArrayBuffer> = PNG) {
  const scene = await alicesMemos()
  const { data } = await scene.client.uploadBlob(bytes)
  await point(scene, data.blob)
  scene.network.log.clear()
  return { ...scene, blob: data.blob }
}

const point = ({ client }: MemoScene, file: BlobRef) => client.records(nsid('com.example.album')).create({ file })

const BODIES: readonly (readonly [string, () => Parameters<XrpcClient['uploadBlob']>[0]])[] = [
  ['a Blob', () => new Blob([PNG])],
  ['bytes', () => PNG],
  ['a part of a buffer', () => new Uint8Array([0, ...PNG, 0]).subarray(1, -1)],
  ['a buffer', () => PNG.buffer],
  ['a stream', () => streamOf(PNG)],
  ['a function that makes a Blob', () => () => new Blob([PNG])],
  ['a function that makes a stream', () => async () => streamOf(PNG)],
]

test.each(BODIES)('[J9] uploads %s as it is', async (_, body) => {
  const scene = await alicesMemos()
  const { data, status } = await scene.client.uploadBlob(body())
  expect([status, data.blob.size]).toEqual([200, PNG.length])
  await point(scene, data.blob)
  expect((await scene.client.getBlob(data.blob)).data).toEqual(PNG)
})

test('[J9] says of what type the bytes are: as it is told, or as the Blob says', async () => {
  const { network, client } = await alicesMemos()
  await client.uploadBlob(HELLO)
  await client.uploadBlob(HELLO, { encoding: 'text/plain' })
  await client.uploadBlob(new Blob([HELLO], { type: 'text/css' }))
  await client.uploadBlob(new Blob([HELLO], { type: 'text/css' }), { encoding: 'text/plain' })
  await client.uploadBlob(new Blob([HELLO]))
  await client.uploadBlob(() => new Blob([HELLO], { type: 'text/css' }))
  const sent = network.log.to(PATH).filter(({ status }) => status === 200)
  expect(sent.map(({ method }) => method)).toEqual(sent.map(() => 'POST'))
  expect(sent.map(({ headers }) => headers.get('content-type'))).toEqual([
    'application/octet-stream',
    'text/plain',
    'text/css',
    'text/plain',
    'application/octet-stream',
    'text/css',
  ])
})

/** A server on this machine that takes any upload, since only a real `fetch` writes the length of a body. */
async function measuringServer() {
  const requests: { readonly headers: IncomingHttpHeaders; readonly size: number }[] = []
  const server = createServer(async (request, response) => {
    let size = 0
    for await (const chunk of request) size += chunk.length
    requests.push({ headers: request.headers, size })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ blob: { $type: 'blob', ref: { $link: 'b' }, mimeType: 'x/y', size } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return { requests, client: new XrpcClient({ service: origin, allowLoopback: [origin] }) }
}

test('[J9] sends the length of what has one, and a stream piece by piece', async () => {
  const { requests, client } = await measuringServer()
  for (const [, body] of BODIES) {
    // @ts-expect-error this server lets anybody upload
    await client.uploadBlob(body())
  }
  const lengths = requests.map(({ headers }) => headers['content-length'] ?? headers['transfer-encoding'])
  const known = String(PNG.length)
  expect(lengths).toEqual([known, known, known, known, 'chunked', known, 'chunked'])
  expect(new Set(requests.map(({ size }) => size))).toEqual(new Set([PNG.length]))
})

test('[J9] the blob goes into a record as the server gave it, whatever it was called', async () => {
  const scene = await alicesMemos()
  const { data } = await scene.client.uploadBlob(PNG, { encoding: 'text/plain' })
  expect(data.blob.mimeType).toBe('image/png')
  expect((await point(scene, data.blob)).status).toBe(200)
  const renamed = await failureOf(
    scene.client.uploadBlob(HELLO).then(({ data: { blob } }) => point(scene, { ...blob, mimeType: 'text/plain' })),
  )
  expect(renamed).toMatchObject({ error: 'InvalidMimeType' })
})

test('[J9] [K2] fields of a blob that nobody here knows are kept', async () => {
  const { network, client } = await alicesMemos()
  const blob = { $type: 'blob', ref: { $link: 'b' }, mimeType: 'x/y', size: 1, hash: { of: ['it'] } }
  network.respond(UPLOAD, () => ({ blob }))
  expect((await client.uploadBlob(HELLO)).data.blob).toEqual(blob)
})

const GIVEN = { $type: 'blob', ref: { $link: 'b' }, mimeType: 'a/b', size: 0 }

test.each<readonly [unknown]>([
  [undefined],
  [{}],
  [{ blob: null }],
  [{ blob: 'b' }],
  ...Object.keys(GIVEN).map((name) => [{ blob: { ...GIVEN, [name]: undefined } }] as const),
  [{ blob: { ...GIVEN, ref: 'b' } }],
  [{ blob: { ...GIVEN, ref: {} } }],
  [{ blob: { ...GIVEN, size: 1.5 } }],
])('the answer %j has no blob in it', async (answer) => {
  const { network, client } = await alicesMemos()
  network.respond(UPLOAD, () => answer)
  const failure = await failureOf(client.uploadBlob(HELLO))
  expect(failure).toMatchObject({ code: 'response_invalid', nsid: UPLOAD, field: 'blob', expected: 'a blob' })
})

test('what can be sent again is, when the server wants another nonce', async () => {
  for (const [what, body] of BODIES.filter(([name]) => name !== 'a stream')) {
    const { network, client } = await alicesMemos()
    network.rotateNonces()
    expect([what, (await client.uploadBlob(body())).status]).toEqual([what, 200])
    expect(network.log.to(PATH).map(({ status }) => status)).toEqual([401, 200])
  }
})

test('a stream cannot be sent again, and the error says what can', async () => {
  const { network, client } = await alicesMemos()
  await client.get('com.atproto.server.getSession')
  network.rotateNonces()
  const failure = await failureOf(client.uploadBlob(streamOf(PNG)))
  expect(failure).toMatchObject({ name: 'XrpcError', status: 401, error: 'use_dpop_nonce' })
  expect(failure.action).toContain('a function that makes the stream')
  expect(network.log.to(PATH)).toHaveLength(1)
})

test.each([
  ['text without a type', 'hello', {}],
  ['an object', { hello: 1 }, {}],
  ['a form', new FormData(), {}],
  ['null', null, {}],
  ['nothing', undefined, {}],
  ['a function that makes an object', () => ({ hello: 1 }), {}],
  ['a type that is none', HELLO, { encoding: 'png' }],
  ['a misspelt option', HELLO, { mimeType: 'image/png' }],
])('refuses %s, and sends nothing', async (_, body, options) => {
  const { network, client } = await alicesMemos()
  // @ts-expect-error what plain JavaScript can pass
  const failure = await failureOf(client.uploadBlob(body, options))
  expect(failure).toBeInstanceOf(TypeError)
  expect(network.log).toHaveLength(0)
})

test('a signal ends an upload and a download', async () => {
  const { network, client, blob } = await alicesPicture()
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(client.uploadBlob(HELLO, { signal })).rejects.toThrow('enough')
  await expect(client.getBlob(blob, { signal })).rejects.toThrow('enough')
  expect(network.log).toHaveLength(0)
})

test('an upload that is too large says so', async () => {
  const { client } = await alicesMemos()
  const failure = await failureOf(client.uploadBlob(new Uint8Array(5_242_881)))
  expect(failure).toMatchObject({ status: 413, error: 'PayloadTooLarge', retryable: false })
})

test('gets a blob by what a record has, by its CID, and by what old records have', async () => {
  const { client, blob, queriesTo } = await alicesPicture()
  const cid = blob.ref.$link
  for (const given of [blob, cid, { cid, mimeType: 'image/png' }]) {
    const { data, headers, status } = await client.getBlob(given)
    expect([status, headers.get('content-type'), data]).toEqual([200, 'image/png', PNG])
  }
  const asked = { did: client.did, cid }
  expect(queriesTo(GET).map((query) => Object.fromEntries(query))).toEqual([asked, asked, asked])
})

test('gets a blob as a stream', async () => {
  const { client, blob } = await alicesPicture()
  const { data, headers } = await client.getBlob(blob, { as: 'stream' })
  expect(data).toBeInstanceOf(ReadableStream)
  expect(headers.get('content-length')).toBe(String(PNG.length))
  expect(await new Response(data).bytes()).toEqual(PNG)
})

test('gets the blob of another account', async () => {
  const { network, blob, client } = await alicesPicture()
  const bob = await network.signIn('bob.test')
  expect((await bob.getBlob(blob, { did: client.did })).data).toEqual(PNG)
  const failure = await failureOf(bob.getBlob(blob))
  expect(isXrpcError(failure, GET, 'InvalidRequest')).toBe(true)
})

test('a blob longer than `maxResponseBytes` can be read as a stream only', async () => {
  const { client, blob } = await alicesPicture()
  const small = client.with({ maxResponseBytes: PNG.length - 1 })
  expect(await failureOf(small.getBlob(blob))).toMatchObject({ name: 'NetworkError', code: 'too_large' })
  const { data } = await small.getBlob(blob, { as: 'stream' })
  expect(await new Response(data).bytes()).toEqual(PNG)
})

test.each([
  ['an object that is no blob', { $link: 'b' }, {}, /^blob: expected a CID/],
  ['nothing', undefined, {}, /^blob: expected a CID/],
  ['JSON', 'b', { as: 'json' }, /^as: expected 'bytes' or 'stream'/],
  ['a misspelt option', 'b', { repo: 'x' }, /^options: expected only .*"repo"/],
])('refuses to get %s, and sends nothing', async (_, blob, options, message) => {
  const { network, client } = await alicesMemos()
  // @ts-expect-error what plain JavaScript can pass
  await expect(client.getBlob(blob, options)).rejects.toThrow(message)
  expect(network.log).toHaveLength(0)
})

test('a client without a session names the account', async () => {
  const { client, nobody, blob, network } = await alicesPicture()
  expect((await nobody.getBlob(blob, { did: client.did })).data).toEqual(PNG)
  network.log.clear()
  // @ts-expect-error whose?
  await expect(nobody.getBlob(blob)).rejects.toThrow(/^did: expected the DID of an account/)
  expect(network.log).toHaveLength(0)
})
