import { createHash } from 'node:crypto'
import { mkdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { isRefusal, isStray, namesIn, passingName, removeEmptyFolders, syncFolder } from './disk.ts'
import { readHead } from './head.ts'
import type { Place } from './place.ts'

/** Where entries go that were deleted, until their files are gone. No key's folder has a dot at its start. */
const REMOVED_FOLDER = '.removed'

/**
 * Takes the folder of a deleted entry away, so that the key is as if it had never been.
 *
 * Numbers begin anew after that. So nobody may come late who knows of the old ones: the folder moves as one, with all
 * temporary files in it, and a writer whose file has moved links nothing. And nobody may move the new folder in place of
 * the old: whoever looks whether it may go has first made a folder of its own to move it into, and {@link stopRemovals}
 * takes that one away before a new entry begins.
 */
export async function removeEntry({ root, folder, now }: Place): Promise<void> {
  const removed = join(root, REMOVED_FOLDER)
  const mine = join(removed, `${placeHash(root, folder)}-${passingName((await now()).wall, '.old')}`)
  await mkdir(removed, { recursive: true, mode: 0o700 })
  await mkdir(mine, { mode: 0o700 })
  try {
    const head = await readHead(root, folder)
    if (!head?.file?.content.isDeleted) return
    // Who put what was deleted here may not have come to this yet, and finds no folder then.
    await syncFolder(folder)
    await rename(folder, join(mine, 'entry'))
  } catch (error) {
    if (!isRefusal(error, 'ENOENT')) throw error // Else somebody was first, or a new entry is about to begin.
  } finally {
    await rm(mine, { recursive: true, force: true })
  }
  await removeEmptyFolders(dirname(folder), root)
}

/**
 * Ends all removals of an entry that have begun and not moved it yet, wherever their processes stand. What is empty has
 * moved nothing; what is not never moves anything again.
 */
export async function stopRemovals({ root, folder }: Place): Promise<void> {
  const removed = join(root, REMOVED_FOLDER)
  const hash = placeHash(root, folder)
  for (const name of await namesIn(removed)) {
    if (!name.startsWith(hash)) continue
    try {
      await rmdir(join(removed, name))
    } catch (error) {
      if (!isRefusal(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error
    }
  }
}

/** Clears away what removals left whose processes ended in between. */
export async function clearRemoved({ root, now }: Omit<Place, 'folder'>): Promise<void> {
  const removed = join(root, REMOVED_FOLDER)
  const { wall } = await now()
  for (const name of await namesIn(removed)) {
    if (isStray(name, wall)) await rm(join(removed, name), { recursive: true, force: true })
  }
}

function placeHash(root: string, folder: string): string {
  return createHash('sha256').update(relative(root, folder)).digest('hex').slice(0, 32)
}
