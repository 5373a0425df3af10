import { inspect } from 'node:util'
import { fakeNetwork } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import { nsid } from '../../../src/syntax/nsid.ts'
import { XrpcClient } from '../../../src/xrpc/xrpc-client.ts'
import { exampleService } from './service.ts'

const GET = nsid('com.example.getThings')
const DO = nsid('com.example.doThing')
const GET_SESSION = 'com.atproto.server.getSession'
const HOUR = 60 * 60_000
/** For what is said of one answer. */
const ONCE = { retry: { limit: 0 } }

/** Alice is signed in at her PDS. Nothing is logged yet. */
async function signedInAlice() {
  const network = fakeNetwork()
  const { log, clock } = network
  const alice = network.createAccount('alice.example.com')
  const client = await network.signIn(alice.handle)
  log.clear()
  return { network, log, clock, alice, client }
}

test('[J1] a query is a GET below /xrpc/', async () => {
  const { client, seen } = exampleService(() => Response.json({ things: ['x'] }))
  const { data, status } = await client.get(GET, { params: { limit: 10, tags: ['a', 'b'] } })
  expect(data).toEqual({ things: ['x'] })
  expect(status).toBe(200)
  expect(seen[0]).toMatchObject({
    method: 'GET',
    url: 'https://api.example.com/xrpc/com.example.getThings?limit=10&tags=a&tags=b',
    body: '',
  })
})

test('[J1] [J2] a procedure is a POST, with its parameters in the URL and its input as JSON', async () => {
  const { client, seen } = exampleService()
  await client.post(DO, { params: { dry: true }, input: { name: 'é', none: undefined } })
  expect(seen[0]).toMatchObject({
    method: 'POST',
    url: 'https://api.example.com/xrpc/com.example.doThing?dry=true',
    body: '{"name":"é"}',
  })
})

test('[J3] sends a content type where there is an input', async () => {
  const { client, seen } = exampleService()
  for (const input of [{}, [], null, false, 0, '']) await client.post(DO, { input })
  expect(seen.map(({ headers }) => headers.get('content-type'))).toEqual(Array(6).fill('application/json'))
  expect(seen.map(({ body }) => body)).toEqual(['{}', '[]', 'null', 'false', '0', '""'])
})

test('[J3] sends no content type and no body where there is none', async () => {
  const { client, seen } = exampleService()
  await client.post(DO)
  await client.post(DO, { input: undefined })
  await client.get(GET)
  expect(seen.map(({ headers }) => headers.has('content-type'))).toEqual([false, false, false])
  expect(seen.map(({ body }) => body)).toEqual(['', '', ''])
})

test('asks for JSON', async () => {
  const { client, seen } = exampleService()
  await client.get(GET)
  expect(seen[0]?.headers.get('accept')).toBe('application/json')
})

test('gives the headers and what is left of the rate limit', async () => {
  const headers = {
    'ratelimit-limit': '10',
    'ratelimit-remaining': '9',
    'ratelimit-reset': '1700000000',
    'x-a': 'b',
  }
  const { client } = exampleService(() => Response.json({}, { headers }))
  const result = await client.get(GET)
  expect(result.headers.get('x-a')).toBe('b')
  expect(result.rateLimit).toEqual({ limit: 10, remaining: 9, resetsAt: 1_700_000_000_000 })
  expect((await exampleService().client.get(GET)).rateLimit).toBeUndefined()
})

test.each([
  ['204', () => new Response(null, { status: 204 })],
  ['200 without a body', () => new Response(null)],
  ['204 that names a type', () => new Response(null, { status: 204, headers: { 'content-type': 'text/plain' } })],
])('a method without an output gives undefined: %s', async (_, answer) => {
  const { client } = exampleService(answer)
  expect((await client.post(DO)).data).toBeUndefined()
})

test.each([
  ['HTML', 'text/html', '<html>', 'content-type'],
  ['text', 'text/plain', 'ok', 'content-type'],
  ['JSON that is none', 'application/json', '{"a":', 'body'],
])('[J4] an answer that is %s fits no method', async (_, type, body, field) => {
  const { client } = exampleService(() => new Response(body, { headers: { 'content-type': type } }))
  await expect(client.get(GET)).rejects.toMatchObject({
    name: 'XrpcError',
    code: 'response_invalid',
    nsid: GET,
    status: 200,
    error: '',
    field,
  })
})

