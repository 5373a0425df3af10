import { expect, test, vi } from 'vitest'
import { NetworkError } from '../../../src/errors.ts'
import { readText } from '../../../src/http/body.ts'
import {
  assertAllowed,
  bareUrl,
  exchange,
  type Fetch,
  isRedirect,
  type Transport,
} from '../../../src/http/transport.ts'
import { testClock } from 'atproof/testing'

const URL_OF_ALICE = 'https://pds.example.com/xrpc/a.b.c?secret=1#fragment'

function scene(answer: Fetch, options: Partial<Transport> = {}) {
  const clock = testClock()
  const fetch = vi.fn<Fetch>(answer)
  const transport: Transport = { fetch, clock, allowLoopback: new Set(), isUnsent: () => false, ...options }
  const get = (url = URL_OF_ALICE, limits = {}) =>
    exchange(transport, { url, init: {} }, limits, (response) => readText(response, 100))
  return { clock, fetch, transport, get }
}

test('sends the request as it is and reads the answer', async () => {
  const { fetch, transport } = scene(async () => new Response('hello'))
  const init = { method: 'POST', body: 'x', headers: { a: 'b' } }
  expect(await exchange(transport, { url: URL_OF_ALICE, init }, {}, (response) => response.text())).toBe('hello')
  expect(fetch).toHaveBeenCalledExactlyOnceWith(URL_OF_ALICE, expect.objectContaining(init))
})

test("calls fetch off its object, as a browser's own asks for", async () => {
  const owners: unknown[] = []
  const { get } = scene(async () => new Response(), {
    fetch: async function (this: unknown) {
      owners.push(this)
      return new Response('hello')
    },
  })
  await get()
  expect(owners).toEqual([undefined])
})

test.each([300, 301, 302, 303, 304, 307, 308])(
  '[J13] refuses a redirect with %d and follows none',
  async (status) => {
    const headers = { location: 'https://evil.example.com' }
    const { fetch, get } = scene(async () => new Response(null, { status, headers }))
    await expect(get()).rejects.toMatchObject({ name: 'NetworkError', code: 'redirected', found: status })
    expect(fetch).toHaveBeenCalledOnce()
    expect(fetch.mock.calls[0]?.[1].redirect).toBe('manual')
  },
)

test('[J13] refuses a redirect that a browser hides', async () => {
  const opaque = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
  expect(isRedirect(opaque)).toBe(true)
  const { get } = scene(async () => opaque)
  await expect(get()).rejects.toMatchObject({ code: 'redirected' })
})

test.each([200, 204, 400, 401, 500])('hands on an answer with %d', async (status) => {
  expect(isRedirect(new Response(null, { status }))).toBe(false)
  const { get } = scene(async () => new Response(null, { status }))
  expect(await get()).toBe('')
})

test.each([
  'http://pds.example.com/',
  'http://localhost:2583/',
  'ftp://pds.example.com/',
  'data:text/plain,x',
  'https://user@pds.example.com/',
  'https://:hunter2@pds.example.com/',
])('[J14] refuses the insecure %s before anything is sent', async (url) => {
  const { fetch, get } = scene(async () => new Response())
  await expect(get(url)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'insecure_url',
    retryable: false,
    message: expect.not.stringContaining('hunter2'),
  })
  expect(fetch).not.toHaveBeenCalled()
})

test.each([
  'localhost',
  'LOCALHOST.',
  'pds.localhost',
  'printer.local',
  'metadata.google.internal',
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.0.0.1.',
  '①②⑦.⓪.⓪.①',
  '10.1.2.3',
  '012.1.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::10.0.0.1]',
  '[fd00::1]',
  '[fe80::1]',
])('[M1] refuses the private host %s before anything is sent', async (host) => {
  const { fetch, get } = scene(async () => new Response())
  await expect(get(`https://${host}/`)).rejects.toMatchObject({ name: 'NetworkError', code: 'address_forbidden' })
  expect(fetch).not.toHaveBeenCalled()
})

