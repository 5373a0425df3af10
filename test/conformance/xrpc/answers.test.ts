import { nsid, type Validator, XrpcClient, XrpcError } from 'atproof'
import { expect, test, vi } from 'vitest'
import { InvalidOutput } from '../../../src/xrpc/validator.ts'
import { failureOf } from '../scene.ts'
import { exampleService } from './example-service.ts'
import { PERMISSIVE } from './permissive-validator.ts'

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

/** A JSON error of this many bytes. */
function errorOf(length: number): string {
  const body = JSON.stringify({ error: 'Broken', pad: '' })
  return body.replace('""', `"${'x'.repeat(length - body.length)}"`)
}

const REFUSING: Validator = {
  ...PERMISSIVE,
  outputEncoding: () => {
    throw new InvalidOutput('content-type', 'text/csv', 'image/png')
  },
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
  const action = "raise `maxResponseBytes`, or read the answer as it comes, with `as: 'stream'`"
  const refused = {
    name: 'NetworkError',
    code: 'too_large',
    expected: 'at most 99 bytes',
    retryable: false,
    action,
  }
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

test("[J14] an abort ends a stream that the call gave, with the caller's reason", async () => {
  const { network, client, clock } = exampleService([answered(BYTES)])
  network.fault({ path: `/xrpc/${GET}`, hang: 'body' })
  const controller = new AbortController()
  const { data } = await client.get(GET, { as: 'stream', signal: controller.signal })
  const reading = read(data).catch((error: unknown) => error)
  await clock.settle()
  controller.abort('closed')
  expect(await reading).toBe('closed')
})

test('[J13] a redirect is neither followed nor data, in any form', async () => {
  const { network, client, log } = exampleService([() => Response.redirect('https://evil.example.com')])
  network.host('https://evil.example.com', () => Response.json({}))
  for (const as of [undefined, 'bytes', 'stream'] as const) {
    expect(await failureOf(client.get(GET, { as }))).toMatchObject({ code: 'redirected', retryable: false })
  }
  expect(log.entries.map(({ url }) => new URL(url).host)).toEqual(Array(3).fill('api.example.com'))
})

/** An answer whose body has no end, and what it hears of its reader. */
function endless(status: number, type: string) {
  const cancelled = vi.fn<() => void>()
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel: cancelled,
  })
  const fetch = async () => new Response(body, { status, headers: { 'content-type': type } })
  const client = new XrpcClient({ service: 'https://api.example.com', fetch, ...ONCE, maxResponseBytes: 4096 })
  return { client, cancelled }
}

test.each([
  ['is of a type that does not fit', 200, 'text/html'],
  ['is too long', 200, 'application/json'],
  ['is the page of a proxy', 502, 'text/html'],
  ['is an error that is too long', 400, 'application/json'],
  ['is a redirect', 302, 'text/html'],
])('lets go of an answer that %s', async (_, status, type) => {
  const { client, cancelled } = endless(status, type)
  await failureOf(client.get(GET))
  expect(cancelled).toHaveBeenCalledTimes(1)
})

test.each(['bytes', 'stream'] as const)('lets go of %s whose type a validator refuses', async (as) => {
  const { client, cancelled } = endless(200, 'image/png')
  const refusing = client.with({ validate: REFUSING })
  expect(await failureOf(refusing.get(GET, { as }))).toMatchObject({ code: 'response_invalid' })
  expect(cancelled).toHaveBeenCalledTimes(1)
})

test('[J5] reads 64 KiB of an error', async () => {
  const answers = [64 * 1024, 64 * 1024 + 1].map((length) => answered(errorOf(length), 'application/json', 400))
  const { client } = exampleService(answers)
  expect(await failureOf(client.get(GET))).toMatchObject({ status: 400, error: 'Broken' })
  expect(await failureOf(client.get(GET))).toMatchObject({ status: 400, error: '' })
})

test('refuses another form before anything is sent', async () => {
  const { client, seen } = exampleService([])
  // @ts-expect-error there is no such form
  await expect(client.get(GET, { as: 'byte' })).rejects.toThrow(/^as: expected 'bytes' or 'stream', found "byte"$/)
  expect(seen).toEqual([])
})
