import type { Storage } from 'atproof'
import { type Defect, giveWay } from './broken-storage.ts'

const EXACTLY = 'lists exactly the keys that begin with a prefix'
const CREATED = 'lists what was created and not what was deleted'
const MANY = 'lists 10,000 entries'
const MEANWHILE = 'lists once what stands there all the while'
const LEFT = 'can be left in the middle of a listing'
const APART = 'keeps keys of any characters apart'
const ODD = 'lists keys of any characters'
const LONG = 'keeps and lists keys of 2300 characters'
const DELETES_NAMED = 'deletes the version that is named'

/** What can be wrong with keys and listings. */
export const keyDefects: readonly Defect[] = [
  {
    name: 'takes a prefix for a pattern',
    break: (inner) => ({ list: (prefix) => matching(inner, new RegExp(`^${toPattern(prefix)}`, 'su')) }),
    red: [EXACTLY, ODD],
  },
  {
    name: 'ends a prefix at a slash',
    break: (inner) => ({
      async *list(prefix) {
        for await (const key of inner.list(prefix)) {
          if (prefix === '' || prefix.endsWith('/') || key === prefix || key.startsWith(`${prefix}/`)) yield key
        }
      },
    }),
    red: [EXACTLY, MANY, ODD],
  },
  {
    name: 'lists nothing for an empty prefix',
    break: (inner) => ({
      async *list(prefix) {
        if (prefix !== '') yield* inner.list(prefix)
      },
    }),
    red: [
      EXACTLY,
      ODD,
      LONG,
      MANY,
      DELETES_NAMED,
      'creates again',
      'forgets an entry',
      'takes an expiresAt that is years',
      'refuses what',
      'refuses a cycle',
    ],
  },
  {
    name: 'lists a key that is the prefix itself not',
    break: (inner) => ({
      async *list(prefix) {
        for await (const key of inner.list(prefix)) if (key !== prefix) yield key
      },
    }),
    red: [EXACTLY, ODD, LONG, MANY],
  },
  {
    name: 'lists what was written last, though it was lost',
    break(inner) {
      const lost = new Set<string>()
      return {
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version === undefined && key.endsWith('lost')) lost.add(key)
          return version
        },
        async *list(prefix) {
          yield* inner.list(prefix)
          for (const key of lost) if (key.startsWith(prefix)) yield key
        },
      }
    },
    red: [CREATED],
  },
  {
    name: 'lists twice what was created twice',
    break(inner) {
      const creations = new Map<string, number>()
      return {
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version && options.ifVersion === null) creations.set(key, (creations.get(key) ?? 0) + 1)
          return version
        },
        async *list(prefix) {
          for await (const key of inner.list(prefix)) {
            yield key
            if ((creations.get(key) ?? 0) > 1) yield key
          }
        },
      }
    },
    red: [CREATED, MEANWHILE, 'creates again'],
  },
  {
    name: 'lists one page',
    break: (inner) => ({
      async *list(prefix) {
        let left = 1000
        for await (const key of inner.list(prefix)) if (left-- > 0) yield key
      },
    }),
    red: [MANY, MEANWHILE],
  },
  {
    name: 'begins a page with the end of the one before',
    break: (inner) => ({
      async *list(prefix) {
        let seen = 0
        for await (const key of inner.list(prefix)) {
          yield key
          if (++seen % 1000 === 0) yield key
        }
      },
    }),
    red: [MANY, MEANWHILE],
  },
  {
    name: 'lists again what comes back, without end',
    break: (inner) => ({
      async *list(prefix) {
        const seen = new Set<string>()
        for (let isNew = true; isNew;) {
          isNew = false
          for await (const key of inner.list(prefix)) {
            const name = key + (await inner.get(key))?.version
            if (!seen.has(name) && !seen.has(key.replace('signin', ''))) {
              isNew = true
              yield key
            }
            seen.add(name)
          }
        }
      },
    }),
    red: [MEANWHILE],
  },
  {
    name: 'fails to list while others write',
    break(inner) {
      let writes = 0
      return {
        put(key, value, options) {
          writes += 1
          return inner.put(key, value, options)
        },
        async *list(prefix) {
          const before = writes
          for await (const key of inner.list(prefix)) {
            if (writes !== before) throw new Error('changed during iteration')
            yield key
          }
        },
      }
    },
    red: [MEANWHILE],
  },
  {
    name: 'counts the entries before a page, and misses some where others delete',
    break: (inner) => ({
      async *list(prefix) {
        for (let from = 0; ; from += 500) {
          const keys: string[] = []
          for await (const key of inner.list(prefix)) keys.push(key)
          yield* keys.slice(from, from + 500)
          if (keys.length <= from + 500) return
        }
      },
    }),
    red: [MEANWHILE],
  },
  {
    name: 'has so many cursors, and closes those that come to their end',
    break(inner) {
      let open = 0
      return {
        async *list(prefix) {
          if (open >= 20) throw new Error('too many cursors')
          open += 1
          yield* inner.list(prefix)
          open -= 1
        },
      }
    },
    red: [LEFT],
  },
  {
    name: 'goes through one listing at a time',
    break(inner) {
      let isListing = false
      return {
        async *list(prefix) {
          if (isListing) throw new Error('busy')
          isListing = true
          try {
            for await (const key of inner.list(prefix)) {
              await giveWay()
              yield key
            }
          } finally {
            isListing = false
          }
        },
      }
    },
    red: [LEFT],
  },
  {
    name: 'knows no case',
    break: (inner) => onKeys(inner, (key) => key.toLowerCase()),
    red: [EXACTLY, APART, ODD, LONG],
  },
  {
    name: 'normalises keys',
    break: (inner) => onKeys(inner, (key) => key.normalize('NFC')),
    red: [APART, ODD],
  },
  {
    name: 'takes keys for paths',
    break: (inner) => onKeys(inner, (key) => key.replaceAll(/\/+/g, '/').replace(/\/$/, '')),
    red: [EXACTLY, APART, ODD],
  },
  {
    name: 'trims keys',
    break: (inner) => onKeys(inner, (key) => key.trim() || key),
    red: [APART, ODD],
  },
  {
    name: 'decodes what it lists',
    break: (inner) => ({
      async *list(prefix) {
        for await (const key of inner.list(prefix)) yield decode(key)
      },
    }),
    red: [EXACTLY, ODD],
  },
  {
    name: 'keeps the first 255 characters of a key',
    break: (inner) => onKeys(inner, (key) => key.slice(0, 255)),
    red: [LONG],
  },
  {
    name: 'lists the digest of a long key',
    break: (inner) => ({
      async *list(prefix) {
        for await (const key of inner.list(prefix)) yield key.length > 200 ? `sha256-${key.length}` : key
      },
    }),
    red: [LONG],
  },
  {
    name: 'fails for a key that is longer than an index takes',
    break: (inner) =>
      onKeys(inner, (key) => {
        if (key.length > 2048) throw new Error('index row size exceeds maximum')
        return key
      }),
    red: [LONG],
  },
]

/** An engine that stores under another key than the one it is given. */
function onKeys(inner: Storage, change: (key: string) => string): ReturnType<Defect['break']> {
  return {
    get: async (key) => inner.get(change(key)),
    put: async (key, value, options) => inner.put(change(key), value, options),
    delete: async (key, options) => inner.delete(change(key), options),
  }
}

async function* matching(inner: Storage, pattern: RegExp): AsyncGenerator<string> {
  for await (const key of inner.list('')) if (pattern.test(key)) yield key
}

/** As SQL has it: an underscore is any character, a percent sign any number of them. */
function toPattern(prefix: string): string {
  const escaped = prefix.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
  return escaped.replaceAll('_', '.').replaceAll('%', '.*')
}

function decode(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key // not every percent sign begins a code
  }
}
