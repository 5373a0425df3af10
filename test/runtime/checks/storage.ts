import { encryptedStorage, memoryStorage, type Storage } from 'atproof'
import { storageSuite } from 'atproof/testing'
import { assertSame } from './assert.ts'
import type { Checks } from './checks.ts'

/** The engines that need nothing but the runtime. */
export const storageChecks: Checks = {
  'keeps every promise of a storage, in memory': () => prove(async () => memoryStorage()),

  'keeps every promise of a storage, encrypted': () => {
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    return prove(async () => encryptedStorage(memoryStorage(), [key]))
  },
}

/** All cases at once: most of their time is waiting. */
async function prove(open: () => Promise<Storage>): Promise<void> {
  const failures: string[] = []
  const runs = storageSuite({ open }).map(({ title, run }) =>
    run().catch((error: unknown) => failures.push(`${title}: ${String(error)}`)),
  )
  await Promise.all(runs)
  assertSame(failures, [])
}
