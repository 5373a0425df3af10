import { expect, test } from 'vitest'
import { isEndpoint, parseOrigin } from '../../../src/http/origin.ts'

const transport = { allowLoopback: new Set(['http://localhost:2583']) }

test.each([
  ['https://pds.example.com', 'https://pds.example.com'],
  ['https://pds.example.com/', 'https://pds.example.com'],
  ['https://PDS.example.com:443', 'https://pds.example.com'],
  ['https://pds.example.com:8443', 'https://pds.example.com:8443'],
  ['http://localhost:2583', 'http://localhost:2583'],
])('[A15] %s is the server %s', (url, origin) => {
  expect(parseOrigin(transport, url)).toBe(origin)
})

test.each([
  'http://pds.example.com',
  'http://localhost:2584',
  'https://user@pds.example.com',
  'https://:pass@pds.example.com',
  'https://pds.example.com/path',
  'https://pds.example.com?',
  'https://pds.example.com?a',
  'https://pds.example.com#',
  'https://pds.example.com/#a',
  'https://@pds.example.com',
  'https://:@pds.example.com',
  'https://pds.example.com/.',
  'https://pds.example.com/a/..',
  'https://pds.example.com//..',
  'https:pds.example.com',
  'https:/pds.example.com',
  'https:\\\\pds.example.com',
  'https:///pds.example.com',
  'https://pds.example.com\\',
  'https://pds.exam\nple.com',
  'https://pds.example.com\t',
  'https://pds.example.com\u0001',
  ' https://pds.example.com',
  'https://pds.ex%61mple.com',
  'ftp://pds.example.com',
  'javascript:alert(1)',
  'pds.example.com',
  '',
  undefined,
  null,
  {},
  ['https://pds.example.com'],
])('[A15] %o is not the URL of a server', (value) => {
  expect(parseOrigin(transport, value)).toBeUndefined()
})

test.each([
  'https://as.example.com/oauth/token',
  'https://as.example.com/?a=b',
  'https://as.example.com?a=b@c',
  'https://as.example.com:8443/a%20b/@c',
  'http://localhost:2583/oauth/par',
])('[B8] %s may be sent secrets', (url) => {
  expect(isEndpoint(transport, url)).toBe(true)
})

test.each([
  'http://as.example.com/oauth/token',
  'http://localhost:2584/oauth/token',
  'https://user@as.example.com/',
  'https://:pass@as.example.com/',
  'https://as.example.com/#a',
  'https://as.example.com/oauth/token#',
  'https://@as.example.com/oauth/token',
  'https:as.example.com/oauth/token',
  'https:\\\\as.example.com\\oauth\\token',
  'https://as.example.com/oauth\\token',
  'https://as.example.com/oauth/\ntoken',
  'https://as.example.com/oauth/token ',
  'https://as.example.com/oauth/token\u0000',
  'https://as.ex%61mple.com/oauth/token',
  'data:text/plain,x',
  '/oauth/token',
  7,
  undefined,
])('[B8] %o may not', (value) => {
  expect(isEndpoint(transport, value)).toBe(false)
})
