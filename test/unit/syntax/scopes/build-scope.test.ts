import { describe, expect, test } from 'vitest'
import { parseScope } from '../../../../src/syntax/scopes/scope.ts'
import { scopes } from '../../../../src/syntax/scopes/scopes.ts'

const aud = 'did:web:api.example.com#svc'

/** Options as plain JavaScript can pass them. */
const unchecked: Record<'repo' | 'rpc' | 'blob' | 'account' | 'identity', (options?: unknown) => string> &
  Record<'include', (nsid?: unknown, options?: unknown) => string> = scopes as never

test('names the scopes that take nothing', () => {
  expect([scopes.atproto, scopes.transitionGeneric, scopes.transitionChatBsky, scopes.transitionEmail]).toEqual([
    'atproto',
    'transition:generic',
    'transition:chat.bsky',
    'transition:email',
  ])
})

describe('[L5] a permission has one form', () => {
  test.each([
    ['repo:com.example.note', scopes.repo({ collection: 'com.example.note' })],
    ['repo:com.example.note', scopes.repo({ collection: ['com.example.note'], action: undefined })],
    [
      'repo:com.example.note',
      scopes.repo({ collection: 'com.example.note', action: ['delete', 'update', 'create'] }),
    ],
    ['repo:com.example.note?action=delete', scopes.repo({ collection: 'com.example.note', action: 'delete' })],
    [
      'repo?collection=com.example.B&collection=com.example.a&action=create&action=update',
      scopes.repo({
        collection: ['com.example.a', 'com.example.B', 'com.example.a'],
        action: ['update', 'create', 'update'],
      }),
    ],
    ['repo:*?action=delete', scopes.repo({ collection: ['com.example.a', '*'], action: 'delete' })],
    ['rpc:com.example.do?aud=*', scopes.rpc({ lxm: 'com.example.do', aud: '*' })],
    ['rpc:*?aud=did:web:api.example.com%23svc', scopes.rpc({ aud, lxm: ['*', 'com.example.do'] })],
    [
      'rpc?lxm=com.example.a&lxm=com.example.b&aud=*',
      scopes.rpc({ lxm: ['com.example.b', 'com.example.a'], aud: '*' }),
    ],
    ['blob:image/png', scopes.blob({ accept: ['image/png', 'IMAGE/PNG'] })],
    ['blob?accept=image/*&accept=video/mp4', scopes.blob({ accept: ['video/mp4', 'image/png', 'image/*'] })],
    ['blob?accept=image/*&accept=video/*', scopes.blob({ accept: ['video/*', 'image/*'] })],
    ['blob:*/*', scopes.blob({ accept: ['image/*', '*/*', 'a/b'] })],
    ['account:email', scopes.account({ attr: 'email', action: 'read' })],
    ['account:repo?action=manage', scopes.account({ attr: 'repo', action: 'manage' })],
    ['identity:handle', scopes.identity({ attr: 'handle' })],
    ['identity:*', scopes.identity({ attr: '*' })],
    ['include:com.example.auth', scopes.include('com.example.auth')],
    ['include:com.example.auth?aud=did:web:api.example.com%23svc', scopes.include('com.example.auth', { aud })],
  ])('%s', (expected, built) => {
    expect(built).toBe(expected)
    expect(parseScope(built).kind).toBe(built.split(/[:?]/)[0])
  })
})

test('[L4] escapes what would mean something else', () => {
  expect(scopes.blob({ accept: 'image/svg+xml' })).toBe('blob:image/svg+xml')
  expect(scopes.blob({ accept: ['image/svg+xml', 'image/png'] })).toBe(
    'blob?accept=image/png&accept=image/svg%2Bxml',
  )
  expect(scopes.blob({ accept: 'a/%+#&' })).toBe('blob:a/%25+%23%26')
  expect(scopes.rpc({ lxm: '*', aud: 'did:web:localhost%3A2583#a@b,c/d?e&f=g+h%20' })).toBe(
    'rpc:*?aud=did:web:localhost%253A2583%23a@b,c/d%3Fe%26f%3Dg%2Bh%2520',
  )
  const read = parseScope('rpc:*?aud=did:web:localhost%253A2583%23a@b,c/d%3Fe%26f%3Dg%2Bh%2520')
  expect(read).toMatchObject({ aud: 'did:web:localhost%3A2583#a@b,c/d?e&f=g+h%20' })
})

