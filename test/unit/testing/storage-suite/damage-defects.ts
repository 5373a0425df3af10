import { type Storage, StorageError } from 'atproof'
import { forceDelete, type Methods, withMethods } from './broken-storage.ts'

/** Something that is wrong with how an engine takes what is damaged. */
export interface DamageDefect {
  readonly name: string
  readonly break: (inner: Storage, damaged: Set<string>) => Methods
  readonly red: readonly string[]
}

const SAYS = 'says of an entry that is'
const NEIGHBOURS = 'keeps and lists the neighbours'
const NEITHER = 'neither deletes an entry that is'

/** An engine whose entries can be damaged, and which does as it should then. */
export function damageable(inner: Storage, damaged: Set<string>): Storage {
  return withMethods(inner, {
    async get(key) {
      if (damaged.has(key)) throw new StorageError('corrupt', { field: key })
      return inner.get(key)
    },
  })
}

/** What can be wrong with an entry that cannot be read. */
export const damageDefects: readonly DamageDefect[] = [
  {
    name: 'takes what it cannot read for nothing',
    break: (inner, damaged) => ({ get: async (key) => (damaged.has(key) ? undefined : inner.get(key)) }),
    red: [SAYS, NEIGHBOURS, NEITHER],
  },
  {
    name: 'fails as its parser does',
    break: (inner, damaged) => failing(inner, damaged, () => new SyntaxError('Unexpected end of JSON input')),
    red: [SAYS, NEIGHBOURS, NEITHER],
  },
  {
    name: 'does not say what it cannot read',
    break: (inner, damaged) => failing(inner, damaged, () => new StorageError('corrupt')),
    red: [SAYS, NEIGHBOURS, NEITHER],
  },
  {
    name: 'says what it could not read of it',
    break: (inner, damaged) =>
      failing(
        inner,
        damaged,
        (key) => new StorageError('corrupt', { field: key, found: '{"secret-of-this-entry' }),
      ),
    red: [SAYS, NEIGHBOURS, NEITHER],
  },
  {
    name: 'hands out what is left',
    break: (inner, damaged) => ({
      async get(key) {
        return damaged.has(key) ? { value: {}, version: 'unknown', age: 0 } : inner.get(key)
      },
    }),
    red: [SAYS, NEIGHBOURS, NEITHER],
  },
  {
    name: 'ends a listing at it',
    break: (inner, damaged) => ({
      async *list(prefix) {
        if (damaged.size > 0) throw new StorageError('corrupt', { field: [...damaged].join(' ') })
        yield* inner.list(prefix)
      },
    }),
    red: [NEIGHBOURS, NEITHER],
  },
  {
    name: 'takes the whole storage for damaged',
    break: (inner, damaged) => ({
      async get(key) {
        if (damaged.size > 0) throw new StorageError('corrupt', { field: [...damaged].join(' ') })
        return inner.get(key)
      },
    }),
    red: [NEIGHBOURS],
  },
  {
    name: 'takes what begins as it does for damaged',
    break: (inner, damaged) => ({
      async get(key) {
        const found = [...damaged].find((one) => key.startsWith(one))
        if (found !== undefined) throw new StorageError('corrupt', { field: found })
        return inner.get(key)
      },
    }),
    red: [NEIGHBOURS],
  },
  {
    name: 'deletes it when it is read',
    break: (inner, damaged) => ({
      async get(key) {
        if (!damaged.delete(key)) return inner.get(key)
        await forceDelete(inner, key)
        throw new StorageError('corrupt', { field: key })
      },
    }),
    red: [NEITHER],
  },
  {
    name: 'deletes it when it is listed',
    break: (inner, damaged) => ({
      async *list(prefix) {
        for (const key of damaged) {
          damaged.delete(key)
          await forceDelete(inner, key)
        }
        yield* inner.list(prefix)
      },
    }),
    red: [NEITHER],
  },
  {
    name: 'creates over it',
    break: (inner, damaged) => ({
      async put(key, value, options) {
        if (damaged.delete(key)) await forceDelete(inner, key)
        return inner.put(key, value, options)
      },
    }),
    red: [NEITHER],
  },
  {
    name: 'fails to create where it stands, as its parser does',
    break: (inner, damaged) => ({
      async put(key, value, options) {
        if (damaged.has(key)) throw new SyntaxError('Unexpected end of JSON input')
        return inner.put(key, value, options)
      },
    }),
    red: [NEITHER],
  },
]

function failing(inner: Storage, damaged: Set<string>, failure: (key: string) => Error): Methods {
  return {
    async get(key) {
      if (damaged.has(key)) throw failure(key)
      return inner.get(key)
    },
  }
}
