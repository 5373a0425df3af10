import type { Clock, Storage, StorageEntry } from 'atproof'
import { force, forceDelete, giveWay, type Methods } from './broken-storage.ts'

/** Something that is wrong with an engine where several handles share its data. */
export interface SharedDefect {
  readonly name: string
  /** What one handle is made of. What lies outside of it is shared by all of them. */
  readonly handle: (clock: Clock) => (inner: Storage, at: number, isAlive: () => boolean) => Methods
  readonly red: readonly string[]
  /** Those that fail too where a kill happens to fall so. */
  readonly maybeRed?: readonly string[]
}

const AT_ONCE = 'sees at once what another handle'
const LISTS = 'lists what other handles wrote'
const WINS = 'lets one win where several handles'
const VERSIONS = 'gives no version out twice, whichever handle'
const ONE_AGE = 'gives one age and one expiry'
const CREATIONS = 'lets one of 4 processes win'
const INCREMENTS = 'loses none of the increments'
const SAME_AGE = 'gives an entry the same age in every process'
const KILLED = 'holds all that a process said'

/** What can be wrong with several handles, and with several processes that each have one. */
export const sharedDefects: readonly SharedDefect[] = [
  {
    name: 'remembers in each handle what it read',
    handle: () => (inner) => {
      const known = new Map<string, StorageEntry | undefined>()
      const forget = (key: string) => void known.delete(key)
      return {
        async get(key) {
          if (!known.has(key)) known.set(key, await inner.get(key))
          return known.get(key)
        },
        async put(key, value, options) {
          forget(key)
          const version = await inner.put(key, value, options)
          forget(key)
          return version
        },
        async delete(key, options) {
          forget(key)
          return inner.delete(key, options)
        },
      }
    },
    red: ['forgets an entry', 'grows older', 'hands out copies', AT_ONCE, KILLED],
  },
  {
    name: 'lists what its own handle wrote',
    handle: () => (inner) => {
      const own = new Set<string>()
      return {
        put(key, value, options) {
          own.add(key)
          return inner.put(key, value, options)
        },
        async *list(prefix) {
          for await (const key of inner.list(prefix)) if (own.has(key)) yield key
        },
      }
    },
    red: [LISTS, CREATIONS],
  },
  {
    name: 'locks what its own handle writes',
    handle: () => (inner) => {
      let last: Promise<unknown> = Promise.resolve()
      return {
        put(key, value, { ifVersion, expiresAt }) {
          const work = last.then(async () => {
            if (((await inner.get(key))?.version ?? null) !== ifVersion) return undefined
            await giveWay()
            await turn()
            return force(inner, key, value, expiresAt)
          })
          last = work
          return work
        },
      }
    },
    red: [WINS, CREATIONS, INCREMENTS],
  },
  {
    name: 'counts versions in each handle',
    handle: () => {
      const taken = new Map<string, string>()
      return (inner) => {
        let count = 0
        return renamedOver(inner, taken, () => `v${(count += 1)}`)
      }
    },
    red: [AT_ONCE, VERSIONS, INCREMENTS],
    maybeRed: [KILLED],
  },
  {
    name: 'gives the age since its handle wrote or saw an entry first',
    handle: (clock) => (inner) => {
      const seen = new Map<string, number>()
      return {
        async get(key) {
          const entry = await inner.get(key)
          if (!entry) return undefined
          const first = seen.get(entry.version) ?? clock.monotonic()
          seen.set(entry.version, first)
          return { ...entry, age: clock.monotonic() - first }
        },
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version !== undefined) seen.set(version, clock.monotonic())
          return version
        },
      }
    },
    red: [ONE_AGE, SAME_AGE],
  },
  {
    name: 'has a clock in each handle',
    handle: () => (inner, at) => ({
      async get(key) {
        const entry = await inner.get(key)
        return entry && { ...entry, age: entry.age + at * 500 }
      },
    }),
    red: [ONE_AGE, SAME_AGE],
  },
  {
    name: 'ends in the handle that wrote what has expired',
    handle: (clock) => (inner) => {
      const expiries = new Map<string, number>()
      const sweep = async () => {
        for (const [key, expiresAt] of expiries) {
          if (clock.now() < expiresAt) continue
          expiries.delete(key)
          await forceDelete(inner, key)
        }
      }
      return {
        async get(key) {
          await sweep()
          return inner.get(key)
        },
        async put(key, value, { ifVersion, expiresAt }) {
          await sweep()
          const version = await inner.put(key, value, { ifVersion })
          if (version === undefined) return undefined
          if (expiresAt === undefined) expiries.delete(key)
          else expiries.set(key, expiresAt)
          return version
        },
        async delete(key, options) {
          await sweep()
          return inner.delete(key, options)
        },
        async *list(prefix) {
          await sweep()
          yield* inner.list(prefix)
        },
      }
    },
    red: [ONE_AGE],
  },
  {
    name: 'writes to the disk every third time',
    handle: () => {
      const unsaved = new Map<
        string,
        { readonly before: StorageEntry | undefined; readonly isAlive: () => boolean }
      >()
      return (inner, _, isAlive) => {
        let puts = 0
        return {
          async get(key) {
            const lost = unsaved.get(key)
            if (lost && !lost.isAlive()) {
              unsaved.delete(key)
              if (lost.before) await force(inner, key, lost.before.value)
              else await forceDelete(inner, key)
            }
            return inner.get(key)
          },
          async put(key, value, options) {
            const before = unsaved.get(key)?.before ?? (await inner.get(key))
            const version = await inner.put(key, value, options)
            if (version === undefined) return undefined
            puts += 1
            if (puts % 3 === 0) unsaved.delete(key)
            else unsaved.set(key, { before, isAlive })
            return version
          },
        }
      }
    },
    red: [KILLED],
  },
  {
    name: 'leaves its lock behind when it dies',
    handle: () => {
      const locks = new Set<string>()
      return (inner) => ({
        async put(key, value, options) {
          if (!key.startsWith('session/')) return inner.put(key, value, options)
          if (locks.has(key)) return undefined
          locks.add(key)
          try {
            return await inner.put(key, value, options)
          } finally {
            // Whoever is killed does not come here.
            locks.delete(key)
          }
        },
      })
    },
    red: [KILLED],
  },
  {
    name: 'writes the beginning of a value before its end',
    handle: () => (inner) => ({
      async put(key, value, options) {
        const isLarge =
          typeof value === 'object' && value !== null && 'filler' in value && key.startsWith('session/')
        if (!isLarge) return inner.put(key, value, options)
        const half = await inner.put(key, { step: 1 }, options)
        if (half === undefined) return undefined
        await turn()
        return inner.put(key, value, { ifVersion: half })
      },
    }),
    red: [KILLED],
  },
]

/** Lets other processes go first. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Versions that the handles give out, over the names that all of them know. */
function renamedOver(inner: Storage, taken: Map<string, string>, next: () => string): Methods {
  return {
    async get(key) {
      const entry = await inner.get(key)
      return entry && { ...entry, version: taken.get(entry.version) ?? '' }
    },
    async put(key, value, { ifVersion, expiresAt }) {
      const current = (await inner.get(key))?.version
      if (ifVersion !== null && (current === undefined || taken.get(current) !== ifVersion)) return undefined
      const version = await inner.put(key, value, {
        ifVersion: ifVersion === null ? null : (current ?? ''),
        expiresAt,
      })
      if (version === undefined) return undefined
      const outer = next()
      taken.set(version, outer)
      return outer
    },
    async delete(key, { ifVersion }) {
      const current = (await inner.get(key))?.version
      if (current === undefined || taken.get(current) !== ifVersion) return false
      return inner.delete(key, { ifVersion: current })
    },
  }
}
