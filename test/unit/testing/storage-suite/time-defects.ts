import { type Defect, force } from './broken-storage.ts'

const FORGETS = 'forgets an entry from its expiresAt on'
const NEITHER = 'neither deletes nor writes over what has expired'
const PAST = 'takes an expiresAt that is past'
const INHERITS = 'inherits no expiry'
const LOST = 'keeps the expiry of what stands there'
const FAR = 'takes an expiresAt that is years away'
const BEGINS = 'begins at the age of zero'
const GROWS = 'grows older with time'
const ANEW = 'begins anew with each put'
const VERSIONS = 'gives no version out twice: not after'

const DAY = 86_400_000

/** What can be wrong with expiries and ages. */
export const timeDefects: readonly Defect[] = [
  {
    name: 'keeps everything for ever',
    break: (inner) => ({ put: (key, value, { ifVersion }) => inner.put(key, value, { ifVersion }) }),
    red: [VERSIONS, FORGETS, NEITHER, PAST, INHERITS, LOST],
  },
  {
    name: 'forgets too early',
    break: (inner) => ({
      put: (key, value, { ifVersion, expiresAt }) =>
        inner.put(key, value, { ifVersion, expiresAt: expiresAt === undefined ? undefined : expiresAt - 500 }),
    }),
    red: [FORGETS, LOST],
  },
  {
    name: 'lists what has expired until somebody removes it',
    break(inner) {
      const keys = new Set<string>()
      return {
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version !== undefined && options.expiresAt !== undefined) keys.add(key)
          return version
        },
        async *list(prefix) {
          const seen = new Set(keys)
          for await (const key of inner.list(prefix)) {
            seen.delete(key)
            yield key
          }
          for (const key of seen) if (key.startsWith(prefix)) yield key
        },
      }
    },
    red: [FORGETS, PAST],
  },
  {
    name: 'deletes what has expired',
    break(inner) {
      const written = new Set<string>()
      return {
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version !== undefined && options.expiresAt !== undefined) written.add(key + version)
          return version
        },
        delete: async (key, { ifVersion }) =>
          (await inner.delete(key, { ifVersion })) || written.has(key + ifVersion),
      }
    },
    red: [NEITHER],
  },
  {
    name: 'writes over what has expired',
    break(inner) {
      const written = new Set<string>()
      return {
        async put(key, value, options) {
          const { ifVersion, expiresAt } = options
          if (ifVersion !== null && written.has(key + ifVersion) && !(await inner.get(key))) {
            return force(inner, key, value)
          }
          const version = await inner.put(key, value, options)
          if (version !== undefined && expiresAt !== undefined) written.add(key + version)
          return version
        },
      }
    },
    red: [NEITHER],
  },
  {
    name: 'creates nothing where something has expired',
    break(inner) {
      const taken = new Set<string>()
      return {
        async put(key, value, options) {
          const { ifVersion, expiresAt } = options
          if (ifVersion === null && taken.has(key)) return undefined
          if (expiresAt !== undefined) taken.add(key)
          return inner.put(key, value, options)
        },
      }
    },
    red: [VERSIONS, NEITHER, PAST],
  },
  {
    name: 'refuses an expiry that is past',
    break: (inner, clock) => ({
      async put(key, value, options) {
        if ((options.expiresAt ?? Infinity) < clock.now()) throw new RangeError('invalid expire time')
        return inner.put(key, value, options)
      },
    }),
    red: [VERSIONS, PAST, LOST],
  },
  {
    name: 'takes an expiry of 0 for none',
    break: (inner) => ({
      put: (key, value, { ifVersion, expiresAt }) =>
        inner.put(key, value, { ifVersion, expiresAt: expiresAt || undefined }),
    }),
    red: [PAST],
  },
  {
    name: 'keeps the expiry of before where a put has none',
    break(inner) {
      const expiries = new Map<string, number>()
      return {
        async put(key, value, { ifVersion, expiresAt = expiries.get(key) }) {
          const version = await inner.put(key, value, { ifVersion, expiresAt })
          if (version !== undefined && expiresAt !== undefined) expiries.set(key, expiresAt)
          return version
        },
        async delete(key, options) {
          expiries.delete(key)
          return inner.delete(key, options)
        },
      }
    },
    red: [VERSIONS, PAST, INHERITS, NEITHER],
  },
  {
    name: 'lets a put that is lost change the expiry',
    break(inner) {
      return {
        async put(key, value, { ifVersion, expiresAt }) {
          const version = await inner.put(key, value, { ifVersion, expiresAt })
          const entry = await inner.get(key)
          if (version === undefined && expiresAt !== undefined && entry) {
            await inner.put(key, entry.value, { ifVersion: entry.version, expiresAt })
          }
          return version
        },
      }
    },
    red: [LOST],
  },
  {
    name: 'forgets at once what a timer cannot wait for',
    break: (inner, clock) => ({
      put: (key, value, { ifVersion, expiresAt }) =>
        inner.put(key, value, { ifVersion, expiresAt: (expiresAt ?? 0) - clock.now() > 25 * DAY ? 1 : expiresAt }),
    }),
    red: [FAR],
  },
  {
    name: 'fails for a fraction of a millisecond',
    break: (inner) => ({
      async put(key, value, options) {
        if (!Number.isInteger(options.expiresAt ?? 0)) throw new Error('value is not an integer')
        return inner.put(key, value, options)
      },
    }),
    red: [FAR],
  },
  {
    name: 'knows no age',
    break: (inner) => ({ get: async (key) => withAge(await inner.get(key), () => 0) }),
    red: [GROWS, ANEW],
  },
  {
    name: 'gives the age in seconds',
    break: (inner) => ({ get: async (key) => withAge(await inner.get(key), (age) => age / 1000) }),
    red: [GROWS, ANEW],
  },
  {
    name: 'gives a time instead of an age',
    break: (inner, clock) => ({ get: async (key) => withAge(await inner.get(key), (age) => clock.now() - age) }),
    red: [BEGINS, GROWS, ANEW],
  },
  {
    name: 'has a clock that runs behind',
    break: (inner) => ({ get: async (key) => withAge(await inner.get(key), (age) => age - 10) }),
    red: [BEGINS, ANEW],
  },
  {
    name: 'gives the age since the creation',
    break(inner, clock) {
      const created = new Map<string, number>()
      return {
        get: async (key) => withAge(await inner.get(key), () => clock.monotonic() - (created.get(key) ?? 0)),
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version !== undefined && options.ifVersion === null) created.set(key, clock.monotonic())
          return version
        },
      }
    },
    red: [ANEW],
  },
  {
    name: 'makes an entry younger by a put that is lost',
    break(inner, clock) {
      const touched = new Map<string, number>()
      return {
        get: async (key) => withAge(await inner.get(key), () => clock.monotonic() - (touched.get(key) ?? 0)),
        put(key, value, options) {
          touched.set(key, clock.monotonic())
          return inner.put(key, value, options)
        },
      }
    },
    red: [ANEW],
  },
]

function withAge<E extends { readonly age: number }>(entry: E | undefined, change: (age: number) => number) {
  return entry && { ...entry, age: change(entry.age) }
}
