import { scopes } from 'atproof'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { isNsid } from '../../src/syntax/nsid.ts'
import { Permissions } from '../../src/testing/pds/permissions.ts'
import { XrpcRefusal } from '../../src/testing/pds/xrpc-refusal.ts'
import { changed, endless, hostile, wordOf } from './arbitraries.ts'
import { expectQuick } from './expectations.ts'
import { fuzz } from './fuzz.ts'
import { LOWER } from './grammar.ts'
import { handle } from './names.ts'
import { isNsidByGrammar, readScope } from './read-scope.ts'

const NAMES = [
  'com.example.note',
  'com.example.list',
  'com.example.noteItem',
  'chat.bsky.convo.getLog',
  'app.bsky.feed.post',
]
const SERVICES = [
  'did:web:api.example.com#appview',
  'did:plc:ewvi7nxzyoun6zhxrhs64oiz#labeler',
  'did:web:localhost%3A2583#x',
]
const MEDIA = ['image/png', 'image/*', 'video/mp4', '*/*', 'text/plain']
const ACTIONS = ['create', 'update', 'delete'] as const

const name = fc.constantFrom(...NAMES)
const nsid = fc.oneof(
  name,
  fc
    .tuple(handle, wordOf(LOWER, 1, 5))
    .map(([host, last]) => `${host}.${last}`)
    .filter(isNsidByGrammar),
)
const some = <T>(items: readonly T[]) => fc.subarray([...items], { minLength: 1 })

/** Writes a scope with its parameters, escaped as the generator likes. */
function write(
  resource: string,
  parameters: readonly (readonly [name: string, value: string])[],
  style: number,
): string {
  const [first] = parameters
  const isPositional = (style & 1) === 1 && parameters.filter(([key]) => key === first?.[0]).length === 1
  const escape = (value: string) =>
    (style & 2) === 2 ? encodeURIComponent(value) : value.replaceAll('%', '%25').replaceAll('+', '%2B')
  const rest = isPositional ? parameters.slice(1) : parameters
  const query = rest.map(([key, value]) => `${key}=${escape(value)}`).join('&')
  return resource + (isPositional ? `:${escape(first?.[1] ?? '')}` : '') + (query === '' ? '' : `?${query}`)
}

const pairs = (key: string, values: fc.Arbitrary<readonly string[]>) =>
  values.map((all) => all.map((value) => [key, value] as const))
const names = fc.oneof(
  some(NAMES),
  nsid.map((text) => [text]),
  fc.constant(['*']),
)
const granular = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant('repo'), pairs('collection', names), pairs('action', fc.subarray([...ACTIONS]))),
      fc.tuple(
        fc.constant('rpc'),
        pairs('lxm', names),
        pairs(
          'aud',
          fc.constantFrom(...SERVICES, '*').map((aud) => [aud]),
        ),
      ),
      fc.tuple(fc.constant('blob'), pairs('accept', some(MEDIA)), fc.constant([])),
      fc.tuple(
        fc.constant('account'),
        pairs('attr', fc.constantFrom(['email'], ['repo'])),
        pairs('action', fc.constantFrom<string[][]>([], ['read'], ['manage'])),
      ),
      fc.tuple(fc.constant('identity'), pairs('attr', fc.constantFrom(['handle'], ['*'])), fc.constant([])),
      fc.tuple(
        fc.constant('include'),
        pairs(
          'nsid',
          nsid.map((text) => [text]),
        ),
        pairs('aud', fc.constantFrom<string[][]>([], [SERVICES[0] ?? ''])),
      ),
    ),
    fc.nat(3),
  )
  .map(([[resource, first, second], style]) => write(resource, [...first, ...second], style))
const plain = fc.constantFrom(
  'atproto',
  'transition:generic',
  'transition:chat.bsky',
  'transition:email',
  'openid',
  'space:com.example.a',
)
const token = fc.oneof({ arbitrary: granular, weight: 6 }, plain)

fuzz('[L1] [L2] [L3] [L4] a scope means what its grammar says, or nothing', 10_000, hostile(token), (text) => {
  const parsed = scopes.parse(text)
  const tokens = text.split(' ').filter((part) => part !== '')
  expect(parsed.map((scope) => scope.token)).toEqual(tokens)
  for (const [at, scope] of parsed.entries()) {
    const read = readScope(tokens[at] ?? '')
    if (typeof read !== 'string') {
      for (const [key, values] of read) expect(valuesOf(scope, key)).toEqual(new Set(values))
    } else if (read === 'plain') expect(['atproto', 'transition']).toContain(scope.kind)
    else expect(scope.kind).toBe(read)
  }
})

function valuesOf(scope: object, key: string): Set<unknown> {
  const value: unknown = Object.entries(scope).find(([each]) => each === key)?.[1]
  return new Set(Array.isArray(value) ? value : [value])
}

fuzz('[L1] an NSID is what the grammar says, and nothing else', 4000, hostile(nsid), (text) => {
  expect(isNsid(text)).toBe(isNsidByGrammar(text))
})

/** What an app may want to do, as a scope and as a question to the server's own reading of what it granted. */
const need = fc.oneof(
  fc.tuple(name, fc.constantFrom(...ACTIONS)).map(([collection, action]) => ({
    scope: `repo:${collection}?action=${action}`,
    ask: (permissions: Permissions) => permissions.requireRepo(action, collection),
  })),
  fc.constantFrom('image/png', 'video/mp4', 'text/plain', 'text/html').map((type) => ({
    scope: `blob:${type}`,
    ask: (permissions: Permissions) => permissions.requireBlob(type),
  })),
  fc.tuple(name, fc.constantFrom(...SERVICES.slice(0, 2))).map(([lxm, aud]) => ({
    scope: `rpc:${lxm}?aud=${aud.replace('#', '%23')}`,
    ask: (permissions: Permissions) => permissions.requireRpc(lxm, aud),
  })),
  fc.constantFrom('read' as const, 'manage' as const).map((action) => ({
    scope: `account:email?action=${action}`,
    ask: (permissions: Permissions) => {
      if (action === 'read' && permissions.mayReadEmail) return
      permissions.requireAccount('email', action)
    },
  })),
)

function isGranted(ask: (permissions: Permissions) => void, scope: string): boolean {
  try {
    ask(Permissions.ofScope(scope))
    return true
  } catch (error) {
    if (error instanceof XrpcRefusal) return false
    throw error
  }
}

const granted = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join(' '))

fuzz(
  '[L3] [L7] what a scope allows is what a server lets pass',
  8000,
  fc.tuple(granted, need),
  ([scope, { scope: needed, ask }]) => {
    expect(scopes.allows(scope, needed)).toBe(isGranted(ask, scope))
  },
)

fuzz(
  '[L3] a broken scope allows no more than a server lets pass',
  5000,
  fc.tuple(changed(granted), need),
  ([scope, { scope: needed, ask }]) => {
    if (scopes.allows(scope, needed)) expect(isGranted(ask, scope)).toBe(true)
  },
)

const piece = fc.oneof(
  token,
  fc.constantFrom(
    'a',
    ' ',
    'repo:',
    '?a=b',
    '&a=b',
    '%',
    '%41',
    '.',
    'a.',
    'a-',
    'repo?collection=a.b.c&',
    '=',
    '/',
  ),
)

fuzz('[L1] a scope of a megabyte is read at once', 60, endless(piece), (text) => {
  expectQuick(() => {
    expect(scopes.allows('atproto', text)).toBe(false)
    for (const start of ['', 'repo:', 'blob:', 'rpc?aud=', 'include:', 'repo?'])
      scopes.parse(start + text.slice(0, 60_000))
  })
})
