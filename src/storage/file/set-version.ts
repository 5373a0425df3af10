import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MINUTE } from '../../http/clock.ts'
import { isRefusal, passingName, removeEmptyFolders, syncFolder } from './disk.ts'
import { type Head, readHead } from './head.ts'
import { longestBetween, type Moment } from './moment.ts'
import type { Place } from './place.ts'
import { removeEntry, stopRemovals } from './remove-entry.ts'
import { createVersion, formatVersion, type VersionContent, versionFileName } from './version-file.ts'

/** Whether to write over what stands there, at this moment. A deletion is never asked about: nothing stands there. */
export type Condition = (head: Head | undefined, now: Moment) => boolean

/**
 * A version that took longer than this to be linked is not vouched for: whoever wrote it is told to read again.
 *
 * It stays where it is. Once it is linked, another process may have read it, and be about to put its own over it. If it
 * went, a third could make its number anew over the version before, the other could still link the number after, and both
 * would have won. Nor is it there wrongly, since a link that comes too late fails, as {@link setVersion} says. So the
 * doubt is for file systems that keep temporary files and links otherwise than they should.
 */
export const LONGEST_WRITE_MS: number = 10 * MINUTE

/** Each try that is lost is one that somebody else has won. */
const MOST_TRIES = 100

/**
 * Writes the next version of an entry, if the one that stands there allows it. Returns its name, or undefined.
 *
 * The file is written beside its place and linked into it, which fails where a file is: of all who have read version n
 * one makes n + 1. The number is not made a second time once it is cleared away: that needs a temporary file from before
 * n + 1 was there, and {@link clearSuperseded} takes those away first. It stands or falls with the order: the temporary
 * file, then the reading, then the link.
 */
export async function setVersion(
  place: Place,
  key: string,
  content: VersionContent,
  allows: Condition,
): Promise<string | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const seen = await readLiving(place)
    // Before anything is made: who comes too late leaves no trace.
    if (!allows(seen, await place.now())) return undefined
    const version = await tryOnce(place, key, content, allows)
    if (version !== 'again') return version
  }
  throw new Error(`${place.folder} changes faster than it can be written`)
}

async function tryOnce(
  place: Place,
  key: string,
  content: VersionContent,
  allows: Condition,
): Promise<string | undefined> {
  const { root, folder, now } = place
  const begun = await now()
  const temporary = join(folder, passingName(begun.wall, '.tmp'))
  const handle = await create(temporary, root)
  if (!handle) return 'again'
  let isLinked = false
  try {
    const head = await readHead(root, folder)
    if (head?.file?.content.isDeleted) return 'again'
    if (!allows(head, begun)) return undefined
    if (!head) {
      await stopRemovals(place)
      await syncFoldersAbove(folder, root)
    }
    const number = (head?.number ?? 0) + 1
    const version = createVersion(number)
    await handle.writeFile(formatVersion({ key, version, written: begun, content }))
    await handle.sync()
    // Once more: what it replaces may have expired while this process stood still.
    if (!allows(head, await now())) return undefined
    const target = join(folder, versionFileName(number))
    isLinked = await tryToLink(temporary, target)
    if (!isLinked) return 'again'
    const pauseMs = longestBetween(begun, await now())
    await syncEntry(folder)
    if (pauseMs > LONGEST_WRITE_MS) throw new Error(describePause(target, pauseMs))
    return version
  } finally {
    await handle.close()
    await discard(temporary)
    if (!isLinked) await removeEmptyFolders(folder, root)
  }
}

/** Looks at what stands there, and clears a deletion away that was not yet: nothing can be written over one. */
async function readLiving(place: Place): Promise<Head | undefined> {
  const head = await readHead(place.root, place.folder)
  if (!head?.file?.content.isDeleted) return head
  await removeEntry(place)
  return undefined
}

/** Makes a file, and the folders above it. Undefined where somebody takes a folder away meanwhile. */
async function create(path: string, root: string): Promise<FileHandle | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return undefined
    await removeEmptyFolders(dirname(path), root)
    throw error
  }
}

/** False where the version is there already, or where the temporary file was taken away, its folder with it perhaps. */
async function tryToLink(temporary: string, target: string): Promise<boolean> {
  try {
    await link(temporary, target)
    return true
  } catch (error) {
    if (isRefusal(error, 'EEXIST', 'ENOENT')) return false
    throw error
  }
}

/** Before the first version is there: whoever reads it may then take its folders for durable. */
async function syncFoldersAbove(folder: string, root: string): Promise<void> {
  for (let current = dirname(folder); current !== dirname(root); current = dirname(current)) {
    await syncEntry(current)
  }
  await syncFolder(dirname(root)).catch((error: unknown) => {
    // Not ours to read: then it was there before.
    if (!isRefusal(error, 'EACCES', 'EPERM')) throw error
  })
}

/** Where the folder is gone, what was linked into it was deleted by somebody who made it durable first. */
async function syncEntry(folder: string): Promise<void> {
  try {
    await syncFolder(folder)
  } catch (error) {
    if (!isRefusal(error, 'ENOENT')) throw error
  }
}

/** One that stays behind is in nobody's way, and is swept. */
async function discard(temporary: string): Promise<void> {
  await unlink(temporary).catch(() => {})
}

function describePause(target: string, pauseMs: number): string {
  const minutes = Math.floor(pauseMs / MINUTE)
  return `${target}: the process stood still for ${minutes} minutes while it wrote this; whether it counts is unknown: read again`
}
