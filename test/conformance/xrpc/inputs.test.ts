import { nsid, type Validator } from 'atproof'
import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { failureOf } from '../scene.ts'
import { exampleService } from './example-service.ts'
import { PERMISSIVE } from './permissive-validator.ts'

const DO = nsid('com.example.doThing')
const TYPE = 'content-type'
const UNKNOWN = 'application/octet-stream'

const fine = () => Response.json({})

function hello(): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode('hello')
}

function stream(): ReadableStream<Uint8Array> {
  return new Blob(['hello']).stream()
}

/** What is sent as it is, and the type that it has where none is said. */
const BODIES: readonly (readonly [what: string, input: () => unknown, type: string])[] = [
  ['a Blob', () => new Blob(['hello']), UNKNOWN],
  ['a Blob of a type', () => new Blob(['hello'], { type: 'image/png' }), 'image/png'],
  ['bytes', hello, UNKNOWN],
  ['a buffer', () => hello().buffer, UNKNOWN],
  ['a part of a buffer', () => new DataView(new TextEncoder().encode('(hello)').buffer, 1, 5), UNKNOWN],
  ['a stream', stream, UNKNOWN],
  ['a function', () => hello, UNKNOWN],
  [
    'a function that makes a Blob of a type',
    () => async () => new Blob(['hello'], { type: 'image/png' }),
    'image/png',
  ],
  ['a function that makes a stream', () => stream, UNKNOWN],
]

const REFUSING: Validator = {
  ...PERMISSIVE,
  inputEncoding: () => {
    throw new TypeError('input: expected text/csv')
  },
}

test.each(BODIES)('[J3] %s is sent as it is', async (_, input, type) => {
  const { client, seen } = exampleService([fine])
  await client.post(DO, { input: input() })
  expect(seen[0]?.body).toBe('hello')
  expect(seen[0]?.headers.get(TYPE)).toBe(type)
})

/** The same, and text. */
const WITH_ENCODING: readonly (readonly [what: string, input: () => unknown])[] = [
  ['a text', () => 'hello'],
  ['a Blob of another type', () => new Blob(['hello'], { type: 'image/png' })],
  ['bytes', hello],
  ['a stream', stream],
  ['a function', () => () => 'hello'],
]

test.each(WITH_ENCODING)('[J3] %s is sent with the encoding that is said', async (_, input) => {
  const { client, seen } = exampleService([fine])
  await client.post(DO, { input: input(), encoding: 'text/csv; header=present' })
  expect(seen[0]?.body).toBe('hello')
  expect(seen[0]?.headers.get(TYPE)).toBe('text/csv; header=present')
})

test('[J3] a text without an encoding is JSON', async () => {
  const { client, seen } = exampleService([fine])
  await client.post(DO, { input: 'hello' })
  expect(seen[0]?.body).toBe('"hello"')
  expect(seen[0]?.headers.get(TYPE)).toBe('application/json')
})

test("[J3] a body says itself what it is, whatever the client's headers say, and no body says nothing", async () => {
  const { client, seen } = exampleService([fine], { headers: { [TYPE]: 'text/plain' } })
  const headers = { 'Content-Type': 'text/html' }
  await client.post(DO, { input: {}, headers })
  await client.post(DO, { input: hello(), headers })
  await client.post(DO, { headers })
  await client.get(nsid('com.example.getThings'), { headers })
  expect(seen.map((request) => request.headers.get(TYPE))).toEqual(['application/json', UNKNOWN, null, null])
})

test('[J3] an empty body is one', async () => {
  const { client, seen } = exampleService([fine])
  await client.post(DO, { input: new Uint8Array() })
  expect(seen[0]?.headers.get(TYPE)).toBe(UNKNOWN)
})

test('a function is called once for each sending, and not for itself', async () => {
  const { client, seen } = exampleService([() => new Response(null, { status: 429 }), fine])
  let times = 0
  const make = vi.fn<() => string>(() => `hello ${++times}`)
  await client.with({ retry: { procedures: true } }).post(DO, { input: make, encoding: 'text/plain' })
  expect(make).toHaveBeenCalledTimes(2)
  expect(seen.map(({ body }) => body)).toEqual(['hello 1', 'hello 2'])
})

