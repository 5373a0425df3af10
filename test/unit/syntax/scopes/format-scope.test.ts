import { describe, expect, test } from 'vitest'
import { MAX_SCOPE_LENGTH } from '../../../../src/syntax/scopes/scope-list.ts'
import { formatScope } from '../../../../src/syntax/scopes/format-scope.ts'

test.each<[string | readonly string[], string]>([
  ['atproto', 'atproto'],
  ['transition:generic atproto', 'transition:generic atproto'],
  [
    ['atproto', 'transition:generic', 'transition:chat.bsky', 'transition:email'],
    'atproto transition:generic transition:chat.bsky transition:email',
  ],
  [['atproto', 'transition:email'], 'atproto transition:email'],
  [
    ['identity:*', 'atproto', 'repo?collection=com.example.note'],
    'identity:* atproto repo?collection=com.example.note',
  ],
  ['atproto rpc:com.example.do?aud=did:web:a.com#svc', 'atproto rpc:com.example.do?aud=did:web:a.com#svc'],
  ['atproto transition:generic space:com.example.a new?', 'atproto transition:generic space:com.example.a new?'],
])('[L5] leaves each token of %j as it is written', (scope, text) => {
  expect(formatScope(scope)).toBe(text)
})

describe('refuses', () => {
  test.each<[string, unknown, string]>([
    ['nothing', '', 'one blank between two, found ""'],
    ['an empty list', [], 'one blank between two, found ""'],
    ['no text', undefined, 'scope: expected a string or an array of strings, found undefined'],
    ['a list of others', ['atproto', 1], 'scope: expected a string or an array of strings, found an array of 2'],
    ['two blanks', 'atproto  identity:*', 'one blank between two'],
    ['a blank around it', 'atproto ', 'one blank between two'],
    ['another blank', 'atproto\nidentity:*', 'one blank between two'],
    ['an empty entry', ['atproto', ''], 'one blank between two'],
    ['[L1] what is not ASCII', 'atproto repo:québec', 'scopes of printable ASCII without " and \\'],
    ['a scope twice', 'atproto x:y atproto', 'scope: expected each scope once, found "atproto"'],
    ['no atproto', 'transition:generic', 'a list with `atproto` in it, found "transition:generic"'],
    ['atproto as a part of a word', 'atprotocol notatproto', 'a list with `atproto` in it'],
    ['[L2] a partial wildcard', 'atproto repo:com.example.*', 'valid scopes (collection: expected an NSID'],
    ['[L3] an unknown action', 'atproto repo:*?action=fly', 'found "repo:*?action=fly"'],
    ['a misspelt transition', 'atproto transition:generc', 'valid scopes (expected one of atproto'],
    ['chat alone', 'atproto transition:chat.bsky', 'transition:generic beside transition:chat.bsky'],
    ['too much', `atproto x${'y'.repeat(MAX_SCOPE_LENGTH)}`, 'scope: expected at most 65536 characters'],
  ])('%s', (_, scope, message) => {
    expect(() => formatScope(scope as never)).toThrow(TypeError)
    expect(() => formatScope(scope as never)).toThrow(message)
  })

  test.each(['repo:*', 'rpc:a.b.c?aud=*', 'blob:*/*', 'account:email', 'identity:*', 'include:a.b.c'])(
    'a transition scope beside %s',
    (granular) => {
      for (const transition of ['generic', 'email']) {
        expect(() => formatScope(['atproto', granular, `transition:${transition}`])).toThrow(
          `scope: expected no scope of a single resource beside transition:${transition}, found "${granular}"`,
        )
      }
      expect(formatScope(['atproto', granular])).toBe(`atproto ${granular}`)
    },
  )
})

test('takes what is just short enough', () => {
  const scope = `atproto ${'y'.repeat(MAX_SCOPE_LENGTH - 8)}`
  expect(formatScope(scope)).toBe(scope)
})

test('names the option that the scope was given in', () => {
  expect(() => formatScope('identity:*', 'fallbackScope')).toThrow('fallbackScope: expected a list with `atproto`')
  expect(() => formatScope(undefined as never, 'fallbackScope')).toThrow('fallbackScope: expected a string or an')
})
