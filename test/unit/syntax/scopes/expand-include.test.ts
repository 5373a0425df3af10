import { describe, expect, test } from 'vitest'
import { expandInclude } from '../../../../src/syntax/scopes/expand-include.ts'

const NSID = 'com.example.feed.auth'
const INCLUDE = `include:${NSID}`
const WITH_AUD = `${INCLUDE}?aud=did:web:api.example.com%23svc`

const setOf = (...permissions: readonly unknown[]) => ({
  lexicon: 1,
  id: NSID,
  defs: { main: { type: 'permission-set', title: 'Feeds', permissions } },
})
const permission = (fields: object) => ({ type: 'permission', ...fields })
const repo = (fields: object) => permission({ resource: 'repo', collection: ['com.example.feed.post'], ...fields })
const rpc = (fields: object) => permission({ resource: 'rpc', lxm: ['com.example.feed.get'], ...fields })

test('[L6] grants what the set holds, in the one form', () => {
  const set = setOf(
    repo({}),
    repo({ collection: ['com.example.feed.post'], action: ['update', 'create', 'delete'] }),
    repo({ collection: ['com.example.feed.sub.b', 'com.example.feed.a'], action: ['delete', 'create'] }),
    rpc({ aud: '*' }),
    rpc({ aud: '*', inheritAud: false, lxm: ['com.example.feed.b', 'com.example.feed.a'] }),
    rpc({ inheritAud: true }),
  )
  expect(expandInclude(WITH_AUD, set)).toEqual([
    'repo:com.example.feed.post',
    'repo?collection=com.example.feed.a&collection=com.example.feed.sub.b&action=create&action=delete',
    'rpc:com.example.feed.get?aud=*',
    'rpc?lxm=com.example.feed.a&lxm=com.example.feed.b&aud=*',
    'rpc:com.example.feed.get?aud=did:web:api.example.com%23svc',
  ])
})

describe('[L6] leaves out', () => {
  test.each<[string, unknown]>([
    ['no object', 'repo:com.example.feed.post'],
    ['what is no permission', { resource: 'repo', collection: ['com.example.feed.post'] }],
    ['another type', { ...repo({}), type: 'grant' }],
    ['an unknown resource', permission({ resource: 'space', collection: ['com.example.feed.post'] })],
    ['blobs', permission({ resource: 'blob', accept: ['image/*'] })],
    ['the account', permission({ resource: 'account', attr: 'email' })],
    ['the identity', permission({ resource: 'identity', attr: 'handle' })],
    ['another set', permission({ resource: 'include', nsid: 'com.example.feed.other' })],
    ['all collections', repo({ collection: ['*'] })],
    ['all collections beside one', repo({ collection: ['com.example.feed.post', '*'] })],
    ['a part of a wildcard', repo({ collection: ['com.example.feed.*'] })],
    ['a group beside its own', repo({ collection: ['com.example.actor.profile'] })],
    [
      'one good, one of another group',
      repo({ collection: ['com.example.feed.post', 'com.example.actor.profile'] }),
    ],
    ['a parent group', repo({ collection: ['com.example.post'] })],
    ['a name that begins like the group', repo({ collection: ['com.example.feedback.post'] })],
    ['the group itself', repo({ collection: ['com.example.feed'] })],
    ['no collection', permission({ resource: 'repo' })],
    ['a collection that is no list', repo({ collection: 'com.example.feed.post' })],
    ['an empty list', repo({ collection: [] })],
    ['no action at all', repo({ action: [] })],
    ['an unknown action', repo({ action: ['create', 'fly'] })],
    ['an action that is no list', repo({ action: 'create' })],
    ['an unknown parameter', repo({ rkey: ['self'] })],
    ['a collection that inherits', repo({ inheritAud: true })],
    ['all methods', rpc({ aud: '*', lxm: ['*'] })],
    ['all methods of the service', rpc({ inheritAud: true, lxm: ['*'] })],
    ['a method of another group', rpc({ aud: '*', lxm: ['com.example.actor.get'] })],
    ['a service of its own', rpc({ aud: 'did:web:own.example.com#svc' })],
    ['a list of services', rpc({ aud: ['*'] })],
    ['any service and the inherited one', rpc({ aud: '*', inheritAud: true })],
    ['neither of the two', rpc({})],
    ['neither of the two, in words', rpc({ inheritAud: false })],
    ['an inheritance that is not true', rpc({ inheritAud: 'true' })],
    ['any service, and an inheritance that is no boolean', rpc({ aud: '*', inheritAud: 'false' })],
    ['what another resource says of methods', { ...rpc({ aud: '*' }), resource: 'blob' }],
    ['what another resource says of collections', { ...repo({}), resource: 'blob' }],
  ])('%s', (_, entry) => {
    expect(expandInclude(WITH_AUD, setOf(entry, rpc({ inheritAud: true })))).toEqual([
      'rpc:com.example.feed.get?aud=did:web:api.example.com%23svc',
    ])
  })

  test('what inherits, where the include names no service', () => {
    expect(expandInclude(INCLUDE, setOf(rpc({ inheritAud: true }), repo({})))).toEqual([
      'repo:com.example.feed.post',
    ])
  })
})

describe('refuses', () => {
  test.each<[string, string, unknown, string]>([
    [
      'another scope',
      'repo:com.example.feed.post',
      setOf(),
      'include: expected a scope such as include:com.example.auth',
    ],
    [
      'a bad include',
      'include:com.example',
      setOf(),
      'include: expected a scope such as include:com.example.auth',
    ],
    [
      'no document',
      INCLUDE,
      undefined,
      `permissionSet: expected the lexicon document of ${NSID}, found undefined`,
    ],
    [
      'another document',
      'include:com.example.auth',
      setOf(),
      `the lexicon document of com.example.auth, found "${NSID}"`,
    ],
    [
      'no definitions',
      INCLUDE,
      { id: NSID },
      'permissionSet: expected a `main` definition that is a permission-set',
    ],
    ['no main', INCLUDE, { id: NSID, defs: {} }, 'a `main` definition that is a permission-set'],
    [
      'another definition',
      INCLUDE,
      { id: NSID, defs: { main: { type: 'record', permissions: [] } } },
      'a `main` definition that is a permission-set',
    ],
    [
      'no permissions',
      INCLUDE,
      { id: NSID, defs: { main: { type: 'permission-set' } } },
      'a `main` definition that is a permission-set',
    ],
  ])('%s', (_, include, set, message) => {
    expect(() => expandInclude(include, set)).toThrow(TypeError)
    expect(() => expandInclude(include, set)).toThrow(message)
  })
})