test('what a function made and nobody sent is let go', async () => {
  const cancel = vi.fn<() => void>()
  const made = new ReadableStream<Uint8Array>({ cancel })
  // Nobody may be sent to a private address, so that nothing is asked for a body.
  const { client } = exampleService([fine], { service: 'https://127.0.0.1' })
  expect(await failureOf(client.post(DO, { input: () => made }))).toMatchObject({ code: 'address_forbidden' })
  expect(cancel).toHaveBeenCalledOnce()
})

test('what a function made is let go where the call is refused, or over, before it is sent', async () => {
  const { client, clock, seen } = exampleService([fine], { timeoutMs: 1000 })
  const made = [stream(), stream()]
  const cancels = made.map((each) => vi.spyOn(each, 'cancel'))
  const refusing = client.with({ validate: REFUSING })
  await expect(refusing.post(DO, { input: () => made[0] })).rejects.toThrow('expected text/csv')
  const { promise, resolve } = Promise.withResolvers<unknown>()
  await expect(client.post(DO, { input: () => promise })).rejects.toMatchObject({ code: 'timeout' })
  resolve(made[1])
  await clock.settle()
  expect(cancels.map(({ mock }) => mock.calls.length)).toEqual([1, 1])
  expect(seen).toEqual([])
})

test('a query takes no input: it is refused before anything is sent', async () => {
  const { client, seen } = exampleService([fine])
  // @ts-expect-error a query has parameters
  await expect(client.get(nsid('com.example.getThings'), { input: { limit: 1 } })).rejects.toThrow(
    /^input: expected none: a query takes `params` only, found an object$/,
  )
  expect(seen).toEqual([])
})

test('the failure of a function is the failure of the call, and nothing is sent', async () => {
  const { client, seen } = exampleService([fine])
  const reason = new Error('no such file')
  const input = () => Promise.reject(reason)
  await expect(client.post(DO, { input })).rejects.toBe(reason)
  await expect(client.post(DO, { input, encoding: 'image/png' })).rejects.toBe(reason)
  expect(seen).toEqual([])
})

test.each([
  ['a form', () => new FormData()],
  ['parameters', () => new URLSearchParams('a=b')],
  ["a stream of Node's own", () => Readable.from(['hello'])],
  ['a function that makes no body', () => () => ({})],
] as const)('refuses %s, which JSON would make nothing of', async (_, input) => {
  const { client, seen } = exampleService([fine])
  await expect(client.post(DO, { input: input() })).rejects.toThrow(
    /^input: expected a Blob, bytes, a ReadableStream, or a function that makes one, found an object$/,
  )
  expect(seen).toEqual([])
})

test('refuses what has an encoding and is no body', async () => {
  const { client, seen } = exampleService([fine])
  await expect(client.post(DO, { input: { a: 1 }, encoding: 'text/csv' })).rejects.toThrow(
    /^input: expected a Blob/,
  )
  await expect(client.post(DO, { input: () => 'hello' })).rejects.toThrow(
    /^encoding: expected the media type of a text/,
  )
  expect(seen).toEqual([])
})

test.each(['', 'png', 'image/png\r\nx: y', 'image/png\n', 'image/png\n;a=b', 'image/', 'text/plain, text/html'])(
  'refuses the encoding %j',
  async (encoding) => {
    const { client, seen } = exampleService([fine])
    await expect(client.post(DO, { input: hello(), encoding })).rejects.toThrow(
      /^encoding: expected a media type such as/,
    )
    expect(seen).toEqual([])
  },
)

test('refuses an option that is none', async () => {
  const { client, seen } = exampleService([fine])
  // @ts-expect-error it is called params
  await expect(client.post(DO, { parameters: {} })).rejects.toThrow(
    /^options: expected only params, input, encoding, as, headers, signal, timeoutMs, found "parameters"$/,
  )
  // @ts-expect-error parameters have names
  await expect(client.post(DO, { params: ['a'] })).rejects.toThrow(
    /^params: expected an object, found an array of 1$/,
  )
  expect(seen).toEqual([])
})
