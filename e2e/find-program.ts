import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The executable of this name that the PATH leads to. */
export function findProgram(name: string): string | undefined {
  const folder = findPrograms([name])
  return folder === undefined ? undefined : join(folder, name)
}

/** The folder on the PATH, or among others after it, that has all of these executables. */
export function findPrograms(names: readonly string[], otherFolders: readonly string[] = []): string | undefined {
  const folders = process.env['PATH']?.split(delimiter) ?? []
  return [...folders, '/usr/bin', ...otherFolders].find((folder) =>
    names.every((name) => isExecutable(join(folder, name))),
  )
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Missing or not executable: no use either way.
    return false
  }
}

/** What a folder holds, the highest version first. Nothing where there is no such folder. */
export function listVersions(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder)
    return names.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true })).map((name) => join(folder, name))
  } catch {
    // Nothing is installed there.
    return []
  }
}
