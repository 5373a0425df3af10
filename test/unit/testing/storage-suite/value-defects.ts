import type { Storage, StoredValue } from 'atproof'
import { copyValue } from '../../../../src/storage/copy-value.ts'
import { type Defect, giveWay, mapEntry, mapValue } from './broken-storage.ts'

const EMPTY = 'keeps null, false, 0'
const TEXTS = 'keeps any text'
const NAMES = 'keeps any property name'
const NUMBERS = 'keeps numbers'
const LEVELS = 'keeps 32 levels'
const UNDEFINED = 'leaves out a property that is undefined'
const SIZES = 'keeps a value of 64 KiB'
const RIGHT_AFTER = 'keeps what was put, though the caller changes it right after'
const LATER = 'keeps what was put, though the caller changes it later'
const HANDED_OUT = 'hands out copies'
const NOT_JSON = 'refuses what is no plain JSON'
const CYCLE = 'refuses a cycle'
const CRYPTO_KEY = 'keeps a CryptoKey'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }

/** What can be wrong with what is kept. */
export const valueDefects: readonly Defect[] = [
  {
    name: 'takes null for nothing',
    break: (inner) => ({
      get: async (key) => ((await inner.get(key))?.value === null ? undefined : inner.get(key)),
    }),
    red: [EMPTY],
  },
  {
    name: 'reads an empty list as an empty object',
    break: reading((part) => (Array.isArray(part) && part.length === 0 ? {} : part)),
    red: [EMPTY],
  },
  {
    name: 'ends a text at NUL',
    break: reading((part) => (typeof part === 'string' ? (part.split('\u0000')[0] ?? '') : part)),
    red: [TEXTS, NAMES],
  },
  {
    name: 'writes UTF-8, which has no lone surrogates',
    break: reading((part) =>
      typeof part === 'string' ? new TextDecoder().decode(new TextEncoder().encode(part)) : part,
    ),
    red: [TEXTS, NAMES],
  },
  {
    name: 'normalises text',
    break: reading((part) => (typeof part === 'string' ? part.normalize() : part)),
    red: [TEXTS, NAMES],
  },
  {
    name: 'sets properties one by one',
    break: reading((part) => {
      if (typeof part !== 'object' || part === null || Array.isArray(part) || part instanceof CryptoKey)
        return part
      const copy: Record<string, StoredValue> = {}
      for (const [name, inner] of Object.entries(part)) copy[name] = inner as StoredValue
      return copy
    }),
    red: [NAMES],
  },
  {
    name: 'has no empty property name',
    break: reading((part) =>
      typeof part === 'object' && part !== null && '.' in part
        ? (Object.fromEntries(Object.entries(part).filter(([name]) => name !== '.')) as StoredValue)
        : part,
    ),
    red: [NAMES],
  },
  {
    name: 'keeps numbers with 15 digits',
    break: reading((part) => (typeof part === 'number' ? Number(part.toPrecision(15)) : part)),
    red: [NUMBERS],
  },
  {
    name: 'keeps large numbers as integers',
    break: reading((part) => (typeof part === 'number' && part >= 2 ** 31 ? Math.trunc(part) | 0 : part)),
    red: [NUMBERS],
  },
  {
    name: 'keeps fewer levels',
    break: (inner) => ({
      async put(key, value, options) {
        if (depthOf(value) > 31) throw new TypeError('too deep')
        return inner.put(key, value, options)
      },
    }),
    red: [LEVELS],
  },
  {
    name: 'makes null of what is undefined',
    break: writing((value) =>
      isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, part ?? null]))
        : value,
    ),
    red: [UNDEFINED],
  },
  {
    name: 'has 65,535 characters for a text',
    break: writing((value) => (typeof value === 'string' ? value.slice(0, 65_535 - 64) : value)),
    red: [SIZES],
  },
  {
    name: 'loses the byte at the end of a page',
    break: writing((value) => (typeof value === 'string' && value.length === 4096 ? value.slice(1) : value)),
    red: [SIZES],
  },
  {
    name: 'waits before it copies',
    break: (inner) => ({
      takesOriginals: true,
      async put(key, value, options) {
        await giveWay()
        return inner.put(key, value, options)
      },
    }),
    red: [RIGHT_AFTER],
  },
  {
    name: 'keeps what it was given, and no copy of it',
    break(inner) {
      const given = new Map<string, StoredValue>()
      return {
        takesOriginals: true,
        async get(key) {
          const entry = await inner.get(key)
          return entry && { ...entry, value: structuredClone(given.get(key) ?? entry.value) }
        },
        async put(key, value, options) {
          const version = await inner.put(key, value, options)
          if (version !== undefined) given.set(key, isObject(value) && 'list' in value ? value : null)
          return version
        },
      }
    },
    red: [RIGHT_AFTER, LATER],
  },
  {
    name: 'hands out what it keeps',
    break(inner) {
      const kept = new Map<string, StoredValue>()
      return {
        async get(key) {
          const entry = await inner.get(key)
          if (!entry) return undefined
          const value = kept.get(key + entry.version) ?? entry.value
          kept.set(key + entry.version, value)
          return { ...entry, value }
        },
      }
    },
    red: [HANDED_OUT],
  },
  {
    name: 'keeps whatever JSON makes of it',
    break: (inner) => ({
      keepsNoCryptoKeys: true,
      put: (key, value, options) => inner.put(key, JSON.parse(JSON.stringify(value)), options),
    }),
    red: [NOT_JSON, CRYPTO_KEY],
  },
  {
    name: 'refuses with an error of another kind',
    break: (inner) => ({
      put: (key, value, options) =>
        inner.put(key, value, options).catch((error: unknown) => {
          throw new Error(String(error))
        }),
    }),
    red: [NOT_JSON, CYCLE],
  },
  {
    name: 'takes a Date',
    break: writing((value) => mapDates(value)),
    red: [NOT_JSON],
  },
  {
    name: 'takes NaN',
    break: writing((value) => (typeof value === 'number' && Number.isNaN(value) ? null : value)),
    red: [NOT_JSON],
  },
  {
    name: 'empties the place of what it refuses',
    break: (inner) => ({
      put: (key, value, options) =>
        inner.put(key, value, options).catch(async (error: unknown) => {
          await inner.put(key, null, options)
          throw error
        }),
    }),
    red: [NOT_JSON, CYCLE],
  },
  {
    name: 'takes more levels than others do',
    break: writing((value) => (depthOf(value) === 33 ? 'flattened' : value)),
    red: [CYCLE],
  },
  {
    name: 'takes a cycle for an empty value',
    break: writing((value) => (depthOf(value) === Infinity ? null : value)),
    red: [CYCLE],
  },
  {
    name: 'keeps a CryptoKey as an empty object',
    break: (inner) => ({
      keepsNoCryptoKeys: true,
      put: (key, value, options) =>
        inner.put(
          key,
          withKeys(value, () => ({})),
          options,
        ),
    }),
    red: [CRYPTO_KEY],
  },
  {
    name: 'hands out another CryptoKey',
    break(inner) {
      const other = crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])
      return {
        async get(key) {
          const { privateKey } = await other
          return mapEntry(await inner.get(key), (part) => withKeys(part, () => privateKey))
        },
      }
    },
    red: [CRYPTO_KEY],
  },
  {
    name: 'hands out a CryptoKey that can leave',
    break(inner) {
      const other = crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
      return {
        async get(key) {
          const { privateKey } = await other
          return mapEntry(await inner.get(key), (part) => withKeys(part, () => privateKey))
        },
      }
    },
    red: [CRYPTO_KEY],
  },
]

