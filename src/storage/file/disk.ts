import { randomBytes } from 'node:crypto'
import { open, readdir, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HOUR } from '../../http/clock.ts'

/** Whether the system refused for one of these reasons. */
export function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => error.code === code)
}

/** The names in a folder; none where there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return []
    throw error
  }
}

/** Makes what was linked or made in a folder outlast a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folder like a file; its file system keeps a journal of names by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Removes a folder that is empty, and those above it that are empty then, below the root. Nothing else goes. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let current = folder; current !== root; current = dirname(current)) {
    try {
      await rmdir(current)
    } catch (error) {
      if (!isRefusal(error, 'ENOENT')) return // It is not empty, or not for us to remove.
    }
  }
}

/** What a temporary file that is written into ends in, and a folder that takes what is moved away. */
type PassingKind = '.tmp' | '.old'

/** A name for what is soon gone: never used twice, and it says when it began. */
export function passingName(wall: number, kind: PassingKind): string {
  return `${Math.floor(wall)}-${randomBytes(12).toString('hex')}${kind}`
}

/** Whether a name is that of something passing which should have passed. A wall clock that was put back counts too. */
export function isStray(name: string, wall: number): boolean {
  const match = /^(?:[0-9a-f]{32}-)?(\d+)-[0-9a-f]{24}\.(?:tmp|old)$/.exec(name)
  return match !== null && Math.abs(wall - Number(match[1])) >= HOUR
}
