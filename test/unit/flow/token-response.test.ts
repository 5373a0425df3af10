import { expect, test } from 'vitest'
import { grantsAtproto, hasTokenForm, readTokenResponse, withoutTokens } from '../../../src/flow/token-response.ts'

const body = {
  access_token: 'access',
  token_type: 'DPoP',
  refresh_token: 'refresh',
  scope: 'atproto transition:generic',
  sub: 'did:plc:alice',
  expires_in: 3600,
}

test('[F1] [F5] [F6] reads a token response', () => {
  expect(readTokenResponse({ ...body, unknown: 1 })).toEqual({
    accessToken: 'access',
    tokenType: 'dpop',
    refreshToken: 'refresh',
    scope: 'atproto transition:generic',
    sub: 'did:plc:alice',
    lifetimeMs: 3_600_000,
  })
})

test.each([
  undefined,
  {},
  { ...body, access_token: '' },
  { ...body, access_token: 7 },
  { ...body, access_token: null },
])('[F1] %o holds no access token: nothing was received', (value) => {
  expect(readTokenResponse(value)).toBeUndefined()
})

test.each(['DPoP', 'dpop', 'DPOP'])('[F1] reads the type %s in any case', (token_type) => {
  expect(readTokenResponse({ ...body, token_type })?.tokenType).toBe('dpop')
})

test.each([
  ['Bearer', 'bearer'],
  [undefined, ''],
  [1, ''],
])('[F1] does not take the type %j for DPoP', (token_type, read) => {
  expect(readTokenResponse({ ...body, token_type })?.tokenType).toBe(read)
})

test.each([undefined, null, '', 7])('[F6] reads no refresh token from %j', (refresh_token) => {
  expect(readTokenResponse({ ...body, refresh_token })?.refreshToken).toBeUndefined()
})

test.each([
  [0, 0],
  [1.5, 1500],
  [3_153_600_000, 3_153_600_000_000],
])('[F5] reads a lifetime of %d s', (expires_in, ms) => {
  expect(readTokenResponse({ ...body, expires_in })?.lifetimeMs).toBe(ms)
})

test.each([undefined, null, '3600', -1, Number.NaN, Infinity, 3_153_600_001, 1e306])(
  '[F5] reads no lifetime from %j',
  (expires_in) => {
    expect(readTokenResponse({ ...body, expires_in })?.lifetimeMs).toBeUndefined()
  },
)

test.each([undefined, null, ['atproto'], 7])('[F2] [F4] reads scope and sub that are %j as empty', (value) => {
  expect(readTokenResponse({ ...body, scope: value, sub: value })).toMatchObject({ scope: '', sub: '' })
})

test.each(['eyJhbGciOiJFUzI1NiJ9.e30.x-y_z', '~!"#$%&{|}', 'a'])('[F1] %j can be a token', (token) => {
  expect(hasTokenForm(token)).toBe(true)
})

test.each(['', ' ', 'a b', 'a\tb', 'a\n', '\r\nx: y', 'a\0', 'a\x7f', 'é', '\u{1f511}', '\ud800'])(
  '[F1] %j cannot stand in a header as one',
  (token) => {
    expect(hasTokenForm(token)).toBe(false)
  },
)

test.each(['atproto', 'transition:generic atproto', 'atproto transition:generic'])(
  '[F2] %j grants atproto',
  (scope) => {
    expect(grantsAtproto(scope)).toBe(true)
  },
)

test.each(['', 'transition:generic', 'atprotos', 'xatproto', 'Atproto', 'repo:atproto.x.y', 'atproto:x'])(
  '[F2] %j does not',
  (scope) => {
    expect(grantsAtproto(scope)).toBe(false)
  },
)

test.each([
  ['bearer', 'bearer'],
  ['access-1', 'a token'],
  ['my refresh-1 token', 'a token'],
  ['ACCESS-1', 'a token'],
])('[M5] shows %j as %j', (part, shown) => {
  expect(withoutTokens(part, { accessToken: 'Access-1', refreshToken: 'refresh-1' })).toBe(shown)
  expect(withoutTokens('bearer', { accessToken: 'Access-1', refreshToken: undefined })).toBe('bearer')
})
