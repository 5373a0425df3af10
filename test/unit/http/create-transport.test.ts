import { expect, test } from 'vitest'
import { createTransport } from '../../../src/http/create-transport.ts'
import { fakeNetwork } from 'atproof/testing'

test('takes the fetch and the clock that it is given', () => {
  const { fetch, clock } = fakeNetwork()
  expect(createTransport({ fetch, clock })).toMatchObject({ fetch, clock, allowLoopback: new Set() })
})

test("takes the machine's clock and the runtime's fetch by default", () => {
  const transport = createTransport({})
  expect(Math.abs(transport.clock.now() - Date.now())).toBeLessThan(10_000)
  expect(transport.fetch).toBeTypeOf('function')
})

test.each([
  'http://localhost:2583',
  'http://localhost',
  'https://localhost:2583',
  'http://127.0.0.1:3000',
  'http://[::1]:3000',
  'http://pds.localhost:2583',
])('[M9] allows %s', (origin) => {
  expect(createTransport({ allowLoopback: [origin] }).allowLoopback).toEqual(new Set([origin]))
})

test.each([
  '',
  'localhost',
  'localhost:2583',
  'http://localhost:2583/',
  'http://localhost:2583/xrpc',
  'http://localhost:2583?a',
  'http://user@localhost:2583',
  'http://localhost:80',
  'http://LOCALHOST:2583',
  'http://example.com',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'http://notlocalhost:2583',
  'http://10.0.0.1:2583',
  'http://192.168.1.1',
  'http://0.0.0.0:2583',
  'http://[::]:2583',
])('[M9] refuses %j in allowLoopback with a TypeError that shows it', (origin) => {
  expect(() => createTransport({ allowLoopback: ['http://localhost:1', origin] })).toThrow(TypeError)
  expect(() => createTransport({ allowLoopback: [origin] })).toThrow(`found ${JSON.stringify(origin)}`)
})
