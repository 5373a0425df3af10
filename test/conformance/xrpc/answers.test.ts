import { nsid, XrpcError } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { exampleService } from './example-service.ts'

const GET = nsid('com.example.getThings')
const DO = nsid('com.example.doThing')
const ONCE = { retry: { limit: 0 } }
const BYTES = Uint8Array.from([0, 255, 128, 10])

const answered =
  (body: BodyInit | null, type?: string, status = 200) =>
  () => {
    const response = new Response(body, { status })
    if (type === undefined) response.headers.delete('content-type')
    else response.headers.set('content-type', type)
    return response
  }

const notFound = () => Response.json({ error: 'BlobNotFound', message: 'gone' }, { status: 400 })

const read = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(stream).arrayBuffer())

test.each(['application/vnd.ipld.car', 'image/png', 'application/json', undefined])(
  '[J4] gives an answer of the type %s as bytes',
  async (type) => {
    const { client, seen } = exampleService([answered(BYTES, type)])
    const { data, status } = await client.get(GET, { as: 'bytes' })
    expect(data).toBeInstanceOf(Uint8Array)
    expect(data).toEqual(BYTES)
    expect(status).toBe(200)
    expect(seen[0]?.headers.get('accept')).toBe('*/*')
  },
)

test.each(['application/vnd.ipld.car', 'image/png', 'application/json', undefined])(
  '[J4] gives an answer of the type %s as a stream',
  async (type) => {
    const { client, seen } = exampleService([answered(BYTES, type)])
    const { data } = await client.post(DO, { as: 'stream' })
    expect(await read(data)).toEqual(BYTES)
    expect(seen[0]?.headers.get('accept')).toBe('*/*')
  },
)

test('asks for what the caller wants, where the answer is not read as JSON', async () => {
  const { client, seen } = exampleService([() => Response.json({})])
  const headers = { accept: 'application/vnd.ipld.car' }
  await client.get(GET, { as: 'bytes', headers })
  await client.get(GET, { headers })
  expect(seen.map((request) => request.headers.get('accept'))).toEqual([headers.accept, 'application/json'])
})

test('an answer without a body is no bytes, and a stream that ends', async () => {
  const { client } = exampleService([answered(null, undefined, 204)])
  expect((await client.get(GET, { as: 'bytes' })).data).toEqual(new Uint8Array())
  expect(await read((await client.get(GET, { as: 'stream' })).data)).toEqual(new Uint8Array())
})

test('[J4] text of no type is no answer of a method', async () => {
  const { client } = exampleService([answered('ok')])
  expect(await failureOf(client.get(GET))).toMatchObject({
    code: 'response_invalid',
    field: 'content-type',
    expected: 'application/json',
    found: null,
    message:
      "the server's answer does not fit the method at https://api.example.com/xrpc/com.example.getThings (content-type, expected application/json, found null)",
  })
})

test.each(['bytes', 'stream'] as const)(
  '[J5] an error is read as one where the answer was to be %s',
  async (as) => {
    const { client } = exampleService([notFound])
    expect(await failureOf(client.get(GET, { as }))).toMatchObject({
      name: 'XrpcError',
      code: 'error_response',
      error: 'BlobNotFound',
      status: 400,
    })
  },
)

test.each(['cut-off', 'half', 'huge', 'empty', 'html', 'array', 'text'] as const)(
  '[J5] an error whose body is %s keeps its status',
  async (body) => {
    const { network, client } = exampleService([() => Response.json({ error: 'Broken' }, { status: 500 })], ONCE)
    network.fault({ path: `/xrpc/${GET}`, body })
    const error = await failureOf(client.get(GET))
    expect(error).toMatchObject({ name: 'XrpcError', code: 'error_response', status: 500, error: '' })
    expect(error instanceof XrpcError && error.headers).toBeInstanceOf(Headers)
  },
)

test('reads no more of an answer than is set, as JSON and as bytes', async () => {
  const json = JSON.stringify({ text: 'x'.repeat(89) })
  const { client } = exampleService([answered(json, 'application/json')], { maxResponseBytes: 100 })
  expect((await client.get(GET)).data).toEqual(JSON.parse(json))
  expect((await client.get(GET, { as: 'bytes' })).data).toHaveLength(100)
  const tight = client.with({ maxResponseBytes: 99 })
  const refused = { name: 'NetworkError', code: 'too_large', expected: 'at most 99 bytes' }
  expect(await failureOf(tight.get(GET))).toMatchObject(refused)
  expect(await failureOf(tight.get(GET, { as: 'bytes' }))).toMatchObject(refused)
})

test('a stream has no limit but what is read of it', async () => {
  const { client } = exampleService([answered('x'.repeat(1000))], { maxResponseBytes: 99 })
  expect(await read((await client.get(GET, { as: 'stream' })).data)).toHaveLength(1000)
})

test('[J14] the time of a call ends where its stream begins', async () => {
  const { client, clock } = exampleService([answered(BYTES)])
  const { data } = await client.get(GET, { as: 'stream', timeoutMs: 1000 })
  await clock.advance(60_000)
  expect(await read(data)).toEqual(BYTES)
  expect(clock.sleeping).toBe(0)
})

test('[J13] a redirect is neither followed nor data, in any form', async () => {
  const { network, client, log } = exampleService([() => Response.redirect('https://evil.example.com')])
  network.host('https://evil.example.com', () => Response.json({}))
  for (const as of [undefined, 'bytes', 'stream'] as const) {
    expect(await failureOf(client.get(GET, { as }))).toMatchObject({ status: 302, retryable: false })
  }
  expect(log.entries.map(({ url }) => new URL(url).host)).toEqual(Array(3).fill('api.example.com'))
})

test('refuses another form before anything is sent', async () => {
  const { client, seen } = exampleService([])
  // @ts-expect-error there is no such form
  await expect(client.get(GET, { as: 'byte' })).rejects.toThrow(/^as: expected 'bytes' or 'stream', found "byte"$/)
  expect(seen).toEqual([])
})