test.each(['pds.example.com', '1.1.1.1', '[2606:4700:4700::1111]', 'localhost.example.com'])(
  '[M1] lets the public host %s pass',
  async (host) => {
    const { get } = scene(async () => new Response('hello'))
    expect(await get(`https://${host}/`)).toBe('hello')
  },
)

test('[M9] lets exactly the origins of allowLoopback be http and on this machine', () => {
  const transport = { allowLoopback: new Set(['http://localhost:2583', 'http://127.0.0.1:3000']) }
  expect(() => assertAllowed(transport, 'http://localhost:2583/xrpc/a.b.c')).not.toThrow()
  expect(() => assertAllowed(transport, 'http://127.0.0.1:3000/')).not.toThrow()
  for (const url of [
    'http://localhost:2584/',
    'http://localhost/',
    'http://127.0.0.1:2583/',
    'http://[::1]:3000/',
  ]) {
    expect(() => assertAllowed(transport, url), url).toThrow(expect.objectContaining({ code: 'insecure_url' }))
  }
  expect(() => assertAllowed(transport, 'https://localhost:2583/')).toThrow(
    expect.objectContaining({ code: 'address_forbidden' }),
  )
})

test('[M9] says how to allow an origin in development', () => {
  const transport = { allowLoopback: new Set<string>() }
  expect(() => assertAllowed(transport, 'http://localhost:2583/')).toThrow(
    expect.objectContaining({ action: expect.stringContaining('allowLoopback'), url: 'http://localhost:2583' }),
  )
})

test('[A18] [J14] gives up after ten seconds', async () => {
  const { clock, get } = scene(() => new Promise(() => {}))
  const ended = vi.fn<(error: unknown) => void>()
  get().catch(ended)
  await clock.advance(9_999)
  expect(ended).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(ended).toHaveBeenCalledWith(expect.objectContaining({ name: 'NetworkError', code: 'timeout' }))
})

test('[J14] gives up in the time that is asked for, the reading of the answer included', async () => {
  const { clock, get } = scene(async () => new Response(new ReadableStream()))
  const ended = expect(get(URL_OF_ALICE, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'timeout',
    expected: 'an answer in 500 ms',
  })
  await clock.advance(500)
  await ended
})

test("[J14] hands on the caller's abort reason as it is", async () => {
  const controller = new AbortController()
  const { get } = scene(
    (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('wrapped')))),
  )
  const reason = { why: 'closed' }
  const running = get(URL_OF_ALICE, { signal: controller.signal })
  controller.abort(reason)
  await expect(running).rejects.toBe(reason)
})

test('says of a failed request whether it can have been seen, and shows no query', async () => {
  const cause = new TypeError('fetch failed')
  const fail = () => Promise.reject(cause)
  const unsent = scene(fail, { isUnsent: (error) => error === cause })
  const url = 'https://pds.example.com/xrpc/a.b.c'
  await expect(unsent.get()).rejects.toMatchObject({ code: 'unreachable', cause, url, retryable: true })
  await expect(unsent.get()).rejects.toMatchObject({ message: expect.not.stringContaining('secret') })
  await expect(scene(fail).get()).rejects.toMatchObject({ code: 'connection_failed', cause, url, retryable: true })
})

test('throws the refusal of an address guard as it is', async () => {
  const refusal = new NetworkError('address_forbidden')
  const { get } = scene(() => Promise.reject(new TypeError('fetch failed', { cause: refusal })))
  await expect(get()).rejects.toBe(refusal)
})

test('[M5] a URL in a message has neither query nor fragment', () => {
  expect(bareUrl('https://a.example.com/b?code=1')).toBe('https://a.example.com/b')
  expect(bareUrl('https://a.example.com/b#code=1\n2')).toBe('https://a.example.com/b')
  expect(bareUrl('https://a.example.com/b')).toBe('https://a.example.com/b')
})
