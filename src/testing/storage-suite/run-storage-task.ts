import { MINUTE, systemClock } from '../../http/clock.ts'
import type { Storage } from '../../storage/storage.ts'
import { forEachAtOnce } from './at-once.ts'
import { expectThat } from './expect.ts'
import { MARK, parseTask, type StorageTask, type TaskReport } from './storage-task.ts'
import { stepValue, stepOf, WRITES_A_DELETE } from './written-steps.ts'

/** Everything begins when this key stands. */
export const START = 'start'
/** How many entries a process races for at a time. */
const AT_ONCE = 10
/** How long a process waits to begin or to be killed, and how often it may lose: it does not outlive its test for long. */
const LONGEST_WAIT_MS = MINUTE
const MOST_LOSSES = 20_000

interface Work {
  readonly storage: Storage
  readonly task: StorageTask
  readonly say: (event: TaskReport['event'], at: number, version?: string) => void
}

/**
 * Does in another process what a case of {@link storageSuite} is about.
 *
 * @param storage a handle over the data that `spawn` was asked for
 * @param task as `spawn` got it
 * @param print writes a line where `output` reads it, before it returns. `writeSync(1, …)` of Node does; `console.log` keeps
 *   back what a full pipe cannot take, and a killed process loses it
 * @throws TypeError for another task
 * @throws Error for whatever the storage failed with
 */
export async function runStorageTask(
  storage: Storage,
  task: string,
  print: (line: string) => void,
): Promise<void> {
  const parsed = parseTask(task)
  const say: Work['say'] = (event, at, version = '') => {
    const report: TaskReport = { event, at, version }
    print(MARK + JSON.stringify(report))
  }
  say('ready', 0)
  await waitForStart(storage)
  await TASKS[parsed.run]({ storage, task: parsed, say })
  say('done', 0)
}

async function waitForStart(storage: Storage): Promise<void> {
  const end = systemClock.monotonic() + LONGEST_WAIT_MS
  while (!(await storage.get(START))) {
    expectThat(systemClock.monotonic() < end, 'a beginning that another process wrote', 'none in a minute')
    await systemClock.sleep(5)
  }
}

const TASKS: Readonly<Record<StorageTask['run'], (work: Work) => Promise<void>>> = {
  /** Creates what others create at the same time, and says which were won. */
  async create({ storage, task: { key, name, count }, say }) {
    const numbers = Array.from({ length: count }, (_, at) => at)
    const race = async (at: number) => {
      const version = await storage.put(`${key}/${at}`, { name }, { ifVersion: null })
      if (version !== undefined) say('wrote', at, version)
    }
    await forEachAtOnce(numbers, race, { atOnce: AT_ONCE })
  },

  /** Adds one to a counter that others add to, so many times. */
  async count({ storage, task: { key, count }, say }) {
    let lost = 0
    for (let added = 0; added < count;) {
      expectThat(lost < MOST_LOSSES, 'a put that wins', `${lost} that were lost`)
      const entry = await storage.get(key)
      const sum = stepOf(entry?.value) + 1
      const version = await storage.put(key, stepValue(sum), { ifVersion: entry?.version ?? null })
      if (version === undefined) {
        lost += 1
        continue
      }
      added += 1
      say('wrote', sum, version)
    }
  },

  /** Writes and deletes one entry for as long as it lives, and says each step once it is done. */
  async write({ storage, task: { key, count }, say }) {
    let version = (await storage.get(key))?.version ?? null
    const end = systemClock.monotonic() + LONGEST_WAIT_MS
    for (let step = count; systemClock.monotonic() < end; step += 1) {
      if (step % WRITES_A_DELETE === 0 && version !== null) {
        const isDeleted = await storage.delete(key, { ifVersion: version })
        say(isDeleted ? 'deleted' : 'lost', step)
        version = null
      } else {
        version = (await storage.put(key, stepValue(step), { ifVersion: version })) ?? null
        say(version === null ? 'lost' : 'wrote', step, version ?? '')
      }
    }
  },

  /** Says how old an entry is. */
  async age({ storage, task: { key, count }, say }) {
    for (let look = 0; look < count; look += 1) {
      say('age', (await storage.get(key))?.age ?? -1)
      await systemClock.sleep(20)
    }
  },
}
