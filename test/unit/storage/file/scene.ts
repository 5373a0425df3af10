import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStorage } from 'atproof/node'
import { type TestClock, testClock } from 'atproof/testing'
import { onTestFinished } from 'vitest'
import type { Storage, StoredValue } from '../../../../src/storage/storage.ts'
import { type BeforeCall, interceptFiles } from './intercept-files.ts'

export const KEY = 'session/did:plc:alice/1'
/** Where the entry of {@link KEY} is. */
export const FOLDER = 'session/did%3aplc%3aalice/1.entry'

/** An empty folder, gone after the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'file-storage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface FileScene {
  readonly directory: string
  readonly clock: TestClock
  readonly storage: Storage
  /** Puts a value where none stands, and gives its version. */
  readonly create: (key: string, value: StoredValue, expiresAt?: number) => Promise<string>
  /** Puts a value over a version, and gives the new one. */
  readonly replace: (key: string, value: StoredValue, ifVersion: string) => Promise<string>
  /** The paths of all files, and of all folders that are empty. */
  readonly files: () => Promise<readonly string[]>
}

/** A storage in an empty folder, by a clock that the test owns. */
export async function fileScene(): Promise<FileScene> {
  const directory = await emptyFolder()
  const clock = testClock()
  const storage = fileStorage(directory, { clock })
  const put = async (key: string, value: StoredValue, ifVersion: string | null, expiresAt?: number) => {
    const version = await storage.put(key, value, { ifVersion, expiresAt })
    if (version === undefined) throw new Error(`${key}: the put was lost`)
    return version
  }
  return {
    directory,
    clock,
    storage,
    create: (key, value, expiresAt) => put(key, value, null, expiresAt),
    replace: put,
    files: () => filesIn(directory),
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = found.map((item) => join(item.parentPath, item.name).slice(directory.length + 1))
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))).toSorted()
}

/** Puts something before every call to the file system, until the test ends. */
export async function beforeCalls(before: BeforeCall): Promise<() => void> {
  const restore = await interceptFiles(before)
  onTestFinished(restore)
  return restore
}

export async function keysOf(storage: Storage, prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys.toSorted()
}
