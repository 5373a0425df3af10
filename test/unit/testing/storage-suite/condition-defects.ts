import { type Defect, force, forceDelete, giveWay, renamedVersions } from './broken-storage.ts'

const REPLACED = 'writes nothing over a version that was replaced'
const INVENTED = 'takes a version that it never gave out'
const OVER_NOTHING = 'writes nothing over a version where nothing stands'
const CREATIONS = 'lets one of 50 creations'
const PUTS = 'lets one of 50 puts at once'
const DELETES = 'lets one of 50 deletes'
const MEETING = 'lets one of 50 win where puts and deletes meet'
const READING = 'reads the value and the version of one writing'
const NO_VERSION_TWICE = 'gives no version out twice: not after'
const OTHER_KEY = 'takes the version of one key for no other'
const AFTER_DELETE = 'takes the version of what was deleted'
const DELETES_NAMED = 'deletes the version that is named'
const DELETES_NOTHING = 'deletes nothing where another version stands'
const CREATES_AGAIN = 'creates again where something was deleted'

/** What can be wrong with conditions and versions. */
export const conditionDefects: readonly Defect[] = [
  {
    name: 'takes the beginning of a key for the key',
    break: (inner) => ({ get: async (key) => (await inner.get(key)) ?? inner.get(key.slice(0, 23)) }),
    red: ['gives back what was put'],
  },
  {
    name: 'creates over what stands there',
    break: (inner) => ({
      put: async (key, value, { ifVersion, expiresAt }) =>
        ifVersion === null ? force(inner, key, value, expiresAt) : inner.put(key, value, { ifVersion, expiresAt }),
    }),
    red: ['creates only where nothing stands', CREATIONS, 'keeps the expiry', 'begins anew'],
  },
  {
    name: 'creates over what stands there, where it stands for a second time',
    break(inner) {
      const tried = new Set<string>()
      return {
        async put(key, value, { ifVersion, expiresAt }) {
          if (ifVersion === null && tried.has(key) && (await inner.get(key)) && !key.startsWith('spent/')) {
            return force(inner, key, value, expiresAt)
          }
          if (ifVersion === null) tried.add(key)
          return inner.put(key, value, { ifVersion, expiresAt })
        },
      }
    },
    red: ['creates only where nothing stands', 'keeps the expiry', 'begins anew'],
  },
  {
    name: 'takes a second put for a repetition of the first, and writes nothing',
    break(inner) {
      const replaced = new Set<string>()
      return {
        async put(key, value, { ifVersion, expiresAt }) {
          if (ifVersion !== null && value === 'third' && replaced.has(key)) return ifVersion
          if (ifVersion !== null && (await inner.get(key))?.version === ifVersion) replaced.add(key)
          return inner.put(key, value, { ifVersion, expiresAt })
        },
      }
    },
    red: ['writes over the version that is named', REPLACED],
  },
  {
    name: 'writes over what is two versions newer',
    break(inner) {
      const history = new Map<string, string[]>()
      return {
        async put(key, value, { ifVersion, expiresAt }) {
          const versions = history.get(key) ?? []
          const isOld = ifVersion !== null && versions.slice(0, -2).includes(ifVersion)
          if (isOld && (await inner.get(key))) return force(inner, key, value, expiresAt)
          const version = await inner.put(key, value, { ifVersion, expiresAt })
          if (version !== undefined) history.set(key, ifVersion === null ? [version] : [...versions, version])
          return version
        },
      }
    },
    red: [REPLACED],
  },
  {
    name: 'compares versions without their case',
    break: (inner) => ({
      async put(key, value, { ifVersion, expiresAt }) {
        const version = (await inner.get(key))?.version
        const isSame = version?.toLowerCase() === ifVersion?.toLowerCase()
        return inner.put(key, value, { ifVersion: isSame ? (version ?? ifVersion) : ifVersion, expiresAt })
      },
    }),
    red: [INVENTED],
  },
  {
    name: 'fails for a version that is none of its own making',
    break: (inner) => ({
      async put(key, value, options) {
        if (options.ifVersion !== null && !/^[\w-]+$/.test(options.ifVersion)) throw new Error('invalid version')
        return inner.put(key, value, options)
      },
    }),
    red: [INVENTED],
  },
  {
    name: 'takes an empty version for none',
    break: (inner) => ({
      put: (key, value, { ifVersion, expiresAt }) =>
        inner.put(key, value, { ifVersion: ifVersion === '' ? null : ifVersion, expiresAt }),
    }),
    red: [INVENTED],
  },
  {
    name: 'deletes whatever an invented version names',
    break: (inner) => ({
      async delete(key, { ifVersion }) {
        if (ifVersion !== '*') return inner.delete(key, { ifVersion })
        await forceDelete(inner, key)
        return true
      },
    }),
    red: [INVENTED],
  },
  {
    name: 'creates where the version that is named is gone',
    break: (inner) => ({
      put: async (key, value, { ifVersion, expiresAt }) =>
        (await inner.put(key, value, { ifVersion, expiresAt })) ??
        (ifVersion !== null && ifVersion.length > 10 && !(await inner.get(key))
          ? force(inner, key, value)
          : undefined),
    }),
    red: [INVENTED, OVER_NOTHING, MEETING, 'neither deletes nor writes over what has expired'],
  },
  {
    name: 'looks, and then creates',
    break: (inner) => ({
      async put(key, value, { ifVersion, expiresAt }) {
        if (ifVersion !== null) return inner.put(key, value, { ifVersion, expiresAt })
        if (await inner.get(key)) return undefined
        await giveWay()
        return force(inner, key, value, expiresAt)
      },
    }),
    red: [CREATIONS],
  },
  {
    name: 'looks, and then writes over',
    break: (inner) => ({
      async put(key, value, { ifVersion, expiresAt }) {
        if (ifVersion === null) return inner.put(key, value, { ifVersion, expiresAt })
        if ((await inner.get(key))?.version !== ifVersion) return undefined
        await giveWay()
        return force(inner, key, value, expiresAt)
      },
    }),
    red: [PUTS, MEETING],
  },
  {
    name: 'looks, and then deletes',
    break: (inner) => ({
      async delete(key, { ifVersion }) {
        if ((await inner.get(key))?.version !== ifVersion) return false
        await giveWay()
        await forceDelete(inner, key)
        return true
      },
    }),
    red: [DELETES, MEETING],
  },
  {
    name: 'has one lock for puts and another for deletes',
    break(inner) {
      const deleted = new Set<string>()
      return {
        async delete(key, { ifVersion }) {
          if ((await inner.get(key))?.version !== ifVersion || deleted.has(ifVersion)) return false
          deleted.add(ifVersion)
          await giveWay()
          await forceDelete(inner, key)
          return true
        },
      }
    },
    red: [MEETING],
  },
  {
    name: 'reads the value first and the version after it',
    break: (inner) => ({
      async get(key) {
        const entry = await inner.get(key)
        await giveWay()
        const later = await inner.get(key)
        return entry && later && { ...entry, version: later.version }
      },
    }),
    red: [READING],
  },
  {
    name: 'counts the versions of a key, and begins anew after a delete',
    break: (inner) =>
      renamedVersions(inner, (key, before) => `${key}#${Number(before?.split('#').at(-1) ?? 0) + 1}`, {
        forgets: 'deleted',
      }),
    red: [NO_VERSION_TWICE, AFTER_DELETE],
  },
  {
    name: 'counts the versions of a key, and begins anew after an expiry',
    break: (inner) =>
      renamedVersions(inner, (key, before) => `${key}#${Number(before?.split('#').at(-1) ?? 0) + 1}`, {
        forgets: 'expired',
      }),
    red: [NO_VERSION_TWICE],
  },
  {
    name: 'counts the versions of each key by itself',
    break: (inner) =>
      renamedVersions(inner, (_, before) => `v${Number(before?.slice(1) ?? 0) + 1}`, { forgets: 'neither' }),
    red: [NO_VERSION_TWICE, OTHER_KEY],
  },
  {
    name: 'looks for a version under any key',
    break(inner) {
      const keys = new Map<string, string>()
      return {
        async put(key, value, { ifVersion, expiresAt }) {
          const other = keys.get(ifVersion ?? '')
          const isElsewhere =
            other !== undefined && other !== key && (await inner.get(other))?.version === ifVersion
          if (isElsewhere && (await inner.get(key))) return force(inner, key, value)
          const version = await inner.put(key, value, { ifVersion, expiresAt })
          if (version !== undefined) keys.set(version, key)
          return version
        },
      }
    },
    red: [OTHER_KEY],
  },
  {
    name: 'takes a version that was deleted for the one that came after',
    break(inner) {
      const deleted = new Set<string>()
      return {
        async put(key, value, { ifVersion, expiresAt }) {
          const isBack = ifVersion !== null && deleted.has(key + ifVersion) && (await inner.get(key))
          return isBack ? force(inner, key, value) : inner.put(key, value, { ifVersion, expiresAt })
        },
        async delete(key, { ifVersion }) {
          const isDeleted = await inner.delete(key, { ifVersion })
          if (isDeleted) deleted.add(key + ifVersion)
          return isDeleted
        },
      }
    },
    red: [AFTER_DELETE],
  },
  {
    name: 'deletes what begins with the key',
    break: (inner) => ({
      async delete(key, { ifVersion }) {
        const isDeleted = await inner.delete(key, { ifVersion })
        if (isDeleted && key.length > 20)
          for await (const other of inner.list(key)) await forceDelete(inner, other)
        return isDeleted
      },
    }),
    red: [
      DELETES_NAMED,
      'lists once what stands there all the while',
      'keeps null, false, 0',
      'keeps any text',
      'keeps numbers',
      'keeps a value of 64 KiB',
    ],
  },
  {
    name: 'says of every second delete that it was done',
    break(inner) {
      const deleted = new Set<string>()
      return {
        async delete(key, { ifVersion }) {
          if (deleted.has(key + ifVersion)) return true
          const isDeleted = await inner.delete(key, { ifVersion })
          await giveWay()
          if (isDeleted) deleted.add(key + ifVersion)
          return isDeleted
        },
      }
    },
    red: [AFTER_DELETE, DELETES_NOTHING],
  },
  {
    name: 'keeps a trace of what was deleted, until it is full',
    break(inner) {
      const deletes = new Map<string, number>()
      return {
        put: async (key, value, options) =>
          (deletes.get(key) ?? 0) > 10 && options.ifVersion === null ? undefined : inner.put(key, value, options),
        async delete(key, options) {
          const isDeleted = await inner.delete(key, options)
          if (isDeleted) deletes.set(key, (deletes.get(key) ?? 0) + 1)
          return isDeleted
        },
      }
    },
    red: [NO_VERSION_TWICE, CREATES_AGAIN],
  },
]
