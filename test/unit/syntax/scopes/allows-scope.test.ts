import { describe, expect, test } from 'vitest'
import { MAX_SCOPE_LENGTH } from '../../../../src/syntax/scopes/scope-list.ts'
import { allowsScope } from '../../../../src/syntax/scopes/allows-scope.ts'

const svc = 'did:web:a.com#svc'
const other = 'did:web:a.com#other'

describe('allows', () => {
  test.each([
    ['repo:*', 'repo:com.example.note'],
    ['repo:*', 'repo:*'],
    ['repo:com.example.note', 'repo:com.example.note?action=update'],
    ['repo:com.example.note?action=delete&action=create', 'repo?collection=com.example.note&action=delete'],
    ['repo:a.b.c?action=create repo:a.b.c?action=update repo:*?action=delete', 'repo:a.b.c'],
    ['repo:a.b.c repo?collection=a.b.d&collection=a.b.e', 'repo?collection=a.b.c&collection=a.b.d'],
    [`rpc:*?aud=${svc}`, `rpc:com.example.do?aud=${svc.replace('#', '%23')}`],
    [`rpc:*?aud=${svc}`, `rpc:chat.bsky.convo.getLog?aud=${svc}`],
    ['rpc:com.example.do?aud=*', `rpc:com.example.do?aud=${svc}`],
    ['rpc:com.example.do?aud=*', 'rpc:com.example.do?aud=*'],
    [`rpc:a.b.c?aud=${svc} rpc:a.b.d?aud=*`, `rpc?lxm=a.b.c&lxm=a.b.d&aud=${svc}`],
    ['blob:*/*', 'blob:image/png'],
    ['blob:image/*', 'blob:image/*'],
    ['blob:image/*', 'blob:image/svg+xml'],
    ['blob:*/*', 'blob:image/*'],
    ['blob?accept=image/*&accept=video/mp4', 'blob?accept=video/mp4&accept=image/png'],
    ['account:email?action=manage', 'account:email'],
    ['account:email?action=manage', 'account:email?action=manage'],
    ['identity:*', 'identity:handle'],
    ['identity:*', 'identity:*'],
    ['identity:handle', 'identity?attr=handle'],
    ['atproto', 'atproto'],
    ['transition:generic', 'transition:generic'],
    ['transition:generic', 'repo:*'],
    ['transition:generic', 'repo:com.example.note?action=delete'],
    ['transition:generic', 'blob:*/*'],
    ['transition:generic', `rpc:com.example.do?aud=${svc}`],
    ['transition:generic', 'rpc:com.example.do?aud=*'],
    ['transition:generic', `rpc:*?aud=${svc}`],
    ['transition:generic', `rpc:chat.bskyish.getLog?aud=${svc}`],
    ['transition:chat.bsky', `rpc:chat.bsky.convo.getLog?aud=${svc}`],
    ['transition:email', 'account:email'],
    ['include:a.b.c?aud=did:web:a.com%23svc', `include?nsid=a.b.c&aud=${svc}`],
    ['include:a.b.c', 'include:a.b.c'],
    ['space:a?b', 'space:a?b'],
    ['', ''],
    ['atproto', ''],
  ])('[L7] %s for %s', (granted, needed) => {
    expect(allowsScope(granted, needed)).toBe(true)
  })

  test.each([
    ['', 'atproto'],
    ['atproto', 'repo:a.b.c?action=create'],
    ['repo:a.b.c', 'repo:a.b.d'],
    ['repo:a.b.c', 'repo:A.b.c'],
    ['repo:a.b.c', 'repo:a.b.c.d'],
    ['repo:a.b.c', 'repo:*'],
    ['repo:*?action=create', 'repo:a.b.c'],
    ['repo:a.b.c?action=create&action=update', 'repo:a.b.c?action=delete'],
    ['repo:a.b.c?action=create repo:a.b.d?action=delete', 'repo:a.b.c?action=delete'],
    ['repo:a.b.c', 'repo?collection=a.b.c&collection=a.b.d'],
    [`rpc:a.b.c?aud=${svc}`, `rpc:a.b.c?aud=${other}`],
    [`rpc:a.b.c?aud=${svc}`, 'rpc:a.b.c?aud=*'],
    [`rpc:a.b.c?aud=${svc}`, `rpc:*?aud=${svc}`],
    [`rpc:*?aud=${svc}`, 'rpc:a.b.c?aud=*'],
    ['rpc:a.b.c?aud=*', `rpc:a.b.d?aud=${svc}`],
    ['rpc:a.b.c?aud=*', `rpc:*?aud=${svc}`],
    ['blob:image/*', 'blob:video/mp4'],
    ['blob:image/*', 'blob:imagex/png'],
    ['blob:image/png', 'blob:image/*'],
    ['blob:image/*', 'blob:*/*'],
    ['blob:IMAGE/PNG', 'blob:image/png'],
    ['account:email', 'account:email?action=manage'],
    ['account:repo?action=manage', 'account:email'],
    ['identity:handle', 'identity:*'],
    ['transition:generic', 'atproto'],
    ['transition:generic', 'account:email'],
    ['transition:generic', 'account:repo'],
    ['transition:generic', 'identity:handle'],
    ['transition:generic', 'transition:email'],
    ['transition:generic', 'include:a.b.c'],
    ['transition:generic', `rpc:chat.bsky.convo.getLog?aud=${svc}`],
    ['transition:chat.bsky', `rpc:com.example.do?aud=${svc}`],
    ['transition:chat.bsky', `rpc:*?aud=${svc}`],
    ['transition:chat.bsky', 'repo:a.b.c'],
    ['transition:email', 'account:email?action=manage'],
    ['transition:email', 'account:repo'],
    ['include:a.b.c', 'repo:a.b.d'],
    ['include:a.b.c', `include:a.b.c?aud=${svc}`],
    [`include:a.b.c?aud=${svc}`, 'include:a.b.c'],
    ['space:a?b', 'space:a'],
    ['xatproto', 'atproto'],
  ])('[L7] but not %s for %s', (granted, needed) => {
    expect(allowsScope(granted, needed)).toBe(false)
  })
})

