import type { Clock } from '../../http/clock.ts'
import type { Storage } from '../../storage/storage.ts'

/** A process that runs a task of the suite over the data of a storage. */
export interface StorageProcess {
  /** What it prints, in pieces of any length, up to its end: `child.stdout` of Node, Deno and Bun is that already. */
  readonly output: AsyncIterable<string | Uint8Array>
  /** Ends it where it stands, as SIGKILL does: it gets no chance to finish anything. */
  readonly kill: () => unknown
}

/**
 * What the suite needs to prove an engine. Only `open` is required; the cases of a hook that is missing do not run, and
 * the suite has a case whose title names them.
 */
export interface StorageHooks<S extends Storage = Storage> {
  /** A new and empty storage, for one case. */
  readonly open: () => Promise<S>
  /** Ends a storage that `open` or `reopen` gave, after its case. */
  readonly close?: (storage: S) => Promise<void>
  /** Another handle over the data of a storage, as another process would have it. */
  readonly reopen?: (storage: S) => Promise<S>
  /**
   * Starts another process over the data of a storage, in which `runStorageTask(storage, task, print)` runs.
   *
   * @param task a text without line breaks, for a command line or a message
   */
  readonly spawn?: (storage: S, task: string) => Promise<StorageProcess>
  /**
   * Ways to damage what stands under a key, by their names: at least `truncated`, as a crash leaves it, and `foreign`, as a
   * stranger does. Each is a set of cases.
   */
  readonly corrupt?: Readonly<Record<string, (storage: S, key: string) => Promise<void>>>
  /**
   * The clock that ages and expiries go by, and that the cases wait by. Not that of the processes.
   *
   * @default the machine's
   */
  readonly clock?: Clock
}
