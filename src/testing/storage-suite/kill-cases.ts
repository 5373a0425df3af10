import { systemClock } from '../../http/clock.ts'
import type { Storage } from '../../storage/storage.ts'
import { expectKeys, expectThat } from './expect.ts'
import { startChild } from './process-cases.ts'
import { START } from './run-storage-task.ts'
import type { Scene } from './scene.ts'
import type { TaskReport } from './storage-task.ts'
import { create, expectStored, keysOf } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'
import { stepOf, stepValue, WRITES_A_DELETE } from './written-steps.ts'

const WRITERS = 4
const ROUNDS = 6
/** How many steps a process says at most before it is killed, and how long after the last of them. */
const MOST_STEPS = 25
const MOST_MS = 10

/** Processes that die while they write. */
export const killCases: readonly SuiteCase[] = [
  {
    title: `holds all that a process said to be written when it was killed, ${WRITERS * ROUNDS} times`,
    async run(scene) {
      const { storage } = scene
      await create(storage, START, true)
      await create(storage, 'session/neighbour', 'stays')
      const keys = Array.from({ length: WRITERS }, (_, at) => `session/${at}`)
      await Promise.all(keys.map((key) => killRepeatedly(scene, key)))
      await expectStored(storage, 'session/neighbour', 'stays')
      expectKeys(await keysOf(storage, 'session/'), [...keys, 'session/neighbour'], 'the listing after it all')
    },
  },
]

async function killRepeatedly(scene: Scene, key: string): Promise<void> {
  let count = 1
  for (let round = 0; round < ROUNDS; round += 1) {
    const last = await writeUntilKilled(scene, key, count)
    await expectLastStep(scene.storage, key, last)
    count = last.at + 2
    await writeOver(scene.storage, key, count - 1)
  }
}

/** The last step that a process reports before it is killed. */
async function writeUntilKilled(scene: Scene, key: string, count: number): Promise<TaskReport> {
  const child = await startChild(scene, { run: 'write', name: key, key, count })
  const enough = 1 + Math.floor(Math.random() * MOST_STEPS)
  let last: TaskReport | undefined
  let steps = 0
  // It goes on to the end of what was said: a process may die before all of it is read.
  for await (const report of child.reports) {
    expectThat(report.event !== 'lost', 'a sole writer that wins', 'one that lost')
    last = report
    steps += 1
    if (steps !== enough) continue
    await systemClock.sleep(Math.random() * MOST_MS)
    await child.kill()
  }
  expectThat(last !== undefined && steps >= enough, `a process that writes ${enough} times`, `${steps} times`)
  return last
}

/** Throws unless the storage is as the last step left it that was reported, or as the next one leaves it. */
async function expectLastStep(storage: Storage, key: string, last: TaskReport): Promise<void> {
  const entry = await storage.get(key)
  const step = stepOf(entry?.value)
  expectThat(!Number.isNaN(step), 'a value that is whole', 'one that is not')
  const next = last.at + 1
  const isNextDelete = next % WRITES_A_DELETE === 0
  if (entry === undefined) {
    expectThat(last.event === 'deleted' || isNextDelete, 'the entry that was written last', 'nothing')
    return
  }
  if (step === next) return
  expectThat(last.event === 'wrote', 'nothing after a delete, or what was created next', `step ${step}`)
  expectThat(step === last.at, `what step ${last.at} or ${next} wrote`, `what step ${step} wrote`)
  expectThat(entry.version === last.version, 'the version that was reported', 'another one')
}

/** Writes over what a dead process left: no lock of it stands in the way, and nothing of it comes later. */
async function writeOver(storage: Storage, key: string, step: number): Promise<void> {
  // What it sent before it died may still be carried out by a server.
  for (let tries = 0; tries < 5; tries += 1) {
    const entry = await storage.get(key)
    const version = await storage.put(key, stepValue(step), { ifVersion: entry?.version ?? null })
    if (version !== undefined) return expectStored(storage, key, stepValue(step), version)
  }
  expectThat(false, 'a put that wins after the death of the only writer', 'none of 5')
}
