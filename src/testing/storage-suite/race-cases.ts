import type { Storage, StoredValue } from '../../storage/storage.ts'
import { turnEventLoop } from '../event-loop.ts'
import { expectThat } from './expect.ts'
import { create, expectNothing, expectStored, read } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const RACERS = 50
const KEY = 'session/did:plc:alice/1'

/** Many at once, of whom one wins. */
export const raceCases: readonly SuiteCase[] = [
  {
    title: `lets one of ${RACERS} creations at once win`,
    async run({ storage }) {
      for (let round = 0; round < 5; round += 1) {
        await racePuts(() => storage, `spent/${round}`, null)
      }
    },
  },
  {
    title: `lets one of ${RACERS} puts at once win over the same version`,
    async run({ storage }) {
      let version = await create(storage, KEY, 'start')
      for (let round = 0; round < 5; round += 1) version = await racePuts(() => storage, KEY, version)
    },
  },
  {
    title: `lets one of ${RACERS} deletes at once win`,
    async run({ storage }) {
      for (let round = 0; round < 5; round += 1) await raceDeletes(() => storage, KEY)
    },
  },
  {
    title: `lets one of ${RACERS} win where puts and deletes meet`,
    async run({ storage }) {
      for (let round = 0; round < 10; round += 1) await racePutsAndDeletes(() => storage, round)
    },
  },
  {
    title: 'reads the value and the version of one writing, while others write',
    async run({ storage }) {
      const written = new Map<string, number>()
      written.set(await create(storage, KEY, 0), 0)
      const readings: { version: string; value: StoredValue }[] = []
      let isOver = false
      const watch = async () => {
        while (!isOver) {
          readings.push(await read(storage, KEY))
          await turnEventLoop()
        }
      }
      const watching = Array.from({ length: 5 }, watch)
      const write = async () => {
        let [version = ''] = written.keys()
        for (let step = 1; step <= RACERS; step += 1) {
          version = (await storage.put(KEY, step, { ifVersion: version })) ?? ''
          written.set(version, step)
          if (step % 5 === 0) await turnEventLoop()
        }
      }
      await write().finally(() => (isOver = true))
      await Promise.all(watching)
      const mixed = readings.filter(({ version, value }) => written.get(version) !== value)
      expectThat(
        mixed.length === 0,
        'each version with the value that it was put with',
        `${mixed.length} with others`,
      )
    },
  },
]

/** Puts from many at once on one condition. Throws unless one wins, and its value stands there. Gives its version. */
export async function racePuts(
  handle: (at: number) => Storage,
  key: string,
  ifVersion: string | null,
): Promise<string> {
  const puts = Array.from({ length: RACERS }, (_, at) => handle(at).put(key, { racer: at }, { ifVersion }))
  const versions = await Promise.all(puts)
  const winners = versions.flatMap((version, racer) => (version === undefined ? [] : [{ version, racer }]))
  const [winner] = winners
  expectThat(winner !== undefined && winners.length === 1, `one winner of ${RACERS}`, String(winners.length))
  await expectStored(handle(0), key, { racer: winner.racer }, winner.version)
  return winner.version
}

/** Deletes one version from many at once. Throws unless one wins, and nothing stands there. */
export async function raceDeletes(handle: (at: number) => Storage, key: string): Promise<void> {
  const ifVersion = await create(handle(0), key, 'start')
  const deletes = Array.from({ length: RACERS }, (_, at) => handle(at).delete(key, { ifVersion }))
  const winners = (await Promise.all(deletes)).filter(Boolean)
  expectThat(winners.length === 1, `one winner of ${RACERS}`, String(winners.length))
  await expectNothing(handle(0), key, 'that was deleted')
}

/** Puts over one version and deletes of it at once. Throws unless one wins, and the storage is as it left it. */
export async function racePutsAndDeletes(handle: (at: number) => Storage, round: number): Promise<void> {
  const key = `session/${round}`
  const ifVersion = await create(handle(0), key, 'start')
  const race = async (at: number) => {
    // So that neither of the two is always the first.
    if ((at + round) % 2 === 0) return { at, deleted: true, won: await handle(at).delete(key, { ifVersion }) }
    return { at, deleted: false, won: (await handle(at).put(key, { racer: at }, { ifVersion })) !== undefined }
  }
  const races = await Promise.all(Array.from({ length: RACERS }, (_, at) => race(at)))
  const winners = races.filter(({ won }) => won)
  const [winner] = winners
  expectThat(winner !== undefined && winners.length === 1, `one winner of ${RACERS}`, String(winners.length))
  if (winner.deleted) return expectNothing(handle(0), key, 'that was deleted')
  await expectStored(handle(0), key, { racer: winner.at })
}
