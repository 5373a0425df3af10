import { ageOf, expectAge } from './age-cases.ts'
import { expectKeys, expectSame, expectThat } from './expect.ts'
import { START } from './run-storage-task.ts'
import type { Child, Scene } from './scene.ts'
import type { StorageTask, TaskReport } from './storage-task.ts'
import { create, keysOf, read } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'
import { stepOf } from './written-steps.ts'

const PROCESSES = 4
const CREATIONS = 100
const INCREMENTS = 50
/** So old that nobody takes it for new. */
const OLD_MS = 300

/** Several processes over the same data. */
export const processCases: readonly SuiteCase[] = [
  {
    title: `lets one of ${PROCESSES} processes win each of ${CREATIONS} creations`,
    async run(scene) {
      const reports = await runTogether(scene, 'create', 'spent', CREATIONS)
      const wins = reports.flatMap((said, child) =>
        eventsOf(said, 'wrote').map(({ at, version }) => ({ at, version, child })),
      )
      const won = wins.map(({ at }) => `spent/${at}`)
      const keys = Array.from({ length: CREATIONS }, (_, at) => `spent/${at}`)
      expectKeys(won, keys, 'what the processes say that they won')
      for (const { at, child, version } of wins) {
        const entry = await read(scene.storage, `spent/${at}`)
        expectSame(entry.value, { name: `child ${child}` })
        expectThat(entry.version === version, 'the version of the process that won', 'another')
      }
      expectKeys(await keysOf(scene.storage, 'spent/'), keys, 'the listing of what they created')
    },
  },
  {
    title: `loses none of the increments of ${PROCESSES} processes, and gives them no version twice`,
    async run(scene) {
      const reports = await runTogether(scene, 'count', 'counter', INCREMENTS)
      const writes = reports.flatMap((said) => eventsOf(said, 'wrote'))
      const sum = stepOf((await read(scene.storage, 'counter')).value)
      expectThat(sum === PROCESSES * INCREMENTS, `a sum of ${PROCESSES * INCREMENTS}`, String(sum))
      const versions = new Set(writes.map(({ version }) => version))
      expectThat(versions.size === writes.length, `${writes.length} different versions`, String(versions.size))
    },
  },
  {
    title: 'gives an entry the same age in every process',
    async run(scene) {
      await create(scene.storage, 'session/1', 'x')
      await scene.clock.sleep(OLD_MS)
      const before = await ageOf(scene.storage, 'session/1')
      const ages = (await runTogether(scene, 'age', 'session/1', 3)).map((said) => eventsOf(said, 'age'))
      const after = await ageOf(scene.storage, 'session/1')
      for (const { at } of ages.flat()) {
        expectThat(at >= 0, 'an age of 0 ms or more in another process', `${at} ms`)
        expectAge(at, before, after)
      }
    },
  },
]

/** Runs a task in all processes at once, and gives what each of them says. */
async function runTogether(
  scene: Scene,
  run: StorageTask['run'],
  key: string,
  count: number,
): Promise<TaskReport[][]> {
  const names = Array.from({ length: PROCESSES }, (_, at) => `child ${at}`)
  const children = await Promise.all(names.map((name) => startChild(scene, { run, name, key, count })))
  await create(scene.storage, START, true)
  return Promise.all(children.map((child) => reportsOf(child)))
}

/** Starts a process, and waits until it has opened the storage. */
export async function startChild(scene: Scene, task: StorageTask): Promise<Child> {
  const child = await scene.spawn(task)
  const { value: first } = await child.reports.next()
  expectThat(first?.event === 'ready', 'a process that begins its task', 'one that ended before')
  return child
}

/** All that a process says to its end. */
async function reportsOf({ reports }: Child): Promise<TaskReport[]> {
  const said: TaskReport[] = []
  for await (const report of reports) said.push(report)
  expectThat(said.at(-1)?.event === 'done', 'a process that ends its task', 'one that failed in it')
  return said
}

function eventsOf(reports: readonly TaskReport[], event: TaskReport['event']): TaskReport[] {
  return reports.filter((report) => report.event === event)
}
