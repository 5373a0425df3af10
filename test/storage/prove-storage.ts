import type { Storage } from 'atproof'
import { type StorageHooks, storageSuite } from 'atproof/testing'
import { describe, test } from 'vitest'

/** Of real time, for one case: a disk that is busy with other tests takes its time to flush 10,000 files. */
const LIMIT_MS = 180_000

/** Runs the suite over an engine. */
export function proveStorage<S extends Storage>(name: string, hooks: StorageHooks<S>): void {
  describe(name, () => {
    for (const { title, run } of storageSuite(hooks)) test(title, run, LIMIT_MS)
  })
}
