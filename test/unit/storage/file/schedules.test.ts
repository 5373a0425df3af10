import { fileStorage } from 'atproof/node'
import { testClock } from 'atproof/testing'
import { expect, onTestFinished, test } from 'vitest'
import type { Storage } from '../../../../src/storage/storage.ts'
import { type Actor, Schedule } from './schedule.ts'
import { emptyFolder, KEY } from './scene.ts'

/** How many orders to try, and which first: SCHEDULES=100000 and SCHEDULE_SEED=1 try more, or one again. */
const SCHEDULES = Number(process.env['SCHEDULES'] ?? 200)
const FIRST_SEED = Number(process.env['SCHEDULE_SEED'] ?? 1)

/** What a writer did with success, or may have done: it was told that the outcome is unknown, or never came back. */
interface Deed {
  readonly over: string | null
  readonly wrote: string | undefined
}

/** Numbers that look drawn, the same for the same seed. */
function drawer(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/**
 * Lets writers change one entry, each call to the file system at a drawn time: some follow at once, some after minutes or
 * hours, and some writers are never heard of again. Then all that was told to have been done must be one story.
 */
async function tell(seed: number): Promise<void> {
  const draw = drawer(seed)
  const directory = await emptyFolder()
  const clock = testClock()
  const schedule = new Schedule()
  onTestFinished(() => schedule.close())
  const done: Deed[] = []
  const open = new Set<Deed>()

  const write = async (storage: Storage, name: string): Promise<void> => {
    for (let round = 0; round < 6; round++) {
      const entry = await storage.get(KEY)
      const over = entry?.version ?? null
      const deed: Deed = { over, wrote: undefined }
      open.add(deed)
      try {
        if (over !== null && draw(3) === 0) {
          if (await storage.delete(KEY, { ifVersion: over })) done.push(deed)
        } else {
          const expiresAt = draw(4) === 0 ? clock.now() + draw(3) * 3_600_000 : undefined
          const version = await storage.put(KEY, `${name} ${round}`, { ifVersion: over, expiresAt })
          if (version !== undefined) done.push({ over, wrote: version })
          if (version !== undefined && expiresAt !== undefined) expiring.add(version)
        }
        open.delete(deed)
      } catch (error) {
        expect(String(error)).toContain('read again')
      }
    }
  }
  const expiring = new Set<string>()

  const lost: Actor[] = []
  let writers = await Promise.all(
    ['a', 'b', 'c'].map((name) => schedule.begin(() => write(fileStorage(directory, { clock }), name))),
  )
  const asleep: Actor[] = []
  while (writers.length + asleep.length > 0) {
    if (writers.length === 0 || draw(80) === 0) {
      writers.push(...asleep.splice(0))
    }
    const writer = writers[draw(writers.length)]
    await writer?.step()
    if (writer?.failure !== undefined) throw writer.failure
    if (draw(15) === 0) await clock.advance([60_000, 700_000, 4_000_000][draw(3)] ?? 0)
    if (writer && !writer.hasEnded && draw(30) === 0) (draw(6) === 0 ? lost : asleep).push(writer)
    writers = writers.filter((each) => !each.hasEnded && !lost.includes(each) && !asleep.includes(each))
  }

  const end = await fileStorage(directory, { clock }).get(KEY)
  const replaced = done.flatMap(({ over }) => over ?? [])
  expect(new Set(replaced).size, `seed ${seed}: a version was replaced twice`).toBe(replaced.length)
  // Whatever was not replaced by somebody who knows of it, nor perhaps by somebody who does not, stands at the end.
  const maybe = new Set([...open].map(({ over }) => over))
  const left = done.flatMap(({ wrote }) => wrote ?? []).filter((version) => !replaced.includes(version))
  const missing = left.filter(
    (version) => !maybe.has(version) && !expiring.has(version) && version !== end?.version,
  )
  expect(missing, `seed ${seed}: lost without a trace`).toEqual([])
  // It is written as ever, whatever was left behind.
  const storage = fileStorage(directory, { clock })
  const version = await storage.put(KEY, 'end', { ifVersion: end?.version ?? null })
  expect(version, `seed ${seed}: it can be written`).toBeDefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'end', version })
  // They hold files open.
  for (const writer of lost) while (!writer.hasEnded) await writer.step()
  await schedule.close()
}

test(
  `one wins and nothing is lost, whoever is stopped before which call for however long`,
  { timeout: 600_000 },
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) await tell(seed)
  },
)
