import type { Clock } from '../../http/clock.ts'
import type { Storage } from '../../storage/storage.ts'
import { expectThat } from './expect.ts'
import { create, expectStored, read, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
const PAUSE_MS = 100
/** How much two clocks may differ over so short a time, and how coarse they may be. */
const AGE_TOLERANCE_MS = 50

/** How long ago something was written. */
export const ageCases: readonly SuiteCase[] = [
  {
    title: 'begins at the age of zero, and is never younger',
    async run({ storage, clock }) {
      for (let round = 0; round < 20; round += 1) {
        const before = clock.monotonic()
        await create(storage, `${KEY}/${round}`, 'x')
        const age = await ageOf(storage, `${KEY}/${round}`)
        expectAge(age, 0, clock.monotonic() - before)
      }
    },
  },
  {
    title: 'grows older with time',
    async run({ storage, clock }) {
      const before = clock.monotonic()
      await create(storage, KEY, 'x')
      const written = clock.monotonic()
      for (let look = 0; look < 3; look += 1) {
        await clock.sleep(PAUSE_MS)
        const least = clock.monotonic() - written
        expectAge(await ageOf(storage, KEY), least, clock.monotonic() - before)
      }
    },
  },
  {
    title: 'begins anew with each put that wins, and with nothing else',
    async run({ storage, clock }) {
      const first = await create(storage, KEY, 'x')
      const written = clock.monotonic()
      await clock.sleep(PAUSE_MS)
      await storage.put(KEY, 'late', { ifVersion: null })
      await storage.put(KEY, 'late', { ifVersion: `${first}0` })
      await storage.delete(KEY, { ifVersion: `${first}0` })
      await expectStored(storage, KEY, 'x', first)
      const least = clock.monotonic() - written
      expectAge(await ageOf(storage, KEY), least, Infinity)
      await expectYoung(storage, clock, () => replace(storage, KEY, 'y', first))
      await clock.sleep(PAUSE_MS)
      await expectYoung(storage, clock, async () => {
        await storage.delete(KEY, { ifVersion: (await read(storage, KEY)).version })
        await create(storage, KEY, 'z')
      })
    },
  },
]

/** How old the entry under a key is. */
export async function ageOf(storage: Storage, key: string): Promise<number> {
  const { age } = await read(storage, key)
  expectThat(Number.isFinite(age), 'an age that is a number', typeof age)
  expectThat(age >= 0, 'an age of 0 ms or more', `${age} ms`)
  return age
}

/** Throws unless an age lies between two, as far as two clocks agree. */
export function expectAge(age: number, least: number, most: number): void {
  expectThat(age >= least - AGE_TOLERANCE_MS, `an age of ${least} ms or more`, `${age} ms`)
  expectThat(age <= most + AGE_TOLERANCE_MS, `an age of ${most} ms or less`, `${age} ms`)
}

async function expectYoung(storage: Storage, clock: Clock, write: () => Promise<unknown>): Promise<void> {
  const before = clock.monotonic()
  await write()
  expectAge(await ageOf(storage, KEY), 0, clock.monotonic() - before)
}
