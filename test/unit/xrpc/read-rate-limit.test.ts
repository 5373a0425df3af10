import { expect, test } from 'vitest'
import { readRateLimit } from '../../../src/xrpc/read-rate-limit.ts'

const headers = { 'RateLimit-Limit': '3000', 'RateLimit-Remaining': '2999', 'RateLimit-Reset': '1700000300' }

test('[J7] reads the limit; its reset is in seconds since the epoch', () => {
  expect(readRateLimit(new Headers({ ...headers, 'RateLimit-Policy': '3000;w=300' }))).toEqual({
    limit: 3000,
    remaining: 2999,
    resetsAt: 1_700_000_300_000,
    policy: '3000;w=300',
  })
})

test('[J7] many servers say nothing of their policy', () => {
  expect(readRateLimit(new Headers(headers))?.policy).toBeUndefined()
})

test('[J7] reads that nothing is left', () => {
  expect(readRateLimit(new Headers({ ...headers, 'RateLimit-Remaining': '0' }))?.remaining).toBe(0)
})

test('[J7] there is none where the server says nothing', () => {
  expect(readRateLimit(new Headers())).toBeUndefined()
})

test.each(Object.keys(headers))('[J7] there is none without %s, or where that is no count', (name) => {
  const without = new Headers(headers)
  without.delete(name)
  expect(readRateLimit(without)).toBeUndefined()
  for (const value of ['', '-1', '1.5', 'many', '3000, 3000', '0x10']) {
    expect(readRateLimit(new Headers({ ...headers, [name]: value })), value).toBeUndefined()
  }
})
