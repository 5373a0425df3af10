// A page: whoever drives the browser calls its deeds.
import { type Clock, systemClock } from '../../../src/http/clock.ts'
import { checkedStorage } from '../../../src/storage/checked-storage.ts'
import { indexedDbStorage } from '../../../src/storage/indexeddb.ts'
import { lateIndexedDbStorage } from '../../../src/storage/indexeddb/late-storage.ts'
import { writeEntries } from '../../../src/storage/indexeddb/write-entries.ts'
import { storageSuite } from '../../../src/testing/storage-suite/storage-suite.ts'
import { create, keysAt, signs } from './kept-keys.ts'
import { openRaw, rawKeys, settled } from './raw-database.ts'
import { suiteHooks } from './suite-hooks.ts'

const NAME = 'atproof'
const PUTS = 50

/** What a failure tells an app. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly cause: string
  readonly retryable: boolean
  readonly action: string
}

const cases = new Map(storageSuite(suiteHooks()).map(({ title, run }) => [title, run]))
const storage = checkedStorage(indexedDbStorage())

/** The connections of this page, and what it asked of them. */
const connections: IDBDatabase[] = []
const transactions: { readonly mode: string; readonly durability: string }[] = []
let completions = 0

const begin = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...input: Parameters<typeof begin>) {
  const [, mode = 'readonly', options] = input
  const transaction = begin.apply(this, input)
  connections.push(this)
  transactions.push({ mode, durability: options?.durability ?? 'default' })
  transaction.addEventListener('complete', () => (completions += 1))
  return transaction
}

