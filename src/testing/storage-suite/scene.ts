import { type Clock, systemClock } from '../../http/clock.ts'
import type { Storage } from '../../storage/storage.ts'
import { readReports } from './read-reports.ts'
import type { StorageHooks } from './storage-hooks.ts'
import type { StorageTask, TaskReport } from './storage-task.ts'

/** Another process at work. */
export interface Child {
  /** What it says, as it comes. Ends when the process does. */
  readonly reports: AsyncGenerator<TaskReport, void>
  readonly kill: () => unknown
}

/** What one case works with. */
export interface Scene {
  /** New, and empty. */
  readonly storage: Storage
  readonly clock: Clock
  /** Another handle over the same data. */
  reopen(): Promise<Storage>
  /** Another process over the same data. */
  spawn(task: StorageTask): Promise<Child>
  /** Damages what stands under a key, in the way that has this name. */
  corrupt(damage: string, key: string): Promise<void>
}

/** Runs a case in a scene of its own, and clears it away. */
export async function withScene<S extends Storage>(
  hooks: StorageHooks<S>,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const storage = await hooks.open()
  const opened = [storage]
  const started: Promise<Child>[] = []
  const scene: Scene = {
    storage,
    clock: hooks.clock ?? systemClock,
    async reopen() {
      const handle = await given(hooks.reopen, 'reopen')(storage)
      opened.push(handle)
      return handle
    },
    spawn(task) {
      const child = startChild(hooks, storage, task)
      started.push(child)
      return child
    },
    corrupt: (damage, key) => given(hooks.corrupt?.[damage], 'corrupt')(storage, key),
  }
  try {
    await run(scene)
  } finally {
    // A case may have failed before all of them were there.
    for (const child of await Promise.allSettled(started)) {
      if (child.status === 'fulfilled') await child.value.kill()
    }
    for (const handle of opened) await hooks.close?.(handle)
  }
}

async function startChild<S extends Storage>(
  hooks: StorageHooks<S>,
  storage: S,
  task: StorageTask,
): Promise<Child> {
  const { output, kill } = await given(hooks.spawn, 'spawn')(storage, JSON.stringify(task))
  return { reports: readReports(output), kill }
}

function given<T>(hook: T | undefined, name: string): T {
  if (hook === undefined) throw new TypeError(`hooks.${name}: expected a function, found undefined`)
  return hook
}