test('[L3] what is invalid allows nothing, not even itself', () => {
  for (const token of ['repo:com.example.*', 'repo:a.b.c?action=fly', 'account:status', 'transition:zzz', 'a"b']) {
    expect(allowsScope(token, token)).toBe(false)
    expect(allowsScope(`repo:* ${token}`, `repo:* ${token}`)).toBe(false)
  }
  expect(allowsScope(`repo:a.b.c ${'x'.repeat(MAX_SCOPE_LENGTH)}`, 'repo:a.b.c')).toBe(false)
})

test('[L7] asks for all that is needed, in one text or many', () => {
  const granted = ['atproto', 'repo:*', 'blob:image/*']
  expect(allowsScope(granted, ['repo:a.b.c', 'blob:image/png'])).toBe(true)
  expect(allowsScope(granted.join(' '), 'repo:a.b.c blob:image/png')).toBe(true)
  expect(allowsScope(granted, ['repo:a.b.c', 'blob:video/mp4'])).toBe(false)
  expect(allowsScope(granted, [])).toBe(true)
})

test.each([
  [undefined, 'atproto', 'granted: expected a string or an array of strings, found undefined'],
  ['atproto', undefined, 'needed: expected a string or an array of strings, found undefined'],
  ['atproto', [1], 'needed: expected a string or an array of strings, found an array of 1'],
])('a mistake of the caller is a TypeError', (granted, needed, message) => {
  expect(() => allowsScope(granted as never, needed as never)).toThrow(new TypeError(message))
})

/** One scope of 3000 collections. */
function longScope(group: string): string {
  return `repo?${Array.from({ length: 3000 }, (_, at) => `collection=${group}.b.c${at}`).join('&')}`
}

test('compares two of the longest scopes in no time', () => {
  const begin = performance.now()
  expect(allowsScope(longScope('a'), longScope('a'))).toBe(true)
  expect(allowsScope(longScope('a'), longScope('b'))).toBe(false)
  expect(performance.now() - begin).toBeLessThan(2000)
})
