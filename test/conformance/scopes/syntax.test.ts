import { scopes } from 'atproof'
import { describe, expect, test } from 'vitest'

/** What a scope of one token is read as. */
function read(token: string) {
  const [scope, ...others] = scopes.parse(token)
  expect(others).toEqual([])
  return scope
}

/** Whether a scope allows itself: what is invalid does not. */
const isGood = (token: string) => scopes.allows(token, token)

describe('the same permission, written in several ways', () => {
  test.each([
    ['[L1] with its first parameter named', 'repo:com.example.note', 'repo?collection=com.example.note'],
    [
      '[L1] with its defaults',
      'repo:com.example.note',
      'repo:com.example.note?action=create&action=update&action=delete',
    ],
    ['[L1] in another order', 'account:repo?action=manage', 'account?action=manage&attr=repo'],
    [
      '[L1] with letters escaped',
      'repo:com.example.note',
      'repo:com%2Eexample%2Enote?%61ction=create&action=%75pdate&action=delete',
    ],
    ['[L1] with an empty query', 'identity:*', 'identity:*?'],
    ['[L4] with a bare # in a parameter', 'rpc:a.b.c?aud=did:web:a.com%23svc', 'rpc:a.b.c?aud=did:web:a.com#svc'],
    ['[L4] with + as it is behind the colon', 'blob:image/svg+xml', 'blob:image/svg%2Bxml'],
    ['[L4] with + escaped in a parameter', 'blob:image/svg+xml', 'blob?accept=image/svg%2Bxml'],
  ])('%s', (_, one, other) => {
    expect(read(other)).toEqual({ ...read(one), token: other })
    expect(scopes.allows(one, other)).toBe(true)
    expect(scopes.allows(other, one)).toBe(true)
  })
})

describe('two that look alike', () => {
  test.each([
    ['[L1] in other letters', 'repo:com.example.note', 'repo:com.example.Note'],
    ['[L1] with another resource', 'repo:com.example.note', 'Repo:com.example.note'],
    ['[L4] with a bare + in a parameter', 'blob:image/svg+xml', 'blob?accept=image/svg+xml'],
    [
      '[L4] with a port that is escaped once',
      'rpc:a.b.c?aud=did:web:localhost%253A80%23s',
      'rpc:a.b.c?aud=did:web:localhost%3A80%23s',
    ],
  ])('%s are not the same', (_, one, other) => {
    expect(isGood(one)).toBe(true)
    expect(scopes.allows(one, other)).toBe(false)
    expect(scopes.allows(other, one)).toBe(false)
  })
})

describe('what is invalid', () => {
  test.each([
    ['[L1] a ? behind the colon', 'repo:com.example.note?x?action=create'],
    ['[L1] letters outside ASCII', 'repo:com.example.québec'],
    ['[L1] a broken escape', 'repo:com.example.note%'],
    ['[L2] a parameter behind the colon and by its name', 'repo:com.example.note?collection=com.example.other'],
    ['[L2] the same one in both places', 'repo:com.example.note?collection=com.example.note'],
    ['[L2] a wildcard and a name', 'repo:*?collection=com.example.note'],
    ['[L2] a part of a wildcard', 'repo:com.example.*'],
    ['[L2] a part of a wildcard for methods', 'rpc:com.example.*?aud=*'],
    ['[L2] a part of a wildcard for media', 'blob:im*/png'],
    ['[L2] an aud twice', 'rpc:a.b.c?aud=*&aud=*'],
    ['[L2] an attribute twice', 'account?attr=email&attr=repo'],
    ['[L2] an action of the account twice', 'account:email?action=read&action=manage'],
    ['[L2] every method of every service', 'rpc:*?aud=*'],
    ['[L3] an unknown action', 'repo:com.example.note?action=fly'],
    ['[L3] a known and an unknown action', 'repo:com.example.note?action=create&action=fly'],
    ['[L3] an unknown parameter', 'repo:com.example.note?rkey=self'],
    ['[L3] an unknown attribute', 'account:status'],
    ['[L3] an unknown attribute of the identity', 'identity:did'],
    ['[L3] an unknown transition', 'transition:zzz'],
    ['[L3] no parameter at all', 'rpc:com.example.do'],
    ['[L3] a service without a fragment', 'rpc:com.example.do?aud=did:web:a.com'],
    ['[L3] half a type of media', 'blob:*'],
  ])('%s', (_, token) => {
    expect(read(token)).toEqual({ kind: 'invalid', token, reason: expect.stringContaining('expected ') })
    expect(isGood(token)).toBe(false)
    expect(scopes.allows('transition:generic repo:* blob:*/* identity:*', token)).toBe(false)
    expect(scopes.format(['atproto', token].filter((each) => !each.includes('é')))).toMatch(/^atproto/)
  })
})

test('[L3] an unknown scope is kept, grants nothing that is known, and takes nothing away', () => {
  const text = 'atproto future:thing?power=all repo:com.example.note future'
  expect(scopes.parse(text).map(({ kind }) => kind)).toEqual(['atproto', 'unknown', 'repo', 'unknown'])
  expect(scopes.format(scopes.parse(text))).toBe(text)
  expect(scopes.allows(text, 'repo:com.example.note')).toBe(true)
  expect(scopes.allows(text, ['blob:*/*'])).toBe(false)
  expect(scopes.allows('future:*', 'future:thing')).toBe(false)
})

test('[L8] a space is a resource of the future: read without harm, allowed by the same scope only', () => {
  const space =
    'space:com.example.forum?authority=did:plc:ewvi7nxzyoun6zhxrhs64oiz&skey=self&collection=com.example.note&action=read&manage=update'
  expect(read(space)).toEqual({ kind: 'unknown', token: space })
  expect(scopes.format(['atproto', space])).toBe(`atproto ${space}`)
  expect(scopes.allows(space, space)).toBe(true)
  expect(scopes.allows(space, 'repo:com.example.note')).toBe(false)
  expect(scopes.allows('repo:* transition:generic', space)).toBe(false)
})

test('[L4] what is built escapes # and + in parameters, and is read as it was meant', () => {
  const aud = 'did:web:a.com#svc+one'
  const built = scopes.rpc({ lxm: 'com.example.do', aud })
  expect(built).toBe('rpc:com.example.do?aud=did:web:a.com%23svc%2Bone')
  expect(read(built)).toMatchObject({ aud })
})
