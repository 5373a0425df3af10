import { expect, test } from 'vitest'
import { joinScopes, MAX_SCOPE_LENGTH, parseScopes } from '../../../../src/syntax/scopes/scope-list.ts'

const kindsOf = (text: string) => parseScopes(text).map(({ kind }) => kind)

test('reads a scope token by token, in its order', () => {
  expect(parseScopes('blob:*/* atproto blob:*/*').map(({ token }) => token)).toEqual([
    'blob:*/*',
    'atproto',
    'blob:*/*',
  ])
})

test('[L1] only a blank stands between two tokens', () => {
  expect(kindsOf('  atproto   identity:* ')).toEqual(['atproto', 'identity'])
  expect(kindsOf('atproto\tidentity:*')).toEqual(['invalid'])
  expect(kindsOf('')).toEqual([])
})

test('reads nothing of what is too long', () => {
  const longest = 'atproto '.repeat(MAX_SCOPE_LENGTH / 8)
  expect(kindsOf(longest)).toHaveLength(MAX_SCOPE_LENGTH / 8)
  const [only, ...others] = parseScopes(`${longest}a`)
  expect(only).toEqual({ kind: 'invalid', token: `${longest}a`, reason: 'expected at most 65536 characters' })
  expect(others).toEqual([])
})

test.each([
  'repo '.repeat(13_000),
  '% '.repeat(32_000),
  `repo?${'collection=a.b.c&'.repeat(3800)}action=create`,
  `rpc:a.b.c?aud=did:web:${'a-'.repeat(32_000)}`,
  `rpc:a.b.c?aud=did:web:${'a.'.repeat(32_000)}#`,
  `repo:${'a.'.repeat(32_000)}`,
  `blob:${'a'.repeat(65_000)}`,
  `repo?${'&'.repeat(65_000)}`,
  `repo?${'a='.repeat(32_000)}`,
  ':'.repeat(65_000),
])('reads %.20s… to its end in no time', (text) => {
  const begin = performance.now()
  expect(parseScopes(text).length).toBeGreaterThan(0)
  expect(performance.now() - begin).toBeLessThan(2000)
})

test('a mistake of the caller is a TypeError', () => {
  expect(() => parseScopes(undefined as never)).toThrow(new TypeError('scope: expected a string, found undefined'))
})

test('joins scopes, each once, atproto first', () => {
  expect(joinScopes(['blob:*/*', 'identity:*', 'atproto', 'blob:*/*', 'x:y atproto'])).toBe(
    'atproto blob:*/* identity:* x:y',
  )
  expect(joinScopes(['identity:*', 'blob:*/*'])).toBe('identity:* blob:*/*')
  expect(joinScopes([])).toBe('')
})

test('joins parsed scopes as they were written', () => {
  const text = 'atproto rpc:com.example.do?aud=did:web:a.com#svc space:a repo:com.example.*'
  expect(joinScopes(parseScopes(text))).toBe(text)
})

test.each<[unknown, string]>([
  ['atproto', 'scopes: expected an array, found "atproto"'],
  [['a"b'], 'scopes: expected printable ASCII without " and \\, found "a\\"b"'],
  [parseScopes('caf\u00e9'), 'scopes: expected printable ASCII'],
  [[{ token: 'a b' }], 'scopes: expected printable ASCII'],
  [[1], 'scopes: expected scopes, as text or parsed, found 1'],
  [[undefined], 'scopes: expected scopes, as text or parsed, found undefined'],
])('does not join %j', (list, message) => {
  expect(() => joinScopes(list as never)).toThrow(TypeError)
  expect(() => joinScopes(list as never)).toThrow(message)
})
