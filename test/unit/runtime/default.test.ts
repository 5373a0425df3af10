import { fakeNetwork } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import {
  createFetch,
  isolatesRequests,
  isUnsent,
  refusesCacheMode,
  resolveTxt,
} from '../../../src/runtime/default.ts'

test('has no DNS of its own', () => {
  expect(resolveTxt).toBeUndefined()
})

test("fetches with the runtime's own fetch, whichever that is at the time", async () => {
  const guarded = createFetch(() => new Error('refused'), new Set())
  const network = fakeNetwork()
  network.host('https://pds.example.com', async (request) => new Response(`hello ${await request.text()}`))
  vi.stubGlobal('fetch', network.fetch)
  const response = await guarded('https://pds.example.com/', { method: 'POST', body: 'world' })
  vi.unstubAllGlobals()
  expect(await response.text()).toBe('hello world')
  expect(network.log.entries).toMatchObject([{ method: 'POST', url: 'https://pds.example.com/' }])
})

test('knows of no failure that nothing was sent', async () => {
  const network = fakeNetwork()
  network.fault({ path: '/', refuse: true })
  const error: unknown = await network.fetch('https://pds.example.com/').catch((each: unknown) => each)
  expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  expect(isUnsent(error)).toBe(false)
})

test.each([
  ['Cloudflare-Workers', true],
  ['Mozilla/5.0', false],
  [undefined, false],
])('in %s requests are worlds of their own, and fetch takes no cache mode: %j', (userAgent, expected) => {
  vi.stubGlobal('navigator', userAgent && { userAgent })
  expect([isolatesRequests(), refusesCacheMode()]).toEqual([expected, expected])
  vi.unstubAllGlobals()
})