describe('names the mistake', () => {
  const { repo, rpc, blob, account, identity, include } = unchecked
  test.each<[string, () => string, string]>([
    ['no options', () => repo(), 'scopes.repo: expected an object, found undefined'],
    [
      'text for options',
      () => repo('com.example.note'),
      'scopes.repo: expected an object, found "com.example.note"',
    ],
    [
      'no collection',
      () => repo({}),
      'collection: expected an NSID such as com.example.note, or * for all, found undefined',
    ],
    [
      'an empty list',
      () => repo({ collection: [] }),
      'collection: expected an NSID such as com.example.note, or * for all, found an array of 0',
    ],
    [
      '[L2] a partial wildcard',
      () => repo({ collection: 'com.example.*' }),
      'or * for all, found "com.example.*"',
    ],
    [
      'a number',
      () => repo({ collection: [1] }),
      'collection: expected an NSID such as com.example.note, or * for all, found 1',
    ],
    ['a list in a list', () => repo({ collection: [['com.example.note']] }), 'found an array of 1'],
    [
      'no action at all',
      () => repo({ collection: '*', action: [] }),
      'action: expected create or update or delete, found an array of 0',
    ],
    [
      'an unknown action',
      () => repo({ collection: '*', action: 'fly' }),
      'action: expected create or update or delete, found "fly"',
    ],
    [
      'an unknown field',
      () => repo({ collections: '*' }),
      'parameters: expected only collection, action, found "collections"',
    ],
    ['no aud', () => rpc({ lxm: '*' }), 'aud: expected a DID with the service behind a #'],
    ['an aud without service', () => rpc({ lxm: '*', aud: 'did:web:a.com' }), 'found "did:web:a.com"'],
    ['two auds', () => rpc({ lxm: 'a.b.c', aud: [aud, '*'] }), 'aud: expected one value: a DID with the service'],
    [
      'everything everywhere',
      () => rpc({ lxm: '*', aud: '*' }),
      'aud: expected a service, where lxm is *, found "*"',
    ],
    [
      'everything and more everywhere',
      () => rpc({ lxm: ['a.b.c', '*'], aud: '*' }),
      'aud: expected a service, where lxm is *',
    ],
    ['no lxm', () => rpc({ aud }), 'lxm: expected an NSID'],
    ['a bad lxm', () => rpc({ aud, lxm: 'com.example' }), 'lxm: expected an NSID'],
    [
      'half a type of media',
      () => blob({ accept: 'image' }),
      'accept: expected a type of media such as image/png, image/* or */*, found "image"',
    ],
    [
      'two attributes',
      () => account({ attr: ['email', 'repo'] }),
      'attr: expected one value: email or repo, found an array of 2',
    ],
    ['no attribute', () => account({}), 'attr: expected email or repo, found undefined'],
    ['an unknown attribute', () => account({ attr: 'status' }), 'attr: expected email or repo, found "status"'],
    ['two actions', () => account({ attr: 'email', action: ['read', 'manage'] }), 'action: expected one value'],
    ['another attribute of identity', () => identity({ attr: 'did' }), 'attr: expected handle or *, found "did"'],
    ['no NSID', () => include(), 'nsid: expected an NSID such as com.example.authBasic, found undefined'],
    [
      'a wildcard for a set',
      () => include('*'),
      'nsid: expected an NSID such as com.example.authBasic, found "*"',
    ],
    ['any service for a set', () => include('a.b.c', { aud: '*' }), 'aud: expected a DID with the service'],
    ['null for options', () => include('a.b.c', null), 'scopes.include: expected an object, found null'],
    [
      'another field for a set',
      () => include('a.b.c', { nsid: 'a.b.d', lxm: 'a' }),
      'parameters: expected only nsid, aud, found "lxm"',
    ],
  ])('%s', (_, build, message) => {
    expect(build).toThrow(TypeError)
    expect(build).toThrow(message)
  })
})

test('an include is for the set that its first argument names', () => {
  expect(unchecked.include('a.b.c', { nsid: 'a.b.d' })).toBe('include:a.b.c')
})

test.each([
  // @ts-expect-error An NSID has three parts at least.
  () => scopes.repo({ collection: 'note' }),
  // @ts-expect-error This is no action.
  () => scopes.repo({ collection: 'com.example.note', action: 'fly' }),
  // @ts-expect-error A collection is required.
  () => scopes.repo({ action: 'create' }),
  // @ts-expect-error A service has a fragment.
  () => scopes.rpc({ lxm: 'com.example.do', aud: 'did:web:a.com' }),
  // @ts-expect-error One attribute.
  () => scopes.account({ attr: ['email', 'repo'] }),
  // @ts-expect-error A type of media has a slash.
  () => scopes.blob({ accept: 'image' }),
  // @ts-expect-error A set has no wildcard.
  () => scopes.include('*'),
])('what does not compile is refused as well: %s', (build) => {
  expect(build).toThrow(TypeError)
})
