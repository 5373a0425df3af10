import { expect, test } from 'vitest'
import { isScopeToken, parseScope } from '../../../../src/syntax/scopes/scope.ts'

const kindOf = (token: string) => parseScope(token).kind

test.each([
  ['atproto', { kind: 'atproto' }],
  ['transition:generic', { kind: 'transition', name: 'generic' }],
  ['transition:chat.bsky', { kind: 'transition', name: 'chat.bsky' }],
  ['transition:email', { kind: 'transition', name: 'email' }],
  ['repo:*', { kind: 'repo', collection: ['*'], action: ['create', 'update', 'delete'] }],
  [
    'repo:com.example.note?action=update&action=create',
    { kind: 'repo', collection: ['com.example.note'], action: ['update', 'create'] },
  ],
  [
    'repo?action=delete&collection=com.example.b&collection=com.example.a&collection=com.example.b',
    { kind: 'repo', collection: ['com.example.b', 'com.example.a'], action: ['delete'] },
  ],
  ['rpc:com.example.do?aud=*', { kind: 'rpc', lxm: ['com.example.do'], aud: '*' }],
  ['blob:image/*', { kind: 'blob', accept: ['image/*'] }],
  ['blob?accept=*/*&accept=a/b', { kind: 'blob', accept: ['*/*', 'a/b'] }],
  ['account:email', { kind: 'account', attr: 'email', action: 'read' }],
  ['account?action=manage&attr=repo', { kind: 'account', attr: 'repo', action: 'manage' }],
  ['identity:*', { kind: 'identity', attr: '*' }],
  ['identity:*?', { kind: 'identity', attr: '*' }],
  ['include:com.example.auth', { kind: 'include', nsid: 'com.example.auth', aud: undefined }],
  ['space:com.example.space', { kind: 'unknown' }],
])('[L1] reads %s', (token, scope) => {
  expect(parseScope(token)).toEqual({ ...scope, token })
})

test('keeps no list of its own in what it hands out', () => {
  const first = parseScope('repo:*')
  if (first.kind === 'repo') Object.assign(first.action, ['fly'])
  expect(parseScope('repo:*')).toMatchObject({ action: ['create', 'update', 'delete'] })
})

test.each([
  ['', /^expected printable ASCII/],
  ['a b', /^expected printable ASCII/],
  ['a"b', /^expected printable ASCII/],
  ['a\\b', /^expected printable ASCII/],
  ['repo:com.example.québec', /^expected printable ASCII/],
  ['repo:com.example.note\n', /^expected printable ASCII/],
  ['repo:com.example.note\u007F', /^expected printable ASCII/],
  ['atproto?', /^expected one of atproto, transition:generic, transition:chat\.bsky, transition:email$/],
  ['atproto:a', /^expected one of atproto/],
  ['transition', /^expected one of atproto/],
  ['transition:zzz', /^expected one of atproto/],
  ['transition:generic?', /^expected one of atproto/],
  ['transition?name=generic', /^expected one of atproto/],
  ['repo', /^collection: expected an NSID/],
  ['repo:', /^collection: expected an NSID/],
  ['repo?', /^collection: expected an NSID/],
  ['repo:%zz', /^repo: expected two hexadecimal digits after each %$/],
  ['repo:com.example.note%', /^repo: expected two hexadecimal digits/],
  ['blob?accept=image/%4', /^blob: expected two hexadecimal digits/],
  ['repo:%FF', /^collection: expected UTF-8 behind each %$/],
  ['repo:com.example.note?action', /^repo: expected name=value pairs after the \?$/],
  ['repo:com.example.note?=create', /^repo: expected name=value pairs/],
  ['repo:com.example.note?action=create&', /^repo: expected name=value pairs/],
  ['repo:com.example.note?&action=create', /^repo: expected name=value pairs/],
  ['repo??collection=com.example.note', /^repo: expected name=value pairs/],
  ['repo:com.example.note?constructor=a', /^parameters: expected only collection, action$/],
  ['repo:com.example.note?Action=create', /^parameters: expected only collection, action$/],
  ['include:com.example.auth?aud=*', /^aud: expected a DID with the service behind a #, such as \S+$/],
  ['rpc:com.example.do?aud=all', /^aud: expected a DID with the service behind a #, such as \S+, or \* for any$/],
  ['account:email?action=fly', /^action: expected read or manage$/],
])('[L1] says why %j is invalid', (token, reason) => {
  expect(parseScope(token)).toEqual({ kind: 'invalid', token, reason: expect.stringMatching(reason) })
})

test.each([
  'Repo:com.example.note',
  'ATPROTO',
  'toString',
  '__proto__:a',
  ':',
  '?',
  'a?b',
  'repos:com.example.note',
])('[L3] knows nothing of %s', (token) => {
  expect(parseScope(token)).toEqual({ kind: 'unknown', token })
})

const LONG = 'a'.repeat(63)

test.each([
  'did:plc:ewvi7nxzyoun6zhxrhs64oiz#svc',
  'did:web:api.example.com#svc',
  'did:web:api.example.com#a/b?c@d',
  'did:web:API.example.com#svc',
  'did:web:localhost#svc',
  'did:web:localhost%253A2583#svc',
  `did:web:${[LONG, LONG, LONG, 'a'.repeat(61)].join('.')}#svc`,
])('takes the service %s', (aud) => {
  expect(kindOf(`rpc:com.example.do?aud=${aud}`)).toBe('rpc')
  expect(kindOf(`include:com.example.auth?aud=${aud.replace('#', '%23')}`)).toBe('include')
})

test.each([
  '',
  'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
  'did:plc:ewvi7nxzyoun6zhxrhs64oiz#',
  'did:plc:ewvi7nxzyoun6zhxrhs64oi#svc',
  'did:plc:ewvi7nxzyoun6zhxrhs64oi1#svc',
  'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#svc',
  'did:web:#svc',
  'did:web:api.example.com:path#svc',
  'did:web:api.example.com%253A443#svc',
  'did:web:localhost%3A2583#svc',
  'did:web:127.0.0.1#svc',
  'did:web:-a.example.com#svc',
  'did:web:api..com#svc',
  'did:web:api.example.com#a#b',
  'did:web:api.example.com#a%5Bb',
  'did:web:api.example.com#a+b',
  `did:web:${[LONG, LONG, LONG, 'a'.repeat(62)].join('.')}#svc`,
  'xdid:web:api.example.com#svc',
])('takes no service %j', (aud) => {
  expect(kindOf(`rpc:com.example.do?aud=${aud}`)).toBe('invalid')
})

test.each(['image/png', 'image/*', '*/*', 'image/svg+xml', 'application/vnd.api+json', 'x-a/b.c_d!#$^`|~'])(
  'takes the media %s',
  (accept) => {
    expect(parseScope(`blob:${accept}`)).toMatchObject({ accept: [accept] })
  },
)

test.each([
  '*',
  'image',
  'image/',
  '/png',
  '*/png',
  'im*/png',
  'image/p*',
  'image/png/x',
  'image/png;q=1',
  'a%20b/c',
])('takes no media %s', (accept) => {
  expect(kindOf(`blob:${accept}`)).toBe('invalid')
})

test('[L1] tells what can be a token', () => {
  expect(isScopeToken("repo:*?a='b'&c=[d]~!#")).toBe(true)
  expect(['', ' ', 'a b', 'a\tb', 'é'].filter(isScopeToken)).toEqual([])
})
