import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { isRefusal, namesIn } from './disk.ts'
import { keyNames } from './key-names.ts'
import { corruptVersion, parseVersion, type VersionFile, versionFileName, versionNumber } from './version-file.ts'

/** The newest version of an entry: one that can be read, or one that cannot. */
export type Head = { readonly number: number; readonly version: string } & (
  | { readonly file: VersionFile; readonly damaged?: undefined }
  /** The path of the file that is there. */
  | { readonly damaged: string; readonly file?: undefined }
)

/** An entry that others change faster than it can be read. */
const MOST_TRIES = 100

/** Reads the newest version in an entry's folder. Undefined where there is none. */
export async function readHead(root: string, folder: string): Promise<Head | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const number = versionNumbers(await namesIn(folder)).at(-1)
    if (number === undefined) return undefined
    const head = await readVersion(root, folder, number)
    if (head) return head // Else it was replaced, and cleared away, or deleted, since.
  }
  throw new Error(`${folder} changes faster than it can be read`)
}

/** The numbers of the versions among the names in a folder, from the oldest. */
export function versionNumbers(names: readonly string[]): readonly number[] {
  return names
    .map(versionNumber)
    .filter((number) => number !== undefined)
    .toSorted((a, b) => a - b)
}

/** Reads one version. Undefined where there is no such file. */
export async function readVersion(root: string, folder: string, number: number): Promise<Head | undefined> {
  const path = join(folder, versionFileName(number))
  const read = await readBytes(path)
  if (!read) return undefined
  const file = parseVersion(read.bytes.toString('utf8'), number)
  // The key stands in the file as well: one that was copied here from elsewhere is not this entry.
  if (file?.key.isWellFormed() && join(root, ...keyNames(file.key)) === folder) {
    return { number, version: file.version, file }
  }
  return { number, version: corruptVersion(number, read.bytes, read.changedAt), damaged: path }
}

async function readBytes(
  path: string,
): Promise<{ readonly bytes: Buffer; readonly changedAt: number } | undefined> {
  try {
    const handle = await open(path, 'r')
    try {
      const { mtimeMs } = await handle.stat()
      return { bytes: await handle.readFile(), changedAt: mtimeMs }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return undefined
    if (isRefusal(error, 'EISDIR')) return { bytes: Buffer.alloc(0), changedAt: 0 }
    throw error
  }
}
