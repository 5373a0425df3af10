import { expect, test } from 'vitest'
import { challengeError, parseChallenges } from '../../../src/http/challenge.ts'

/** The challenges of a header as plain values. */
function read(header: string | null): [scheme: string, parameters: Record<string, string>][] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}

test('[G6] reads the challenge of a PDS', () => {
  expect(read('DPoP algs="RS256 ES256", error="use_dpop_nonce", error_description="a nonce, please"')).toEqual([
    ['dpop', { algs: 'RS256 ES256', error: 'use_dpop_nonce', error_description: 'a nonce, please' }],
  ])
})

test('[G6] reads several challenges, those without parameters too', () => {
  expect(read('Negotiate, Basic realm="a", Digest,DPoP error="invalid_token"')).toEqual([
    ['negotiate', {}],
    ['basic', { realm: 'a' }],
    ['digest', {}],
    ['dpop', { error: 'invalid_token' }],
  ])
})

test('[G6] reads the example of RFC 9110', () => {
  expect(read('Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""')).toEqual([
    ['basic', { realm: 'simple' }],
    ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
  ])
})

test('[G6] takes nothing out of a quoted string for a challenge', () => {
  const header = 'Basic realm="x, DPoP error=\\"use_dpop_nonce\\", y", Bearer error="invalid_token"'
  expect(read(header)).toEqual([
    ['basic', { realm: 'x, DPoP error="use_dpop_nonce", y' }],
    ['bearer', { error: 'invalid_token' }],
  ])
  expect(challengeError(header, 'dpop')).toBeUndefined()
})

test('[G6] unescapes what is quoted', () => {
  expect(read('DPoP error="\u00e9\\\u00a0\t"')).toEqual([['dpop', { error: '\u00e9\u00a0\t' }]])
  expect(read('DPoP error="a\\\\b\\"c\\d", empty=""')).toEqual([['dpop', { error: 'a\\b"cd', empty: '' }]])
})

test('[G6] takes schemes and names in any case, and values as they are', () => {
  expect(read('dPoP ERROR="Use_DPoP_Nonce"')).toEqual([['dpop', { error: 'Use_DPoP_Nonce' }]])
  expect(challengeError('DPOP Error=use_dpop_nonce', 'dpop')).toBe('use_dpop_nonce')
})

test('[G6] takes blanks around the equals sign, tabs, and empty list elements', () => {
  expect(read(' ,, DPoP\terror = "a" , ,\tb=c,')).toEqual([['dpop', { error: 'a', b: 'c' }]])
})

test('[G6] steps over a token68', () => {
  expect(read('Negotiate YWJj/+._~-==, DPoP error="use_dpop_nonce"')).toEqual([
    ['negotiate', {}],
    ['dpop', { error: 'use_dpop_nonce' }],
  ])
  expect(read('Negotiate YWJj=, DPoP error="use_dpop_nonce"')[1]).toEqual(['dpop', { error: 'use_dpop_nonce' }])
})

test('[G6] lets the first of two parameters of one name count', () => {
  expect(read('DPoP error="first", Error="second"')).toEqual([['dpop', { error: 'first' }]])
})

test.each([
  ['nothing', null],
  ['an empty header', ''],
  ['separators', ' , ,,'],
  ['a parameter without a scheme', 'error="use_dpop_nonce"'],
  ['a quoted string', '"DPoP" error="use_dpop_nonce"'],
  ['what is not a token', 'D(PoP error="use_dpop_nonce"'],
  ['letters outside ASCII', 'DPoP\u00e9 error="use_dpop_nonce"'],
  ['something behind a blank that is none in HTTP', '\u00a0DPoP error="use_dpop_nonce"'],
])('[G6] reads no challenge from %s', (_, header) => {
  expect(read(header)).toEqual([])
  expect(challengeError(header, 'dpop')).toBeUndefined()
})

test('[G6] keeps what was read before something that cannot be', () => {
  expect(read('Basic realm="a", DPoP error="never closed, Bearer error="b"')[0]).toEqual(['basic', { realm: 'a' }])
  expect(challengeError('Basic realm="a", DPoP error="never closed', 'dpop')).toBeUndefined()
  expect(challengeError('DPoP error="invalid_token", (junk)', 'dpop')).toBe('invalid_token')
  expect(challengeError('DPoP error="glued"junk', 'dpop')).toBeUndefined()
  expect(challengeError('DPoP error="with a control \u0007"', 'dpop')).toBeUndefined()
  expect(challengeError('DPoP error="an escaped one \\\u0007"', 'dpop')).toBeUndefined()
  expect(challengeError('Bearer realm="a"\u00a0error="b"', 'bearer')).toBeUndefined()
})

test('[G6] reads nothing from a header that is too long', () => {
  const realm = 'x'.repeat(8192)
  expect(challengeError(`Basic realm="${realm}", DPoP error="use_dpop_nonce"`, 'dpop')).toBeUndefined()
  expect(challengeError(`Basic realm="${realm.slice(99)}", DPoP error="a"`, 'dpop')).toBe('a')
})

test.each([
  ['escapes', `DPoP error="${'\\"'.repeat(4000)}`],
  ['tokens', `DPoP ${'a'.repeat(8000)}(`],
  ['blanks', `DPoP a${' '.repeat(8000)}(`],
  ['commas', `DPoP ${','.repeat(8000)}`],
  ['challenges', 'a,'.repeat(4000)],
])('[G6] reads thousands of %s at once', (_, header) => {
  const began = performance.now()
  parseChallenges(header)
  expect(performance.now() - began).toBeLessThan(1000)
})

test('finds the error of the first challenge of a scheme that has one', () => {
  const header = 'DPoP algs="ES256", Bearer error="invalid_token", DPoP error="use_dpop_nonce", DPoP error="later"'
  expect(challengeError(header, 'dpop')).toBe('use_dpop_nonce')
  expect(challengeError(header, 'bearer')).toBe('invalid_token')
  expect(challengeError(header, 'basic')).toBeUndefined()
})

test('[G6] takes a scheme whole: XDPoP is not DPoP', () => {
  expect(challengeError('XDPoP error="use_dpop_nonce"', 'dpop')).toBeUndefined()
  expect(challengeError('Bearer dpop="error", x-error="use_dpop_nonce"', 'dpop')).toBeUndefined()
})
