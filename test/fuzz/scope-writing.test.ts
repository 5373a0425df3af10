import { scopes } from 'atproof'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { buildScope } from '../../src/syntax/scopes/build-scope.ts'
import { isObject, type Json, nearly } from './documents.ts'
import { fuzz } from './fuzz.ts'
import { readScope } from './read-scope.ts'

const SERVICE = 'did:web:api.example.com#appview'

/** What was written, or undefined where it was refused: with a TypeError, as every mistake of an app is. */
function written<Text>(write: () => Text): Text | undefined {
  try {
    return write()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(/^TypeError: [^:]+: expected /)
    return undefined
  }
}

const buildable = fc.oneof(
  nearly({ collection: ['com.example.note', 'com.example.list'], action: ['create'] }).map((of) => ({
    as: 'repo' as const,
    of,
  })),
  nearly({ lxm: 'com.example.getFeed', aud: SERVICE }).map((of) => ({ as: 'rpc' as const, of })),
  nearly({ accept: ['image/*', 'video/mp4'] }).map((of) => ({ as: 'blob' as const, of })),
  nearly({ attr: 'email', action: 'manage' }).map((of) => ({ as: 'account' as const, of })),
  nearly({ attr: 'handle' }).map((of) => ({ as: 'identity' as const, of })),
  nearly({ nsid: 'com.example.authBasic', aud: SERVICE }).map((of) => ({ as: 'include' as const, of })),
)

fuzz(
  '[L1] [L4] a scope that was built is one by the grammar, and says the same',
  6000,
  buildable,
  ({ as, of }) => {
    const scope = written(() => buildScope(as, of))
    if (scope === undefined) return
    const read = readScope(scope)
    if (typeof read === 'string') throw new Error(`${scope} is ${read}`)
    for (const [name, values] of read) for (const value of values) expect(givenIn(of, name)).toContain(value)
  },
)

/** What was given for a parameter. Types of media are the same in any case. */
function givenIn(options: Json, name: string): readonly unknown[] {
  const given: readonly unknown[] = [options[name]].flat()
  return [...given, ...given.map((value) => (typeof value === 'string' ? value.toLowerCase() : value))]
}

const permission = fc.oneof(
  nearly({ type: 'permission', resource: 'repo', collection: ['com.example.note', 'com.example.sub.item'] }),
  nearly({ type: 'permission', resource: 'rpc', lxm: ['com.example.getFeed'], inheritAud: true }),
  nearly({ type: 'permission', resource: 'rpc', lxm: ['com.example.getFeed'], aud: '*' }),
  fc.constantFrom<Json>(
    { type: 'permission', resource: 'repo', collection: ['*'] },
    { type: 'permission', resource: 'repo', collection: ['com.examples.note', 'com.other.note'] },
    { type: 'permission', resource: 'blob', accept: ['*/*'] },
    { type: 'permission', resource: 'identity', attr: '*' },
  ),
)
const permissionSet = fc
  .array(permission, { maxLength: 3 })
  .chain((permissions) => nearly({ type: 'permission-set', permissions }))
  .chain((main) => nearly({ lexicon: 1, id: 'com.example.authBasic', defs: { main } }))

fuzz('[L6] a permission set grants nothing outside of its own group', 6000, permissionSet, (document) => {
  for (const include of [
    'include:com.example.authBasic',
    `include:com.example.authBasic?aud=${SERVICE.replace('#', '%23')}`,
  ]) {
    for (const scope of written(() => scopes.expand(include, document)) ?? []) {
      const read = readScope(scope)
      if (typeof read === 'string') throw new Error(`${scope} is ${read}`)
      expect(scope.startsWith('repo') || scope.startsWith('rpc')).toBe(true)
      for (const name of [...(read.get('collection') ?? []), ...(read.get('lxm') ?? [])]) {
        expect(name.startsWith('com.example.')).toBe(true)
      }
      expect(['*', SERVICE, undefined]).toContain(read.get('aud')?.[0])
    }
  }
})

fuzz('[L6] whatever is given for a permission set is refused with a TypeError', 2000, fc.anything(), (value) => {
  const granted = written(() => scopes.expand('include:com.example.authBasic', value))
  if (!isObject(value)) expect(granted).toBeUndefined()
})
