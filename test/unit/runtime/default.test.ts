import { expect, test, vi } from 'vitest'
import { createFetch, isUnsent, resolveTxt } from '../../../src/runtime/default.ts'

test('has no DNS of its own', () => {
  expect(resolveTxt).toBeUndefined()
})

test("fetches with the runtime's own fetch, whichever that is at the time", async () => {
  const guarded = createFetch(() => new Error('refused'), new Set())
  const own = vi.fn<typeof fetch>(async () => new Response('hello'))
  vi.stubGlobal('fetch', own)
  const init = { method: 'POST' }
  const response = await guarded('https://pds.example.com/', init)
  vi.unstubAllGlobals()
  expect(await response.text()).toBe('hello')
  expect(own).toHaveBeenCalledExactlyOnceWith('https://pds.example.com/', init)
})

test('knows of no failure that nothing was sent', () => {
  const refused = Object.assign(new Error(), { code: 'ECONNREFUSED' })
  expect(isUnsent(new TypeError('fetch failed', { cause: refused }))).toBe(false)
})
