import { StorageError } from 'atproof'
import { expect, test } from 'vitest'
import { parsePassword, type PasswordRecord } from '../../../src/session/password-record.ts'
import { parseStored } from '../../../src/session/record.ts'

const KEY = 'password/did:plc:alice/1'

const record: PasswordRecord = {
  schema: 1,
  kind: 'password',
  signIn: 'mark',
  sessionId: 'did:plc:alice/1',
  did: 'did:plc:alice',
  handle: 'alice.example.com',
  email: undefined,
  issuer: 'https://pds.example.com',
  pds: 'https://pds.example.com',
  scope: 'com.atproto.access',
  tokens: { accessToken: 'secret-access', refreshToken: 'secret-refresh', expiresAt: 2, lifetimeMs: 1 },
  gen: 1,
  checkedAt: 1,
  status: 'active',
  reason: undefined,
  createdAt: 1,
  endsAt: undefined,
  attempt: null,
}

const tombstone = {
  schema: 1,
  sessionId: record.sessionId,
  did: record.did,
  handle: undefined,
  signedOut: true,
  owes: { kind: 'password', signIn: 'mark', refreshToken: 'secret-refresh', issuer: record.issuer },
}

test.each([
  ['a record', record],
  ['one that a storage keeps as JSON', JSON.parse(JSON.stringify(record))],
  ['one with an attempt', { ...record, attempt: { id: 'a', before: null, dead: false } }],
  ['one that a newer version wrote more into', { ...record, more: true }],
  ['a tombstone that owes', tombstone],
  ['a tombstone that is paid', { ...tombstone, owes: null }],
])('reads %s', (_, value) => {
  expect(parsePassword(KEY, value)).toEqual(value)
})

test.each([
  ['nothing', undefined],
  ['another schema', { ...record, schema: 2 }],
  ['another kind', { ...record, kind: 'secret-kind' }],
  ['a record without a mark', { ...record, signIn: undefined }],
  ['a record without tokens', { ...record, tokens: {} }],
  ['a debt of another kind', { ...tombstone, owes: { ...tombstone.owes, kind: 'oauth' } }],
])('refuses %s, and shows nothing of it', (_, value) => {
  let error: unknown
  try {
    parsePassword(KEY, value)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(StorageError)
  expect(error).toMatchObject({ code: 'corrupt', field: KEY })
  expect(String(error)).not.toContain('secret')
})

test('is no session of OAuth, and a session of OAuth is none of it', () => {
  expect(() => parseStored(KEY, record)).toThrow(StorageError)
  const { kind: _, signIn: __, ...base } = record
  const dpopKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }
  const oauth = { ...base, tokenEndpoint: 'x', dpopKey, clientAuth: { method: 'none', clientId: 'x' } }
  expect(parseStored('session/x', oauth)).toEqual(oauth)
  expect(() => parsePassword(KEY, oauth)).toThrow(StorageError)
})