/** What a test has a page do. What goes in and comes out is JSON. */
export const deeds = {
  /** Runs a case of the storage suite. */
  async runCase(title: string): Promise<string> {
    const run = cases.get(title)
    if (!run) return 'no such case'
    return run().then(
      () => 'passed',
      (error: unknown) => `${String(error)}\n${error instanceof Error ? error.stack : ''}`,
    )
  },

  async put(
    key: string,
    value: string,
    ifVersion: string | null,
    expiresAt?: number,
  ): Promise<string | undefined> {
    return storage.put(key, value, { ifVersion, expiresAt })
  },

  async get(key: string): Promise<unknown> {
    return (await storage.get(key))?.value ?? null
  },

  /** Creates an entry, and gives what its transactions were, and how many were complete when the put resolved. */
  async watchPut(key: string): Promise<unknown> {
    transactions.length = 0
    completions = 0
    await storage.put(key, 'x', { ifVersion: null })
    const completed = completions
    await storage.put(key, 'late', { ifVersion: null })
    return { completed, transactions }
  },

  /** Keeps a new key, and says what came of trying to export it, from the storage and as it was. */
  async keepKey(key: string): Promise<readonly string[]> {
    await create(storage, key)
    const kept = await keysAt(storage, key)
    if (!kept) return ['not kept']
    const exports = (['jwk', 'pkcs8'] as const).map((format) =>
      crypto.subtle.exportKey(format, kept.privateKey).then(
        () => 'exported',
        (error: unknown) => (error instanceof Error ? error.name : 'failed'),
      ),
    )
    return [String(kept.privateKey.extractable), ...(await Promise.all(exports))]
  },

  /** What a storage whose writing is loaded late, and this one, see of each other. */
  async shareWithLate(key: string): Promise<unknown> {
    const late = checkedStorage(lateIndexedDbStorage(async () => writeEntries))
    const first = await late.put(key, { written: 'late' }, { ifVersion: null })
    const seen = await storage.get(key)
    const second = await storage.put(key, { written: 'here' }, { ifVersion: seen?.version ?? null })
    const { value, version = '' } = (await late.get(key)) ?? {}
    const listed: string[] = []
    for await (const found of late.list(key)) listed.push(found)
    const deletions = [
      await late.delete(key, { ifVersion: first ?? '' }),
      await late.delete(key, { ifVersion: version }),
    ]
    return {
      seen: [seen?.value, value],
      areVersions: [seen?.version === first, version === second],
      listed,
      deletions,
      left: (await storage.get(key)) ?? null,
      refused: await failureOf(
        late.put(
          key,
          JSON.parse('{}', () => new Map()),
          { ifVersion: null },
        ),
      ),
    }
  },

  /** Whether a kept key signs what its public key verifies. */
  signWith: (key: string): Promise<boolean | undefined> => signs(storage, key),

  /** Puts entries as another tab does, once it is time; gives the numbers of those that it won. */
  async race(me: string, startAt: number): Promise<readonly number[]> {
    await systemClock.sleep(startAt - Date.now())
    const puts = Array.from({ length: PUTS }, async (_, at) =>
      (await storage.put(`race/${at}`, me, { ifVersion: null })) === undefined ? [] : [at],
    )
    return (await Promise.all(puts)).flat()
  },

  /** Deletes the database, and says whether somebody stood in the way. */
  async deleteDatabase(): Promise<string> {
    const request = indexedDB.deleteDatabase(NAME)
    let state = 'deleted'
    request.addEventListener('blocked', () => (state = 'blocked'))
    await settled(request)
    return state
  },

  /** Brings a newer schema, as another tab with a newer version of the app does. */
  async upgrade(): Promise<void> {
    ;(await openRaw(NAME, 2)).close()
  },

  /** Closes the connections without a word, as a browser does that loses its database. */
  async closeConnections(): Promise<number> {
    const open = new Set(connections.splice(0))
    for (const connection of open) connection.close()
    return open.size
  },

  /** Ends the transaction of the next put from outside, and gives what the put then says. */
  async abortPut(key: string): Promise<Failure> {
    const { put } = IDBObjectStore.prototype
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...input: Parameters<typeof put>) {
      const request = put.apply(this, input)
      IDBObjectStore.prototype.put = put
      this.transaction.commit = () => this.transaction.abort()
      return request
    }
    return failureOf(storage.put(key, 'x', { ifVersion: null }))
  },

  /** Puts so much that it does not fit. */
  async overfill(key: string, megabytes: number): Promise<Failure> {
    return failureOf(fill(key, megabytes))
  },

  /** What opening a database says that a stranger holds while it is to be deleted; then what it says afterwards. */
  async openHeld(): Promise<readonly [Failure, unknown]> {
    const stranger = await openRaw('held')
    const deletion = settled(indexedDB.deleteDatabase('held'))
    const impatient: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) }
    const held = checkedStorage(indexedDbStorage({ name: 'held', clock: impatient }))
    const failure = await failureOf(held.put('session/1', 'x', { ifVersion: null }))
    stranger.close()
    await deletion
    await held.put('session/2', 'x', { ifVersion: null })
    return [failure, (await held.get('session/2'))?.value]
  },

  /** What a storage says in a frame that may run scripts and nothing else. */
  async failInSandbox(): Promise<Failure> {
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.srcdoc = `<script type="module">
      await import('${location.origin}/page.js')
      parent.postMessage(await deeds.failure(), '*')
    </script>`
    const answer = new Promise<Failure>((resolve) =>
      addEventListener('message', ({ data }) => resolve(data as Failure), { once: true }),
    )
    document.body.append(frame)
    return answer
  },

  /** What any writing fails with. */
  async failure(): Promise<Failure> {
    return failureOf(storage.put('session/1', 'x', { ifVersion: null }))
  },

  /** What it says where there is no IndexedDB at all. */
  async failWithout(): Promise<Failure> {
    Reflect.deleteProperty(globalThis, 'indexedDB')
    return failureOf(storage.get('session/1'))
  },

  /** How old an entry is by a clock that was set back since. */
  async ageAfterSetBack(key: string): Promise<number | undefined> {
    await storage.put(key, 'x', { ifVersion: null })
    const clock: Clock = { ...systemClock, now: () => Date.now() - 60_000 }
    return (await indexedDbStorage({ clock }).get(key))?.age
  },

  rawKeys: (): Promise<readonly string[]> => rawKeys(NAME),
}

Object.assign(globalThis, { deeds })

async function fill(key: string, megabytes: number): Promise<void> {
  for (let at = 0; at < megabytes; at += 1) await storage.put(`${key}/${at}`, megabyte(), { ifVersion: null })
}

/** A text that cannot be compressed. */
function megabyte(): string {
  const parts = Array.from({ length: 16 }, () => crypto.getRandomValues(new Uint8Array(2 ** 15)))
  return parts.map((bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')).join('')
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (failure: unknown) => failure,
  )
  const { code, message, cause, retryable, action } = Object(error) as Record<string, unknown>
  const name = cause instanceof Error ? cause.name : String(cause)
  return {
    code: String(code),
    message: String(message),
    cause: name,
    retryable: retryable === true,
    action: String(action),
  }
}

/** For the types of those who call. */
export type Deeds = typeof deeds
