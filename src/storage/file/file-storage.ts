import { join, resolve } from 'node:path'
import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { Clock } from '../../http/clock.ts'
import { copyValue } from '../copy-value.ts'
import type { PutOptions, Storage, StorageEntry, StoredValue } from '../storage.ts'
import { readExpiry } from '../stored-text.ts'
import { advisedStorage } from './advised-storage.ts'
import { refuseDamaged } from './refuse-damaged.ts'
import { readHead } from './head.ts'
import { couldBegin, keyNames, keyOfNames, prefixNames } from './key-names.ts'
import { ageOf, type Moment, momentTeller } from './moment.ts'
import type { Place } from './place.ts'
import { type Condition, setVersion } from './set-version.ts'
import { Sweeper } from './sweeper.ts'
import type { ValueContent, VersionContent } from './version-file.ts'
import { walkEntries } from './walk-entries.ts'

/** How many entries a listing reads at once. */
const READ_AT_ONCE = 32

/** Options of {@link fileStorage}. */
export interface FileStorageOptions {
  /**
   * The clock that ages, expiries and the limits of pauses go by, for tests. Its `monotonic` takes the place of the time
   * since the machine was started: all who share the directory must count it from one start.
   *
   * @default the machine's
   */
  readonly clock?: Pick<Clock, 'now' | 'monotonic'>
}

/**
 * Keeps sessions in files on a local disk, for all processes of one machine that name the same directory. No process
 * keeps anything locked: one that is killed or stopped, at whatever point, leaves the old value or the new one, and
 * nobody has to wait for it.
 *
 * - **Where.** An entry has a folder of its own, `session/did%3aplc%3a…/….entry/`, and in it a file for each version:
 *   `1.json`, `2.json`. The highest counts. Folders are made with mode 0700 and files with 0600, when the first value is
 *   put. A relative directory is one of the working directory as it is now.
 * - **Durable.** A `put` resolves once the file is flushed to the disk, and with it the folders that lead there, from the
 *   one above the directory on.
 * - **In the files** are whole sessions as JSON, keys and tokens included: put {@link encryptedStorage} over it where
 *   others can read the disk or its backups. A backup that is restored holds refresh tokens that were used since.
 * - **Cleared away** by `put` and `delete`, without a timer: superseded versions an hour after they were replaced, what has
 *   expired, and what killed processes left an hour ago. Each writing looks at its own entry and at two others, in
 *   turn. A deleted entry goes at once.
 * - **Damaged.** A file that was cut off or does not belong where it is makes its entry `corrupt`, and no other. It is
 *   never removed or replaced, but by whoever gives the `version` of that error as `ifVersion`. By hand, move away
 *   the folder of the entry, not the file alone: an older version would count again.
 * - **Late.** A `put` or `delete` that was stopped for more than 10 minutes while it wrote throws: read again. What it wrote
 *   may stand.
 * - **Age** counts by the time since the machine was started, its sleep included, in steps of a hundredth of a second
 *   or, in some runtimes, of a second. Only over a restart does the wall clock count.
 *
 * What it cannot do:
 *
 * - Network file systems (NFS, SMB, and folders shared into virtual machines) neither link nor flush as this needs: two
 *   processes could both win. Use `redisStorage` or `postgresStorage` between machines. Containers may share a folder of
 *   the machine that they all run on; where one has a kernel or an uptime of its own, ages between them are only as good as
 *   their wall clocks agree.
 * - The file system must have hard links: FAT and exFAT do not, and `put` fails there. All of the directory must be on one.
 * - Windows flushes no folders: what was put in the last moments before a power cut may be gone. A virus scanner that
 *   holds a file open can make a `delete` leave its folder behind for a while, and the next `put` fail meanwhile.
 * - Some ten writings a second to one entry, and some ten thousand entries in one folder, are within its means.
 *
 * `get` throws a StorageError `corrupt`; all else is what the system says, with its `code`: `EACCES` where the directory
 * cannot be made or written, `ENOSPC` where the disk is full. Nothing is left behind then. Where the directory is what is
 * wrong, the error's `action` says what to do.
 *
 * @throws TypeError where the directory is no text, or empty
 * @example
 *   import { OAuthClient } from 'atproof'
 *   import { fileStorage } from 'atproof/node'
 *
 *   const oauth = new OAuthClient({
 *     redirectUri: 'http://127.0.0.1/callback',
 *     storage: fileStorage('/var/lib/my-app/sessions'),
 *   })
 */
