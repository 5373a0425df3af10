import type { Clock, Storage, StorageEntry, StoredValue } from 'atproof'
import { copyValue } from '../../../../src/storage/copy-value.ts'

/** Methods that take the place of those of a good engine. */
export interface Methods extends Partial<Omit<Storage, 'keepsCryptoKeys'>> {
  readonly keepsNoCryptoKeys?: true
  /** Its `put` gets the value that the caller has, and not a copy. */
  readonly takesOriginals?: true
}

/** Something that is wrong with an engine, and what goes red for it. */
export interface Defect {
  /** What the engine does. */
  readonly name: string
  /** The engine, made of a good one. */
  readonly break: (inner: Storage, clock: Clock) => Methods
  /** How the titles of the cases begin that fail, all of them. */
  readonly red: readonly string[]
}

/** A storage that does as another does, but for some methods. */
export function withMethods(inner: Storage, { keepsNoCryptoKeys, takesOriginals, ...methods }: Methods): Storage {
  return {
    ...(inner.keepsCryptoKeys && !keepsNoCryptoKeys && { keepsCryptoKeys: true as const }),
    get: (key) => inner.get(key),
    put: (key, value, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
    ...methods,
    ...(methods.put &&
      !takesOriginals && { put: async (key, value, options) => methods.put?.(key, copied(value), options) }),
  }
}

/** A copy at once, so that a defect may wait; or the same, for what is to be refused. */
function copied(value: StoredValue): StoredValue {
  try {
    return copyValue(value, { keepsCryptoKeys: true })
  } catch {
    return value // the good engine beneath refuses it
  }
}

/** Writes whatever stands there. */
export async function force(inner: Storage, key: string, value: StoredValue, expiresAt?: number): Promise<string> {
  for (;;) {
    const ifVersion = (await inner.get(key))?.version ?? null
    const version = await inner.put(key, value, { ifVersion, expiresAt })
    if (version !== undefined) return version
  }
}

/** Deletes whatever stands there. */
export async function forceDelete(inner: Storage, key: string): Promise<void> {
  const entry = await inner.get(key)
  if (entry) await inner.delete(key, { ifVersion: entry.version })
}

/** Lets others go first. */
export async function giveWay(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

/** Changes every part of a value that is read, from the inside out. */
export function mapEntry(
  entry: StorageEntry | undefined,
  change: (part: StoredValue) => StoredValue,
): StorageEntry | undefined {
  return entry && { ...entry, value: mapValue(entry.value, change) }
}

/** Changes every part of a value, from the inside out. */
export function mapValue(value: StoredValue, change: (part: StoredValue) => StoredValue): StoredValue {
  if (Array.isArray(value)) return change(value.map((item: StoredValue) => mapValue(item, change)))
  if (typeof value !== 'object' || value === null || value instanceof CryptoKey) return change(value)
  const parts = Object.entries(value).map(([name, part]) => [name, mapValue(part ?? null, change)])
  return change(Object.fromEntries(parts) as StoredValue)
}

/** Gives the entries of a storage versions of another making. */
export function renamedVersions(
  inner: Storage,
  name: (key: string, before: string | undefined) => string,
  { forgets }: { readonly forgets: 'deleted' | 'expired' | 'neither' },
): Methods {
  const names = new Map<string, { outer: string; inner: string; last: string }>()
  const current = async (key: string) => {
    const entry = await inner.get(key)
    const known = names.get(key)
    return entry && known?.inner === entry.version ? known : undefined
  }
  return {
    async get(key) {
      const entry = await inner.get(key)
      return entry && { ...entry, version: names.get(key)?.outer ?? '' }
    },
    async put(key, value, { ifVersion, expiresAt }) {
      const known = await current(key)
      if (ifVersion !== null && ifVersion !== known?.outer) return undefined
      if (!known && forgets === 'expired' && names.get(key)?.outer !== '') names.delete(key)
      const version = await inner.put(key, value, {
        ifVersion: ifVersion === null ? null : (known?.inner ?? ''),
        expiresAt,
      })
      if (version === undefined) return undefined
      const outer = name(key, names.get(key)?.last)
      names.set(key, { outer, inner: version, last: outer })
      return outer
    },
    async delete(key, { ifVersion }) {
      const known = await current(key)
      if (!known || known.outer !== ifVersion) return false
      const isDeleted = await inner.delete(key, { ifVersion: known.inner })
      if (isDeleted && forgets === 'deleted') names.delete(key)
      if (isDeleted && forgets === 'expired') names.set(key, { ...known, outer: '' })
      return isDeleted
    },
  }
}
