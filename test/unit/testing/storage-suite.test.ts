import { encryptedStorage, memoryStorage, type Storage } from 'atproof'
import { type StorageCase, type StorageHooks, storageSuite, testClock } from 'atproof/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { type Methods, withMethods } from './storage-suite/broken-storage.ts'
import { conditionDefects } from './storage-suite/condition-defects.ts'
import { damageable, damageDefects } from './storage-suite/damage-defects.ts'
import { fakeProcess, mortal } from './storage-suite/fake-process.ts'
import { keyDefects } from './storage-suite/key-defects.ts'
import { sharedDefects } from './storage-suite/shared-defects.ts'
import { timeDefects } from './storage-suite/time-defects.ts'
import { valueDefects } from './storage-suite/value-defects.ts'

const clock = testClock({ autoAdvance: true })
afterAll(() => clock.close())

const open = async () => memoryStorage({ clock })
const single = [...conditionDefects, ...timeDefects, ...valueDefects, ...keyDefects]

/** Hooks over handles that are made of one storage in memory; processes are handles too. */
function sharedHooks(handle: (typeof sharedDefects)[number]['handle']): StorageHooks {
  const data = new Map<Storage, (isAlive?: () => boolean) => Storage>()
  return {
    clock,
    async open() {
      const [inner, make] = [await open(), handle(clock)]
      let handles = 0
      const openHandle = (isAlive?: () => boolean) => {
        const own = isAlive ? mortal(inner, isAlive) : inner
        const storage = withMethods(own, make(own, handles++, isAlive ?? (() => true)))
        data.set(storage, openHandle)
        return storage
      }
      return openHandle()
    },
    reopen: async (storage) => given(data.get(storage))(),
    spawn: async (storage, task) => fakeProcess(given(data.get(storage)), task),
  }
}

/** Hooks over a storage whose entries can be damaged. */
function damageHooks(change: (inner: Storage, damaged: Set<string>) => Methods): StorageHooks {
  const damages = new Map<Storage, Set<string>>()
  return {
    clock,
    async open() {
      const damaged = new Set<string>()
      const inner = damageable(await open(), damaged)
      const storage = withMethods(inner, change(inner, damaged))
      damages.set(storage, damaged)
      return storage
    },
    corrupt: { truncated: async (storage, key) => void given(damages.get(storage)).add(key) },
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not opened here')
  return value
}

/** The titles of the cases that fail. */
async function redCases(cases: readonly StorageCase[]): Promise<string[]> {
  const red: string[] = []
  for (const { title, run } of cases) {
    await run().catch((error: unknown) => {
      expect(error).toBeInstanceOf(Error)
      red.push(title)
    })
  }
  return red
}

/** The whole titles that begin so. */
function titlesOf(cases: readonly StorageCase[], beginnings: readonly string[]): string[] {
  const titles = cases
    .map(({ title }) => title)
    .filter((title) => beginnings.some((start) => title.startsWith(start)))
  expect(titles).toHaveLength(beginnings.length)
  return titles
}

describe('a good engine passes every case', () => {
  test('with all hooks', async () => {
    const shared = sharedHooks(() => () => ({}))
    expect(await redCases(storageSuite(shared))).toEqual([])
    expect(await redCases(storageSuite(damageHooks(() => ({}))))).toEqual([])
  })

  test('that keeps no CryptoKeys', async () => {
    const keys = ['MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=']
    expect(
      await redCases(storageSuite({ clock, open: async () => encryptedStorage(await open(), keys) })),
    ).toEqual([])
  })
})

describe('exactly the cases that are about it go red for an engine that', () => {
  test.each(single)('$name', async (defect) => {
    const broken = async () => {
      const inner = await open()
      return withMethods(inner, defect.break(inner, clock))
    }
    const cases = storageSuite({ clock, open: broken })
    expect(await redCases(cases)).toEqual(titlesOf(cases, defect.red))
  })

  test.each(sharedDefects)('$name', async (defect) => {
    const cases = storageSuite(sharedHooks(defect.handle))
    const chance = titlesOf(cases, defect.maybeRed ?? [])
    const red = await redCases(cases)
    expect(red.filter((title) => !chance.includes(title))).toEqual(titlesOf(cases, defect.red))
  })

  test.each(damageDefects)('$name, an entry that is damaged', async (defect) => {
    const cases = storageSuite(damageHooks(defect.break))
    expect(await redCases(cases)).toEqual(titlesOf(cases, defect.red))
  })
})

test('each case has an engine for which it goes red', () => {
  const hooks = { ...sharedHooks(() => () => ({})), corrupt: { truncated: async () => {} } }
  const reds = [...single, ...sharedDefects, ...damageDefects].flatMap(({ red }) => red)
  const never = storageSuite(hooks).filter(({ title }) => !reds.some((start) => title.startsWith(start)))
  expect(never.map(({ title }) => title)).toEqual([])
})