function reading(change: (part: StoredValue) => StoredValue): Defect['break'] {
  return (inner) => ({ get: async (key) => mapEntry(await inner.get(key), change) })
}

function writing(change: (value: StoredValue) => StoredValue): Defect['break'] {
  return (inner: Storage) => ({
    takesOriginals: true,
    put: async (key, value, options) => inner.put(key, change(value), options),
  })
}

function withKeys(value: StoredValue, replace: () => StoredValue): StoredValue {
  if (depthOf(value) > 32 || !holdsKey(value)) return value
  return mapValue(copyValue(value, { keepsCryptoKeys: true }), (part) =>
    part instanceof CryptoKey ? replace() : part,
  )
}

function holdsKey(value: unknown): boolean {
  if (value instanceof CryptoKey) return true
  return isPlain(value) && Object.values(value).some(holdsKey)
}

function mapDates(value: unknown): StoredValue {
  return value instanceof Date ? value.toISOString() : (value as StoredValue)
}

function isObject(value: unknown): value is Readonly<Record<string, StoredValue>> {
  return isPlain(value) && !Array.isArray(value)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}

/** How many levels a value has; Infinity for a cycle. */
function depthOf(value: unknown, above: readonly unknown[] = []): number {
  if (!isPlain(value)) return 0
  if (above.includes(value)) return Infinity
  if (above.length > 100) return 100
  return 1 + Math.max(0, ...Object.values(value).map((part) => depthOf(part, [...above, value])))
}
