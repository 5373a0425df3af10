import { afterEach, expect, test, vi } from 'vitest'
import { pageTransport } from '../../../src/browser/page-transport.ts'

const URL = 'https://pds.example.com/xrpc/com.atproto.repo.uploadBlob'

const own = async () => new Response('own')

afterEach(() => {
  vi.unstubAllGlobals()
})

test('reads a stream before it is sent, as no browser sends one', async () => {
  const fetch = vi.fn(async (_url: string, init: RequestInit) => Response.json(init.body instanceof Blob))
  vi.stubGlobal('fetch', fetch)
  const body = new Blob(['hello']).stream()
  const init = { method: 'POST', body, headers: { 'content-type': 'text/plain' } }
  expect(await (await pageTransport({}).fetch(URL, init)).json()).toBe(true)
  const sent = fetch.mock.calls[0]?.[1]
  expect(sent).toMatchObject({ method: 'POST', headers: { 'content-type': 'text/plain' } })
  expect(await new Response(sent?.body ?? null).text()).toBe('hello')
})

test('a stream that breaks off is not sent by halves', async () => {
  const fetch = vi.fn()
  vi.stubGlobal('fetch', fetch)
  const body = new ReadableStream({ start: (controller) => controller.error(new RangeError('gone')) })
  await expect(pageTransport({}).fetch(URL, { method: 'POST', body })).rejects.toThrow(RangeError)
  expect(fetch).not.toHaveBeenCalled()
})

test('hands anything else on as it is, and all of it to a fetch of the app’s own', async () => {
  const fetch = vi.fn(async () => new Response())
  vi.stubGlobal('fetch', fetch)
  const init = { method: 'POST', body: 'text' }
  await pageTransport({}).fetch(URL, init)
  expect(fetch).toHaveBeenCalledWith(URL, init)
  expect(pageTransport({ fetch: own }).fetch).toBe(own)
})

test('says of a failed request that nobody knows how far it came, and may be led to the loopback that was named', () => {
  const { isUnsent, allowLoopback } = pageTransport({ allowLoopback: ['http://localhost:2583'] })
  expect(isUnsent(new TypeError('Failed to fetch'))).toBe(false)
  expect([...allowLoopback]).toEqual(['http://localhost:2583'])
})

test('[G7] [M9] sends no token to what is not https, but for an origin of allowLoopback', () => {
  const { guard } = pageTransport({ allowLoopback: ['http://localhost:2583'] })
  const refuse = (url: string) => () => guard(new globalThis.URL(url))
  expect(refuse('https://pds.example.com/xrpc/a.b.c')).not.toThrow()
  expect(refuse('http://localhost:2583/xrpc/a.b.c')).not.toThrow()
  for (const url of ['http://pds.example.com/', 'http://localhost:2584/', 'https://user@pds.example.com/']) {
    expect(refuse(url), url).toThrow(expect.objectContaining({ name: 'NetworkError', code: 'insecure_url' }))
  }
})
