import { expect, test } from 'vitest'
import { joinPath } from '../../../src/http/join-path.ts'

const PDS = 'https://pds.example.com'

test.each([
  ['/', 'https://pds.example.com/'],
  ['/xrpc/com.example.getThings', 'https://pds.example.com/xrpc/com.example.getThings'],
  ['/xrpc/a.b.c?url=https://evil.example.com', 'https://pds.example.com/xrpc/a.b.c?url=https://evil.example.com'],
  ['/xrpc/a.b.c?x=%2F%5C%09', 'https://pds.example.com/xrpc/a.b.c?x=%2F%5C%09'],
  ['/@evil.example.com', 'https://pds.example.com/@evil.example.com'],
  ['/:443', 'https://pds.example.com/:443'],
])('[G7] puts %s onto the origin', (path, url) => {
  expect(joinPath(PDS, path)).toBe(url)
})

test.each([
  'https://evil.example.com/xrpc/a.b.c',
  'http://pds.example.com/',
  'https:evil.example.com',
  'javascript:alert(1)',
  '//evil.example.com/xrpc/a.b.c',
  '///evil.example.com',
  '/\\evil.example.com',
  '\\/evil.example.com',
  '\\\\evil.example.com',
  '/\t/evil.example.com',
  '/\n/evil.example.com',
  '/\r\\evil.example.com',
  '\t//evil.example.com',
  ' //evil.example.com',
  '/xrpc\\..\\..',
  '/xrpc/a\t.b.c',
  '/xrpc/a.b.c?d=\\',
  '/xrpc/a.b.c\nhost: evil.example.com',
  '@evil.example.com',
  '.evil.example.com',
  ':8443/xrpc',
  'xrpc/a.b.c',
  '?a=b',
  '#a',
  '',
])('[G7] refuses %j', (path) => {
  expect(() => joinPath(PDS, path)).toThrow(TypeError)
  expect(() => joinPath(PDS, path)).toThrow(/^path: expected a path on https:\/\/pds\.example\.com/)
})

test.each([
  '/..//evil.example.com',
  '/././/evil.example.com',
  '/%2F%2Fevil.example.com',
  '/\u2044evil.example.com',
])('[G7] stays on the origin with %s', (path) => {
  expect(new URL(joinPath(PDS, path)).origin).toBe(PDS)
})

test('[G7] keeps the port of the origin', () => {
  expect(joinPath('http://localhost:2583', '/xrpc/a.b.c')).toBe('http://localhost:2583/xrpc/a.b.c')
})
