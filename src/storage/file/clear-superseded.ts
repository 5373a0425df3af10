import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HOUR } from '../../http/clock.ts'
import { isRefusal, isStray, namesIn, passingName } from './disk.ts'
import { readVersion, versionNumbers } from './head.ts'
import { ageOf } from './moment.ts'
import type { Place } from './place.ts'
import { versionFileName } from './version-file.ts'

/** A superseded version stays this long, for those who are about to read it. */
export const SUPERSEDED_STAYS_MS: number = HOUR

/**
 * Clears away the versions of an entry that were superseded an hour ago or more, and never the newest.
 *
 * Version n must not be made again by somebody who read n - 1 as the newest and has been paused since. They made their
 * temporary file before n was there, so that it is among those that are seen here: where one is left that is younger
 * than an hour, nothing is cleared, and the older ones go first, without which nobody links. Versions are moved into a
 * folder that was made before any was looked at. Where this process is paused, and the entry deleted and begun anew with
 * the same numbers, that folder is gone with the old one, and nothing moves.
 */
export async function clearSuperseded(place: Place): Promise<void> {
  const { folder, now } = place
  if ((await findSuperseded(place)).length === 0) return
  const mine = join(folder, passingName((await now()).wall, '.old'))
  await mkdir(mine, { mode: 0o700 })
  try {
    const superseded = await findSuperseded(place)
    if (!(await endWriters(place))) return
    for (const number of superseded) {
      const name = versionFileName(number)
      await rename(join(folder, name), join(mine, name))
    }
  } catch (error) {
    if (!isRefusal(error, 'ENOENT')) throw error // Else somebody else is at it, or has taken the entry away.
  } finally {
    await rm(mine, { recursive: true, force: true })
  }
}

/** Takes the temporary files away whose writers have been paused, or are gone. Returns whether none is left. */
async function endWriters({ folder, now }: Place): Promise<boolean> {
  const { wall } = await now()
  const writers = (await namesIn(folder)).filter((name) => name.endsWith('.tmp'))
  for (const name of writers) if (isStray(name, wall)) await rm(join(folder, name), { force: true })
  return writers.every((name) => isStray(name, wall))
}

/** The numbers below the newest whose successor was written an hour ago or more. */
async function findSuperseded({ root, folder, now }: Place): Promise<readonly number[]> {
  const numbers = versionNumbers(await namesIn(folder))
  const superseded: number[] = []
  for (const [at, number] of numbers.slice(0, -1).entries()) {
    const successor = await readVersion(root, folder, numbers[at + 1] ?? 0)
    // One that cannot be read does not say when it was written. What is older than it stays.
    if (!successor?.file) continue
    if (ageOf(successor.file.written, await now()) < SUPERSEDED_STAYS_MS) break
    superseded.push(number)
  }
  return superseded
}