export function fileStorage(directory: string, options: FileStorageOptions = {}): Storage {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw wrongArgument('directory', 'the path of a folder', directory)
  }
  const root = resolve(directory)
  return advisedStorage(new FileStorage(root, momentTeller(options.clock)), root)
}

class FileStorage implements Storage {
  readonly #root: string
  readonly #now: () => Promise<Moment>
  readonly #sweeper: Sweeper

  constructor(root: string, now: () => Promise<Moment>) {
    this.#root = root
    this.#now = now
    this.#sweeper = new Sweeper(root, now)
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    const place = this.#place(key)
    const head = await readHead(this.#root, place.folder)
    refuseDamaged(head, key, place)
    const now = await this.#now()
    if (!head?.file || !isStanding(head.file.content, now)) return undefined
    const { version, written, content } = head.file
    return { value: content.value, version, age: ageOf(written, now) }
  }

  async put(key: string, value: StoredValue, { ifVersion, expiresAt }: PutOptions): Promise<string | undefined> {
    const place = this.#place(key)
    const content = {
      value: copyValue(value, { keepsCryptoKeys: false }),
      expiresAt: readExpiry(expiresAt) ?? Infinity,
    }
    const version = await setVersion(place, key, content, onlyOver(ifVersion, key, place))
    if (version !== undefined) await this.#sweeper.sweepAfter(place)
    return version
  }

  async delete(key: string, { ifVersion }: { readonly ifVersion: string }): Promise<boolean> {
    const place = this.#place(key)
    const version = await setVersion(place, key, { isDeleted: true }, onlyOver(ifVersion, key, place))
    if (version === undefined) return false
    await this.#sweeper.sweepAfter(place)
    return true
  }

  async *list(prefix: string): AsyncIterable<string> {
    const { folders, rest } = prefixNames(prefix)
    const walk = walkEntries(this.#root, folders, (names, at) =>
      at.length === folders.length ? names.filter((name) => couldBegin(name, rest)) : names,
    )
    for await (const batch of batchesOf(walk, READ_AT_ONCE)) {
      const keys = await Promise.all(batch.map((names) => this.#keyAt(names)))
      for (const key of keys) if (key?.startsWith(prefix)) yield key
    }
  }

  /** The key of the entry in a folder, if one stands there. One that cannot be read is listed where its folder names it. */
  async #keyAt(names: readonly string[]): Promise<string | undefined> {
    const head = await readHead(this.#root, join(this.#root, ...names))
    if (!head) return undefined
    if (!head.file) return keyOfNames(names)
    return isStanding(head.file.content, await this.#now()) ? head.file.key : undefined
  }

  #place(key: string): Place {
    return { root: this.#root, folder: join(this.#root, ...keyNames(key)), now: this.#now }
  }
}

/** Whether a value stands there: it was neither deleted, nor has it expired. */
function isStanding(content: VersionContent, now: Moment): content is ValueContent {
  return !content.isDeleted && content.expiresAt > now.wall
}

/** Where this version stands, or nothing. One that cannot be read is written over by whoever names it so, and nobody else. */
function onlyOver(ifVersion: string | null, key: string, place: Place): Condition {
  return (head, now) => {
    if (head?.version === ifVersion && head.damaged !== undefined) return true
    refuseDamaged(head, key, place)
    const isThere = head?.file && isStanding(head.file.content, now)
    return (isThere ? head.version : null) === ifVersion
  }
}

async function* batchesOf<T>(
  items: AsyncIterable<T>,
  size: number,
): AsyncGenerator<readonly T[], void, undefined> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  yield batch
}
