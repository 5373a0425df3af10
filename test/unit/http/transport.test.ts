import { fakeNetwork, type HostHandler } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import { NetworkError } from '../../../src/errors.ts'
import { readText } from '../../../src/http/body.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import { assertAllowed } from '../../../src/http/allowed-url.ts'
import { exchange, pastCaches } from '../../../src/http/exchange.ts'
import { bareUrl, type Fetch, isRedirect } from '../../../src/http/transport.ts'

const PDS = 'https://pds.example.com'
const EVIL = 'https://evil.example.com'
const URL_OF_ALICE = `${PDS}/xrpc/a.b.c?secret=1#fragment`

/** A network where the PDS answers as a test says, and the way to it. */
function scene(answer: HostHandler = () => new Response('hello'), around = (fetch: Fetch): Fetch => fetch) {
  const network = fakeNetwork()
  network.host(PDS, answer)
  const { clock, log } = network
  const transport = createTransport({ fetch: around(network.fetch), clock })
  const get = (url = URL_OF_ALICE, limits = {}) =>
    exchange(transport, { url, init: {} }, limits, (response) => readText(response, 100))
  return { network, clock, log, transport, get }
}

/** A fetch that does not listen to its signal: the fake's own does. */
const deaf =
  (fetch: Fetch): Fetch =>
  (url, init) =>
    fetch(url, { ...init, signal: null })

test('sends the request as it is and reads the answer', async () => {
  const { log, transport } = scene(async (request) => {
    const { method, url, headers } = request
    return Response.json({ method, url, a: headers.get('a'), body: await request.text() })
  })
  const init = { method: 'POST', body: 'x', headers: { a: 'b' } }
  const echo = await exchange(transport, { url: URL_OF_ALICE, init }, {}, (response) => response.json())
  expect(echo).toEqual({ method: 'POST', url: URL_OF_ALICE, a: 'b', body: 'x' })
  expect(log).toHaveLength(1)
})

test("calls fetch off its object, as a browser's own asks for", async () => {
  const owners: unknown[] = []
  // By hand: what it is called on is not seen by the server.
  const { get } = scene(
    undefined,
    (fetch) =>
      function (this: unknown, url, init) {
        owners.push(this)
        return fetch(url, init)
      },
  )
  expect(await get()).toBe('hello')
  expect(owners).toEqual([undefined])
})

test.each([300, 301, 302, 303, 304, 307, 308])(
  '[J13] refuses a redirect with %d and follows none',
  async (status) => {
    const { network, log, get } = scene(() => new Response(null, { status, headers: { location: EVIL } }))
    network.host(EVIL, () => new Response('thanks'))
    await expect(get()).rejects.toMatchObject({ name: 'NetworkError', code: 'redirected', found: status })
    expect(log.entries.map(({ url }) => url)).toEqual([URL_OF_ALICE])
  },
)

test('[J13] refuses a redirect that a browser hides', async () => {
  // The fake, like Node, shows a redirect: the opaque response is a browser's alone.
  const opaque = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
  expect(isRedirect(opaque)).toBe(true)
  const { log, get } = scene(
    () => Response.redirect(EVIL),
    (fetch) => async (url, init) => ((await fetch(url, init)).status === 302 ? opaque : Response.error()),
  )
  await expect(get()).rejects.toMatchObject({ code: 'redirected' })
  expect(log.entries.map(({ url }) => url)).toEqual([URL_OF_ALICE])
})

test('[J13] refuses what came of a redirect that a fetch followed unasked', async () => {
  const { network, get } = scene(
    () => Response.redirect(`${EVIL}/?code=1`),
    (fetch) => (url, init) => fetch(url, { ...init, redirect: 'follow' }),
  )
  network.host(EVIL, () => new Response('thanks'))
  await expect(get()).rejects.toMatchObject({ code: 'redirected', url: `${PDS}/xrpc/a.b.c` })
})

test.each([200, 204, 400, 401, 500])('hands on an answer with %d', async (status) => {
  expect(isRedirect(new Response(null, { status }))).toBe(false)
  const { get } = scene(() => new Response(null, { status }))
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
  const { log, get } = scene()
  await expect(get(url)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'insecure_url',
    retryable: false,
    message: expect.not.stringContaining('hunter2'),
  })
  expect(log.entries).toEqual([])
})

test.each(['data:text/html,secret', 'mailto:alice@example.com', 'javascript:alert(1)'])(
  '[J14] says of %s no more than its scheme',
  async (url) => {
    const { get } = scene()
    const scheme = url.slice(0, url.indexOf(':') + 1)
    await expect(get(url)).rejects.toMatchObject({ code: 'insecure_url', url: scheme, found: scheme })
  },
)

test('[A17] asks the server itself where fetch knows how', () => {
  expect(pastCaches({})).toEqual({ cache: 'no-cache' })
  expect(pastCaches({ refusesCacheMode: true })).toEqual({})
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
  const { log, get } = scene()
  await expect(get(`https://${host}/`)).rejects.toMatchObject({ name: 'NetworkError', code: 'address_forbidden' })
  expect(log.entries).toEqual([])
})

test.each(['pds.example.com', '1.1.1.1', '[2606:4700:4700::1111]', 'localhost.example.com'])(
  '[M1] lets the public host %s pass',
  async (host) => {
    const { network, get } = scene()
    network.host(`https://${host}`, () => new Response('good day'))
    expect(await get(`https://${host}/`)).toBe('good day')
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
  const { network, clock, log, get } = scene()
  network.fault({ path: '/xrpc/a.b.c', hang: 'request' })
  const ended = vi.fn<(error: unknown) => void>()
  get().catch(ended)
  await clock.advance(9_999)
  expect(ended).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(ended).toHaveBeenCalledWith(expect.objectContaining({ name: 'NetworkError', code: 'timeout' }))
  expect(log.last?.outcome).toBe('aborted')
})

test('[J14] gives up in the time that is asked for, the reading of the answer included', async () => {
  const { network, clock, get } = scene(undefined, deaf)
  network.fault({ path: '/xrpc/a.b.c', hang: 'body' })
  const ended = expect(get(URL_OF_ALICE, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'timeout',
    expected: 'an answer in 500 ms',
  })
  await clock.advance(500)
  await ended
})

test("[J14] hands on the caller's abort reason as it is", async () => {
  const { network, clock, log, get } = scene()
  network.fault({ path: '/xrpc/a.b.c', hang: 'request' })
  const controller = new AbortController()
  const reason = { why: 'closed' }
  const ended = expect(get(URL_OF_ALICE, { signal: controller.signal })).rejects.toBe(reason)
  await clock.settle()
  controller.abort(reason)
  await ended
  expect(log.last?.outcome).toBe('aborted')
})

test('says of a failed request whether it can have been seen, and shows no query', async () => {
  const { network, get } = scene()
  const url = `${PDS}/xrpc/a.b.c`
  network.fault({ path: '/xrpc/a.b.c', times: 2, refuse: true })
  const cause = { name: 'TypeError', cause: { code: 'ECONNREFUSED' } }
  await expect(get()).rejects.toMatchObject({ code: 'unreachable', cause, url, retryable: true })
  await expect(get()).rejects.toMatchObject({ message: expect.not.stringContaining('secret') })
  network.fault({ path: '/xrpc/a.b.c', lose: 'request' })
  const reset = { name: 'TypeError', cause: { code: 'ECONNRESET' } }
  await expect(get()).rejects.toMatchObject({ code: 'connection_failed', cause: reset, url, retryable: true })
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
