import { expect, test } from 'vitest'
import { keptTokens, readClaims, readPasswordTokens } from '../../../src/session/password-tokens.ts'

const NOTHING = { lifetimeMs: undefined, endsAt: undefined, scope: '' }

function jwt(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
}

test('reads how long a token lives, when it ends, and what it may do', () => {
  const token = jwt({ iat: 1000, exp: 8200, scope: 'com.atproto.appPass' })
  expect(readClaims(token)).toEqual({ lifetimeMs: 7_200_000, endsAt: 8_200_000, scope: 'com.atproto.appPass' })
})

test.each([
  ['no JWT', 'opaque'],
  ['a payload that is no base64url', 'a.b!.c'],
  ['a payload that is no JSON', 'e30.YQ.c'],
  ['a payload that is a list', jwt([])],
  ['a payload that is null', jwt(null)],
  ['an empty text', ''],
  ['times that are texts', jwt({ iat: '1', exp: '2', scope: 3 })],
])('knows nothing of %s', (_, token) => {
  expect(readClaims(token)).toEqual(NOTHING)
})

test.each([
  ['ends before it begins', { iat: 2, exp: 1 }],
  ['lives longer than a century', { iat: 0, exp: 4_000_000_000 }],
])('does not know the lifetime of a token that %s', (_, claims) => {
  expect(readClaims(jwt(claims)).lifetimeMs).toBeUndefined()
})

test('[R3] counts a lifetime from the request on, whatever the clock of the server says', () => {
  const tokens = { accessToken: jwt({ iat: 5_000_000, exp: 5_000_060 }), refreshToken: 'r', did: 'did:plc:a' }
  expect(keptTokens(tokens, 1000)).toMatchObject({ lifetimeMs: 60_000, expiresAt: 61_000, refreshToken: 'r' })
})

test('[R3] keeps a token of an unknown lifetime, which is used until it is refused', () => {
  const tokens = { accessToken: 'opaque', refreshToken: 'r', did: 'did:plc:a' }
  expect(keptTokens(tokens, 1000)).toMatchObject({ lifetimeMs: undefined, expiresAt: undefined })
})

test.each([
  undefined,
  {},
  { accessJwt: 'a', refreshJwt: 'r' },
  { accessJwt: 'a', refreshJwt: '', did: 'd' },
  { accessJwt: 1, refreshJwt: 'r', did: 'd' },
])('takes %j for no answer', (body) => {
  expect(readPasswordTokens(body)).toBeUndefined()
})

test('reads an answer', () => {
  const body = { accessJwt: 'a', refreshJwt: 'r', did: 'did:plc:a', handle: 'x' }
  expect(readPasswordTokens(body)).toEqual({ accessToken: 'a', refreshToken: 'r', did: 'did:plc:a' })
})
