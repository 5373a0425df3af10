import type { Storage, StorageEntry, StoredValue } from '../../storage/storage.ts'
import { expectSame, expectThat } from './expect.ts'

/** Puts a value where nothing stands, and gives its version. */
export async function create(
  storage: Storage,
  key: string,
  value: StoredValue,
  expiresAt?: number,
): Promise<string> {
  return written(await storage.put(key, value, { ifVersion: null, expiresAt }), 'a put where nothing stands')
}

/** Puts a value over a version that stands there, and gives the new one. */
export async function replace(
  storage: Storage,
  key: string,
  value: StoredValue,
  ifVersion: string,
  expiresAt?: number,
): Promise<string> {
  return written(
    await storage.put(key, value, { ifVersion, expiresAt }),
    'a put over the version that stands there',
  )
}

/** Throws unless a put was lost. */
export function expectLost(version: string | undefined, what: string): void {
  expectThat(version === undefined, `undefined from ${what}`, 'a version')
}

/** What stands under a key. */
export async function read(storage: Storage, key: string): Promise<StorageEntry> {
  const entry = await storage.get(key)
  expectThat(entry !== undefined, 'an entry under the key', 'nothing')
  return entry
}

/** Throws unless a value stands under a key, as that version where one is given. */
export async function expectStored(
  storage: Storage,
  key: string,
  value: StoredValue,
  version?: string,
): Promise<void> {
  const entry = await read(storage, key)
  expectSame(entry.value, value)
  if (version !== undefined) {
    expectThat(entry.version === version, 'the version that put returned', 'another one')
  }
}

/** Throws unless nothing stands under a key. */
export async function expectNothing(storage: Storage, key: string, when: string): Promise<void> {
  expectThat((await storage.get(key)) === undefined, `nothing under the key ${when}`, 'an entry')
}

/** All keys with a prefix. */
export async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys
}

function written(version: string | undefined, what: string): string {
  expectThat(version !== undefined, `a version from ${what}`, 'undefined, as if somebody had been first')
  expectThat(typeof version === 'string' && version !== '', `a text as version`, typeof version)
  return version
}
