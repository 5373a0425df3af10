import { expect, test } from 'vitest'
import { DpopKey } from '../../../src/dpop/key.ts'
import {
  createSessionId,
  isTombstone,
  parseStored,
  sessionKey,
  type SessionRecord,
  type Tombstone,
} from '../../../src/session/record.ts'

const KEY = 'session/did:plc:alice/1'
const dpopKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'secret-d' } as const

const record: SessionRecord = {
  schema: 1,
  sessionId: 'did:plc:alice/1',
  did: 'did:plc:alice',
  handle: 'alice.example.com',
  issuer: 'https://as.example.com',
  tokenEndpoint: 'https://as.example.com/oauth/token',
  revocationEndpoint: 'https://as.example.com/oauth/revoke',
  pds: 'https://pds.example.com',
  scope: 'atproto',
  tokens: { accessToken: 'secret-access', refreshToken: 'secret-refresh', expiresAt: 2, lifetimeMs: 1 },
  dpopKey,
  clientAuth: { method: 'none', clientId: 'http://localhost' },
  gen: 3,
  checkedAt: 1,
  status: 'active',
  reason: undefined,
  createdAt: 1,
  endsAt: 9,
  attempt: null,
}

const tombstone: Tombstone = {
  schema: 1,
  sessionId: 'did:plc:alice/1',
  did: 'did:plc:alice',
  handle: undefined,
  signedOut: true,
  owes: {
    refreshToken: 'secret-refresh',
    dpopKey,
    clientAuth: {
      method: 'private_key_jwt',
      clientId: 'https://app.example.com/c',
      kid: 'k1',
      alg: 'ES256',
      jkt: 'j',
    },
    issuer: 'https://as.example.com',
    revocationEndpoint: undefined,
  },
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test.each([
  ['as it was written', record],
  [
    'that came through JSON, without what is undefined',
    throughJson({ ...record, handle: undefined, endsAt: undefined }),
  ],
  ['with an attempt', { ...record, attempt: { id: 'a', before: null, dead: false } }],
  ['with an attempt after another', { ...record, attempt: { id: 'b', before: 'a', dead: true } }],
  ['that has ended', { ...record, status: 'needs_reauth', reason: 'revoked' }],
  ['that a newer version wrote', { ...record, later: { more: true } }],
  ['without a refresh token', { ...record, tokens: { accessToken: 'secret-access' } }],
  ['of a confidential client', { ...record, clientAuth: tombstone.owes?.clientAuth }],
])('reads a session %s', (_, value) => {
  const stored = parseStored(KEY, value)
  expect(stored).toBe(value)
  expect(isTombstone(stored)).toBe(false)
})

test('reads a session whose key is a CryptoKey', async () => {
  const stored = await (await DpopKey.generate({ extractable: false })).toStored()
  expect(parseStored(KEY, { ...record, dpopKey: stored })).toMatchObject({ dpopKey: stored })
})

test.each([
  ['that owes something', tombstone],
  ['that is paid', throughJson({ ...tombstone, owes: null })],
])('reads a tombstone %s', (_, value) => {
  const stored = parseStored(KEY, value)
  expect(stored).toBe(value)
  expect(isTombstone(stored)).toBe(true)
})

const required = [
  'schema',
  'sessionId',
  'did',
  'issuer',
  'tokenEndpoint',
  'pds',
  'scope',
  'tokens',
  'dpopKey',
  'clientAuth',
  'gen',
  'checkedAt',
  'status',
  'attempt',
] as const

test.each(required)('a session without %s is corrupt', (field) => {
  const { [field]: _, ...rest } = record
  expect(() => parseStored(KEY, rest)).toThrow(
    expect.objectContaining({ name: 'StorageError', code: 'corrupt', field: KEY, retryable: false }),
  )
})

test.each([
  ['null', null],
  ['nothing', undefined],
  ['a text', 'session'],
  ['an array', [record]],
  ['an empty object', {}],
  ['another schema', { ...record, schema: 2 }],
  ['no DID', { ...record, did: 'alice' }],
  ['a handle that is a number', { ...record, handle: 7 }],
  ['tokens that are a text', { ...record, tokens: 'secret-access' }],
  ['tokens without an access token', { ...record, tokens: { refreshToken: 'secret-refresh' } }],
  ['a time that is a text', { ...record, tokens: { accessToken: 'a', expiresAt: '2026-01-01' } }],
  ['a public key', { ...record, dpopKey: { ...dpopKey, d: undefined } }],
  ['what JSON leaves of a CryptoKey', { ...record, dpopKey: { key: {}, jwk: dpopKey } }],
  ['another way to authenticate', { ...record, clientAuth: { method: 'client_secret_post' } }],
  ['a generation that is a text', { ...record, gen: '3' }],
  ['a status that nobody writes', { ...record, status: 'uncertain' }],
  ['an attempt without an id', { ...record, attempt: { before: null, dead: false } }],
  ['an attempt that is a text', { ...record, attempt: 'a' }],
  ['a tombstone that owes a text', { ...tombstone, owes: 'secret-refresh' }],
  ['a tombstone that owes no key', { ...tombstone, owes: { ...tombstone.owes, dpopKey: undefined } }],
  ['a tombstone that says nothing of what it owes', { ...tombstone, owes: undefined }],
  ['a tombstone that is none', { ...tombstone, signedOut: false }],
])('%s is corrupt', (_, value) => {
  expect(() => parseStored(KEY, value)).toThrow(
    expect.objectContaining({ name: 'StorageError', code: 'corrupt', field: KEY }),
  )
})

test('[M5] shows nothing of what is corrupt', () => {
  expect(() => parseStored(KEY, { ...record, gen: 'secret-gen' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})

test('the id of a session contains its DID, and its key follows from it', () => {
  expect(createSessionId('did:plc:alice', 'abc')).toBe('did:plc:alice/abc')
  expect(sessionKey(createSessionId('did:plc:alice', 'abc'))).toBe('session/did:plc:alice/abc')
})
