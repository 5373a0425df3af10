import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isRefusal } from './disk.ts'
import { ENTRY_SUFFIX } from './key-names.ts'

/** What a name of ours looks like. Others in the folder are not ours to touch. */
const FOLDER_NAME = /^[a-z0-9_%~-]+$/

/** Which of the names in some folder to look at, and in what order. */
type Choice = (names: readonly string[], folders: readonly string[]) => readonly string[]

/** The entries in a folder and those below it, each as the names of its folders from the root. */
export async function* walkEntries(
  root: string,
  folders: readonly string[],
  choose: Choice,
): AsyncGenerator<readonly string[], void, undefined> {
  for (const name of choose(await foldersIn(join(root, ...folders)), folders)) {
    const names = [...folders, name]
    if (name.endsWith(ENTRY_SUFFIX)) yield names
    else yield* walkEntries(root, names, choose)
  }
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const found = await listFolder(folder)
  return found
    .filter((item) => item.isDirectory() && FOLDER_NAME.test(item.name.replace(ENTRY_SUFFIX, '')))
    .map(({ name }) => name)
}

async function listFolder(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return []
    throw error
  }
}