test('[J5] an error carries its name, its message, and what came with it', async () => {
  const { client } = exampleService(() =>
    Response.json(
      { error: 'SomethingNew', message: 'not today' },
      { status: 400, headers: { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': '1' } },
    ),
  )
  await expect(client.get(GET)).rejects.toMatchObject({
    name: 'XrpcError',
    code: 'error_response',
    nsid: GET,
    status: 400,
    error: 'SomethingNew',
    message: 'the server answered with an error (com.example.getThings, found "400 SomethingNew"): not today',
    rateLimit: { limit: 10, remaining: 0, resetsAt: 1000 },
    headers: expect.any(Headers),
    client,
    retryable: false,
  })
})

test.each([
  ['HTML', new Response('<html>Bad gateway</html>', { status: 502, headers: { 'content-type': 'text/html' } })],
  ['nothing', new Response(null, { status: 502 })],
  ['JSON that is none', new Response('{', { status: 502, headers: { 'content-type': 'application/json' } })],
  ['no object', Response.json(['error'], { status: 502 })],
  ['null', Response.json(null, { status: 502 })],
  ['an error that is no text', Response.json({ error: { name: 'x' }, message: 7 }, { status: 502 })],
  [
    'JSON of another type',
    Response.json({ error: 'X' }, { status: 502, headers: { 'content-type': 'text/json' } }),
  ],
])('[J5] an error with %s has no name, and keeps its status', async (_, response) => {
  const { client } = exampleService(() => response, ONCE)
  await expect(client.get(GET)).rejects.toMatchObject({
    name: 'XrpcError',
    code: 'error_response',
    status: 502,
    error: '',
    message: expect.stringContaining('502'),
  })
})

test.each([429, 500, 502, 503, 504])('[J6] trying again can help after %d', async (status) => {
  const { client } = exampleService(() => new Response(null, { status }), ONCE)
  await expect(client.get(GET)).rejects.toMatchObject({ status, retryable: true })
})

test.each([400, 401, 403, 404, 413, 501])('[J6] trying again cannot help after %d', async (status) => {
  const { client } = exampleService(() => new Response(null, { status }), ONCE)
  await expect(client.get(GET)).rejects.toMatchObject({ status, retryable: false })
})

test('[J13] follows no redirect, and says so', async () => {
  const { network, client, log } = exampleService(() => Response.redirect('https://evil.example.com'))
  network.host('https://evil.example.com', () => Response.json({}))
  const redirected = {
    code: 'redirected',
    found: 302,
    retryable: false,
    url: `https://api.example.com/xrpc/${GET}`,
  }
  await expect(client.get(GET)).rejects.toMatchObject(redirected)
  await expect(client.fetchHandler(`/xrpc/${GET}?limit=1`)).rejects.toMatchObject(redirected)
  expect(log.entries.map(({ url }) => new URL(url).host)).toEqual(Array(2).fill('api.example.com'))
})

test('refuses an answer without end', async () => {
  const { network, client } = exampleService()
  network.fault({ path: `/xrpc/${GET}`, body: 'huge' })
  await expect(client.get(GET)).rejects.toMatchObject({ name: 'NetworkError', code: 'too_large' })
})

test('refuses what is no NSID before anything is sent', async () => {
  const { client, log } = exampleService()
  // @ts-expect-error a name must be registered, or come from nsid()
  await expect(client.get('com.example.x/../../admin')).rejects.toThrow(/^nsid: expected an NSID/)
  // @ts-expect-error a name must be registered, or come from nsid()
  await expect(client.post('')).rejects.toThrow(TypeError)
  expect(log.entries).toEqual([])
})

test('[J2] refuses a parameter that is none before anything is sent', async () => {
  const { client, log } = exampleService()
  await expect(client.get(GET, { params: { limit: 1.5 } })).rejects.toThrow(/^params\.limit: /)
  expect(log.entries).toEqual([])
})

test('the result carries the same client while nothing changed', async () => {
  const { client } = exampleService()
  expect((await client.get(GET)).client).toBe(client)
})

test('the result carries a client over the session as it is after the call', async () => {
  const { log, clock, alice, client } = await signedInAlice()
  const app = client.with({ headers: { 'x-app': 'a' } })
  expect((await app.get(GET_SESSION)).client).toBe(app)
  await clock.advance(2 * HOUR)
  const { client: next } = await app.get(GET_SESSION)
  expect(next).not.toBe(app)
  expect(next.did).toBe(alice.did)
  expect((await next.get(GET_SESSION)).client).toBe(next)
  const calls = log.to(`/xrpc/${GET_SESSION}`)
  expect(calls.map(({ headers }) => headers.get('x-app'))).toEqual(calls.map(() => 'a'))
  const renewed = await next.refresh()
  expect(renewed).not.toBe(next)
  expect(renewed.session).toEqual(next.session)
})

test('an error carries the client over the session as it is after the call', async () => {
  const { network, clock, client } = await signedInAlice()
  network.respond(GET_SESSION, () => Response.json({ error: 'InvalidRequest' }, { status: 400 }))
  await clock.advance(2 * HOUR)
  const error: unknown = await client.get(GET_SESSION).catch((each: unknown) => each)
  expect(error).toMatchObject({ error: 'InvalidRequest', client: expect.any(XrpcClient) })
  expect(error).not.toHaveProperty('client', client)
})

test('with() gives a changed copy, and leaves the client as it was', async () => {
  const { client, seen } = exampleService()
  const changed = client.with({ headers: { 'x-a': '1', 'x-b': '1' } }).with({ headers: { 'x-b': '2' } })
  await changed.get(GET, { headers: { 'x-c': '3' } })
  await client.get(GET)
  const own = (at: number) => ['x-a', 'x-b', 'x-c'].map((name) => seen[at]?.headers.get(name))
  expect(own(0)).toEqual(['1', '2', '3'])
  expect(own(1)).toEqual([null, null, null])
  expect((await changed.get(GET)).client).toBe(changed)
})

test('with() replaces a header whatever the case of its name', async () => {
  const { client, seen } = exampleService()
  const changed = client.with({ headers: { 'X-App': '1' } }).with({ headers: { 'x-app': '2' } })
  await changed.get(GET)
  await changed.get(GET, { headers: { 'X-APP': '3' } })
  expect(seen.map(({ headers }) => headers.get('x-app'))).toEqual(['2', '3'])
})

test('with() keeps the time that is set, until another is', async () => {
  const { network, client, clock } = exampleService()
  network.fault({ path: `/xrpc/${GET}`, hang: 'request' })
  const ended = vi.fn<(error: unknown) => void>()
  client.with({ timeoutMs: 500 }).with({ headers: {} }).get(GET).catch(ended)
  await clock.advance(500)
  expect(ended).toHaveBeenCalledWith(expect.objectContaining({ code: 'timeout', expected: 'an answer in 500 ms' }))
})

test('[J14] a call takes a minute at most', async () => {
  const { network, client, clock, log } = exampleService()
  network.fault({ path: `/xrpc/${GET}`, hang: 'request' })
  const ended = vi.fn<(error: unknown) => void>()
  client.get(GET).catch(ended)
  await clock.advance(59_999)
  expect(ended).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(ended).toHaveBeenCalledWith(
    expect.objectContaining({ name: 'NetworkError', code: 'timeout', retryable: true }),
  )
  expect(log.last?.outcome).toBe('aborted')
})

test('[J14] the time includes the reading of the answer', async () => {
  const { network, client, clock } = exampleService()
  network.fault({ path: `/xrpc/${GET}`, hang: 'body' })
  const ended = expect(client.with({ timeoutMs: 500 }).get(GET)).rejects.toMatchObject({ code: 'timeout' })
  await clock.advance(500)
  await ended
})

test("[J14] an abort ends a call with the caller's reason, and the request with it", async () => {
  const { network, client, clock, log } = exampleService()
  network.fault({ path: `/xrpc/${GET}`, hang: 'request' })
  const controller = new AbortController()
  const reason = { why: 'closed' }
  const ended = expect(client.get(GET, { signal: controller.signal })).rejects.toBe(reason)
  await clock.settle()
  controller.abort(reason)
  await ended
  expect(log.last?.outcome).toBe('aborted')
  expect(clock.sleeping).toBe(0)
})

test('[J14] a call whose signal has aborted sends nothing', async () => {
  const { client, log } = exampleService()
  await expect(client.get(GET, { signal: AbortSignal.abort('closed') })).rejects.toBe('closed')
  expect(log.entries).toEqual([])
})

test('fetchHandler is a fetch for a path, which works by itself', async () => {
  const { client, seen } = exampleService(() => new Response('teapot', { status: 418, headers: { 'x-a': 'b' } }))
  const { fetchHandler } = client.with({ headers: { 'x-app': 'a' } })
  const response = await fetchHandler('/xrpc/com.example.doThing?a=b', {
    method: 'POST',
    body: 'bytes',
    headers: { 'content-type': 'text/csv' },
  })
  expect(response.status).toBe(418)
  expect(await response.text()).toBe('teapot')
  expect(seen[0]).toMatchObject({
    method: 'POST',
    url: 'https://api.example.com/xrpc/com.example.doThing?a=b',
    body: 'bytes',
  })
  expect(seen[0]?.headers.get('content-type')).toBe('text/csv')
  expect(seen[0]?.headers.get('x-app')).toBe('a')
  await fetchHandler('/xrpc/com.example.getThings')
  expect(seen[1]).toMatchObject({ method: 'GET', body: '' })
  expect(seen[1]?.headers.has('content-type')).toBe(false)
})

test.each([
  'https://evil.example.com/xrpc/a.b.c',
  'https://api.example.com/xrpc/a.b.c',
  '//evil.example.com/xrpc/a.b.c',
  '/\\evil.example.com',
  '/\t/evil.example.com',
  'xrpc/a.b.c',
])('[G7] fetchHandler refuses %j before anything is sent', async (path) => {
  const { client, log } = exampleService()
  await expect(client.fetchHandler(path)).rejects.toThrow(/^path: expected a path on https:\/\/api\.example\.com/)
  expect(log.entries).toEqual([])
})

test('fetchHandler sends a stream', async () => {
  const { client, seen } = exampleService()
  await client.fetchHandler('/xrpc/com.example.doThing', { method: 'POST', body: new Blob(['bytes']).stream() })
  expect(seen[0]?.body).toBe('bytes')
})

test('[G9] fetchHandler says of a body whether it can be sent again', async () => {
  const { network, log, client } = await signedInAlice()
  network.respond(DO, async (request) => new Response(await request.text()))
  const send = async (body?: BodyInit) => {
    network.rotateNonces()
    log.clear()
    const response = await client.fetchHandler(`/xrpc/${DO}`, {
      method: 'POST',
      ...(body !== undefined && { body }),
    })
    const type = log.last?.headers.has('content-type')
    return { status: response.status, text: await response.text(), type, sent: log.length }
  }
  const again = { status: 200, sent: 2 }
  expect(await send('text')).toMatchObject({ ...again, text: 'text', type: true })
  expect(await send(new Uint8Array([120]))).toMatchObject({ ...again, text: 'x' })
  expect(await send(new Blob(['x']))).toMatchObject({ ...again, text: 'x' })
  expect(await send(new Blob(['x']).stream())).toMatchObject({ status: 401, sent: 1 })
  expect(await send()).toEqual({ ...again, text: '', type: false })
})

test('[J14] fetchHandler ends with its time and its signal', async () => {
  const { network, client, clock } = exampleService()
  network.fault({ path: '/xrpc/a.b.c', hang: 'request' })
  const timed = expect(client.fetchHandler('/xrpc/a.b.c')).rejects.toMatchObject({ code: 'timeout' })
  await clock.advance(60_000)
  await timed
  const signal = AbortSignal.abort('closed')
  await expect(client.fetchHandler('/xrpc/a.b.c', { signal })).rejects.toBe('closed')
})

// @atproto/api asks its fetch handler for `get` and `post`; fetch sends GET and POST.
test('[D9] fetchHandler proves the method that goes over the wire, however it was spelt', async () => {
  const { network, log, client } = await signedInAlice()
  network.respond('a.b.c', () => ({}))
  await client.get(GET_SESSION)
  await client.fetchHandler('/xrpc/a.b.c', { method: 'get' })
  await client.fetchHandler('/xrpc/a.b.c', { method: 'post', body: 'x' })
  expect(log.entries.map(({ method, dpop, status }) => ({ method, htm: dpop?.payload.htm, status }))).toEqual([
    { method: 'GET', htm: 'GET', status: 200 },
    { method: 'GET', htm: 'GET', status: 200 },
    { method: 'POST', htm: 'POST', status: 200 },
  ])
})

test('a client without a session is nobody', () => {
  const { client } = exampleService()
  expect(client.did).toBeUndefined()
  expect(client.session).toBeUndefined()
})

test('a client over a session tells whose it is', async () => {
  const { network, alice, client } = await signedInAlice()
  const { did, handle, pds } = alice
  expect(client.did).toBe(did)
  expect(client.session).toMatchObject({ did, handle, pds, issuer: network.issuer, status: 'active' })
})

test.each(['https://api.example.com', 'https://api.example.com/'])('takes the service %s', async (service) => {
  const { network, log } = exampleService()
  const { fetch, clock } = network
  await new XrpcClient({ service, fetch, clock }).get(GET)
  expect(log.entries.map(({ url }) => url)).toEqual(['https://api.example.com/xrpc/com.example.getThings'])
})

test.each([
  'http://api.example.com',
  'http://localhost:2583',
  'https://api.example.com/path',
  'https://user@api.example.com',
  'https://api.example.com?a=b',
  'api.example.com',
  '',
])('[J1] [J14] refuses the service %j', (service) => {
  expect(() => new XrpcClient({ service })).toThrow(TypeError)
  expect(() => new XrpcClient({ service })).toThrow(/^service: expected the https URL of a service/)
})

test('[M9] takes a service on this machine where allowLoopback names it', async () => {
  const network = fakeNetwork()
  const { fetch, clock, log } = network
  network.host('http://localhost:2583', () => Response.json({}))
  const options = { service: 'http://localhost:2583', allowLoopback: ['http://localhost:2583'], fetch, clock }
  await new XrpcClient(options).get(GET)
  expect(log.entries.map(({ url }) => url)).toEqual(['http://localhost:2583/xrpc/com.example.getThings'])
  expect(() => new XrpcClient({ ...options, allowLoopback: ['http://localhost:2584'] })).toThrow(TypeError)
})

test.each(['https://127.0.0.1', 'https://localhost', 'https://[fd00::1]'])(
  '[M1] sends nothing to the private service %s',
  async (service) => {
    const { fetch, clock, log } = fakeNetwork()
    const client = new XrpcClient({ service, fetch, clock })
    await expect(client.get(GET)).rejects.toMatchObject({ name: 'NetworkError', code: 'address_forbidden' })
    expect(log.entries).toEqual([])
  },
)

test('[M5] a client shows nothing but its DID', async () => {
  const { log, alice, client } = await signedInAlice()
  const app = client.with({ headers: { 'x-key': 'secret' } })
  await app.get(GET_SESSION)
  const token = log.last?.headers.get('authorization')?.replace('DPoP ', '')
  expect(JSON.parse(JSON.stringify(app))).toEqual({ did: alice.did })
  const shown = inspect(app, { depth: 10, showHidden: true })
  expect(shown).not.toContain('secret')
  expect(token).toBeTypeOf('string')
  expect(shown).not.toContain(token)
})

test('a constructor does nothing yet', () => {
  const { client, log, clock } = exampleService()
  expect(client.fetchHandler).toBeTypeOf('function')
  expect(log.entries).toEqual([])
  expect(clock.sleeping).toBe(0)
})
