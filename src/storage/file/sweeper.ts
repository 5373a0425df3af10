import { randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { clearSuperseded } from './clear-superseded.ts'
import { isStray, namesIn, removeEmptyFolders } from './disk.ts'
import { readHead } from './head.ts'
import type { Moment } from './moment.ts'
import type { Place } from './place.ts'
import { clearRemoved, removeEntry } from './remove-entry.ts'
import { setVersion } from './set-version.ts'
import { walkEntries } from './walk-entries.ts'

/** How many entries each writing looks at. More than one, so that there are never more of the expired than of others. */
export const ENTRIES_AT_A_TIME = 2

/**
 * Clears away what nobody needs: expired entries, deletions that were interrupted, superseded versions, temporary files
 * of processes that ended. A few entries at each writing, in turn, so that it takes neither a timer nor a long walk.
 */
export class Sweeper {
  readonly #root: string
  readonly #now: () => Promise<Moment>
  #walk: AsyncGenerator<readonly string[], void, undefined> | undefined
  #isBusy = false

  constructor(root: string, now: () => Promise<Moment>) {
    this.#root = root
    this.#now = now
  }

  /**
   * Looks at the entry that was written, and at the next few. What it meets is no failure of that writing, which was
   * done: a disk that fails or is full shows at the next one, which also comes by here again.
   */
  async sweepAfter(written: Place): Promise<void> {
    await sweepEntry(written).catch(() => {})
    if (this.#isBusy) return
    this.#isBusy = true
    for (let count = 0; count < ENTRIES_AT_A_TIME; count++) await this.#sweepNext().catch(() => {})
    this.#isBusy = false
  }

  async #sweepNext(): Promise<void> {
    const walk = (this.#walk ??= this.#begin())
    // A walk that fails is over as well.
    const next = await walk.next()
    if (next.done) this.#walk = undefined
    else await sweepEntry({ root: this.#root, folder: join(this.#root, ...next.value), now: this.#now })
  }

  async *#begin(): AsyncGenerator<readonly string[], void, undefined> {
    await clearRemoved({ root: this.#root, now: this.#now })
    yield* walkEntries(this.#root, [], turned)
  }
}

/** From anywhere: a process that writes once and ends would always look at the same entries. */
function turned(names: readonly string[]): readonly string[] {
  const start = randomInt(Math.max(names.length, 1))
  return [...names.slice(start), ...names.slice(0, start)]
}

/** Clears away what is in an entry's folder and not needed. What cannot be read stays as it is. */
export async function sweepEntry(place: Place): Promise<void> {
  const { root, folder, now } = place
  const { wall } = await now()
  for (const name of await namesIn(folder)) {
    if (isStray(name, wall)) await rm(join(folder, name), { recursive: true, force: true })
  }
  const head = await readHead(root, folder)
  if (!head) return removeEmptyFolders(folder, root)
  if (!head.file) return
  const { key, version, content } = head.file
  if (!content.isDeleted && content.expiresAt > wall) return clearSuperseded(place)
  if (!content.isDeleted) await setVersion(place, key, { isDeleted: true }, (found) => found?.version === version)
  await removeEntry(place)
}
