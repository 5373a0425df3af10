import { scopes } from 'atproof'
import { expect, test } from 'vitest'

const SET = {
  lexicon: 1,
  id: 'com.example.authBasic',
  defs: {
    main: {
      type: 'permission-set',
      title: 'Notes',
      permissions: [
        { type: 'permission', resource: 'repo', collection: ['com.example.note'], action: ['create'] },
        { type: 'permission', resource: 'repo', collection: ['com.example.*'] },
        { type: 'permission', resource: 'repo', collection: ['*'] },
        { type: 'permission', resource: 'repo', collection: ['org.example.note'] },
        { type: 'permission', resource: 'rpc', lxm: ['com.example.getNotes'], inheritAud: true },
        { type: 'permission', resource: 'rpc', lxm: ['com.example.sub.getAny'], aud: '*' },
        { type: 'permission', resource: 'rpc', lxm: ['com.example.both'], aud: '*', inheritAud: true },
        { type: 'permission', resource: 'blob', accept: ['*/*'] },
        { type: 'permission', resource: 'account', attr: 'email' },
        { type: 'permission', resource: 'identity', attr: '*' },
      ],
    },
  },
}
const aud = 'did:web:api.example.com#example_appview'
const include = scopes.include('com.example.authBasic', { aud })
const granted = scopes.expand(include, SET)

test('[L6] a set grants the records and methods below its own name', () => {
  expect(scopes.allows(granted, scopes.repo({ collection: 'com.example.note', action: 'create' }))).toBe(true)
  expect(scopes.allows(granted, scopes.rpc({ lxm: 'com.example.getNotes', aud }))).toBe(true)
  expect(scopes.allows(granted, scopes.rpc({ lxm: 'com.example.sub.getAny', aud: 'did:web:b.com#any' }))).toBe(
    true,
  )
})

test.each([
  ['another action', scopes.repo({ collection: 'com.example.note', action: 'delete' })],
  ['a wildcard', scopes.repo({ collection: 'com.example.other' })],
  ['another authority', scopes.repo({ collection: 'org.example.note' })],
  ['another service than the inherited', scopes.rpc({ lxm: 'com.example.getNotes', aud: 'did:web:b.com#any' })],
  ['a service that is both given and inherited', scopes.rpc({ lxm: 'com.example.both', aud })],
  ['blobs', scopes.blob({ accept: 'image/png' })],
  ['the email address', scopes.account({ attr: 'email' })],
  ['the identity', scopes.identity({ attr: 'handle' })],
])('[L6] a set does not grant %s', (_, needed) => {
  expect(scopes.allows(granted, needed)).toBe(false)
})

test('[L6] without a service in the include, nothing is inherited', () => {
  const alone = scopes.expand(scopes.include('com.example.authBasic'), SET)
  expect(alone).toEqual(['repo:com.example.note?action=create', 'rpc:com.example.sub.getAny?aud=*'])
})

test('[L6] an include grants nothing by itself', () => {
  expect(scopes.allows(include, granted)).toBe(false)
  expect(scopes.allows(include, include)).toBe(true)
})
