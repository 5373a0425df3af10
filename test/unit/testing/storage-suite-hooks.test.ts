import { memoryStorage, type Storage } from 'atproof'
import { runStorageTask, type StorageCase, type StorageHooks, storageSuite } from 'atproof/testing'
import { expect, test } from 'vitest'
import { readReports } from '../../../src/testing/storage-suite/read-reports.ts'
import type { TaskReport } from '../../../src/testing/storage-suite/storage-task.ts'

const open = async () => memoryStorage()
const nothing = async () => {}
/** A process that ends at once. */
const spawn = async () => ({ output: prints([]), kill: nothing })

async function* prints(pieces: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* pieces
}

function caseOf(hooks: StorageHooks, title: string): StorageCase {
  const found = storageSuite(hooks).find((one) => one.title.startsWith(title))
  if (!found) throw new Error(`no case ${title}`)
  return found
}

async function reportsIn(pieces: readonly (string | Uint8Array)[]): Promise<TaskReport[]> {
  const reports: TaskReport[] = []
  for await (const report of readReports(prints(pieces))) reports.push(report)
  return reports
}

test('has a case for each missing hook, whose title says what did not run', async () => {
  const cases = storageSuite({ open })
  const absent = cases.filter(({ title }) => title.startsWith('NOT RUN'))
  expect(absent.map(({ title }) => title)).toEqual([
    expect.stringMatching(/^NOT RUN, since no hook `reopen` was given: sees at once.*; gives one age/),
    expect.stringMatching(/^NOT RUN, since no hook `spawn` was given: lets one of 4.*; holds all that/),
    expect.stringMatching(/^NOT RUN, since no hook `corrupt` was given: says of an entry.*; neither deletes/),
  ])
  for (const { run } of absent) expect(await run()).toBeUndefined()
})

test('runs the cases of the hooks that are given, those of a damage for each of its names', () => {
  const titles = storageSuite({
    open,
    reopen: async (storage: Storage) => storage,
    spawn,
    corrupt: { truncated: nothing, foreign: nothing },
  }).map(({ title }) => title)
  expect(titles.filter((title) => title.startsWith('NOT RUN'))).toEqual([])
  expect(titles.filter((title) => title.includes('that is truncated'))).toHaveLength(3)
  expect(titles.filter((title) => title.includes('that is foreign'))).toHaveLength(3)
  expect(new Set(titles).size).toBe(titles.length)
})

test('wants `open`', () => {
  // @ts-expect-error -- what the compiler refuses, untyped code hands over
  expect(() => storageSuite({})).toThrow('hooks.open: expected a function, found undefined')
  // @ts-expect-error -- the same
  expect(() => storageSuite()).toThrow(TypeError)
})

test('opens a storage for each case, and closes what it opened, also where the case fails', async () => {
  const isOpen: Storage[] = []
  const hooks: StorageHooks = {
    async open() {
      const storage = memoryStorage()
      isOpen.push(storage)
      return storage
    },
    async close(storage) {
      isOpen.splice(isOpen.indexOf(storage), 1)
    },
    async reopen() {
      return hooks.open()
    },
  }
  await caseOf(hooks, 'creates only').run()
  expect(isOpen).toEqual([])
  // Another storage is no other handle over the same data.
  await expect(caseOf(hooks, 'sees at once').run()).rejects.toThrow(
    'expected an entry under the key, found nothing',
  )
  expect(isOpen).toEqual([])
})

test('says of a process that ends too early that it did', async () => {
  const counting = caseOf({ open, spawn }, 'loses none of the increments')
  await expect(counting.run()).rejects.toThrow(
    'expected a process that begins its task, found one that ended before',
  )
})

test('kills every process of a case that fails', async () => {
  let killed = 0
  let spawned = 0
  const slow = async () => {
    spawned += 1
    // The last one is not there yet when the first has failed.
    await new Promise((resolve) => setTimeout(resolve, spawned * 10))
    return { output: prints(['hello\n']), kill: () => (killed += 1) }
  }
  await expect(caseOf({ open, spawn: slow }, 'gives an entry the same age').run()).rejects.toThrow(
    'begins its task',
  )
  expect(killed).toBe(4)
})

test('reads what a process prints in pieces of any length, and leaves out what is not whole or not its own', async () => {
  const line = 'storage-task {"event":"wrote","at":7,"version":"é"}\n'
  const report = { event: 'wrote', at: 7, version: 'é' }
  const bytes = new TextEncoder().encode(line)
  expect(await reportsIn([line + line])).toEqual([report, report])
  expect(await reportsIn([...line])).toEqual([report])
  expect(await reportsIn(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual([report])
  expect(await reportsIn(['Debugger attached.\n', line.replace('\n', '\r\n'), line.trim()])).toEqual([report])
  expect(await reportsIn(['storage-task {"event":"wrote"}\n', 'storage-task {\n'])).toEqual([])
})

test('refuses a task that is none', async () => {
  const storage = memoryStorage()
  for (const task of ['', '{}', 'null', '{"run":"erase","name":"a","key":"b","count":1}']) {
    await expect(runStorageTask(storage, task, () => {})).rejects.toThrow(TypeError)
  }
})
