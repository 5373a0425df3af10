import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Storage } from 'atproof'
import type { StorageHooks } from 'atproof/testing'
import { type Address, type Engine, openEngine } from './engine.ts'

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))

/** Where the data of one case is, and how it goes away. */
export interface Place<A extends Address> {
  readonly address: A
  readonly remove?: () => Promise<unknown>
}

/** Ways to damage an entry at an address. */
export type Damages<A extends Address> = Readonly<Record<string, (address: A, key: string) => Promise<unknown>>>

/**
 * Hooks over an engine of which other processes can open the same data.
 *
 * @param again the address by which another handle opens the data. @default the same
 */
export function engineHooks<A extends Address>(
  makePlace: () => Promise<Place<A>>,
  damages: Damages<A>,
  again: (address: A) => Address = (address) => address,
): StorageHooks {
  const opened = new Map<
    Storage,
    { readonly engine: Engine; readonly place: Place<A>; readonly isFirst: boolean }
  >()

  const remember = (engine: Engine, place: Place<A>, isFirst: boolean): Storage => {
    opened.set(engine.storage, { engine, place, isFirst })
    return engine.storage
  }
  const find = (storage: Storage) => {
    const found = opened.get(storage)
    if (!found) throw new Error('a storage that was not opened here')
    return found
  }

  return {
    async open() {
      const place = await makePlace()
      return remember(await openEngine(place.address), place, true)
    },
    async close(storage) {
      const { engine, place, isFirst } = find(storage)
      await engine.close()
      if (isFirst) await place.remove?.()
    },
    async reopen(storage) {
      const { place } = find(storage)
      return remember(await openEngine(again(place.address)), place, false)
    },
    async spawn(storage, task) {
      const input = ['--conditions=atproof-source', CHILD, JSON.stringify(find(storage).place.address), task]
      const child = spawn(process.execPath, input, { stdio: ['ignore', 'pipe', 'inherit'] })
      return { output: child.stdout, kill: () => child.kill('SIGKILL') }
    },
    corrupt: Object.fromEntries(
      Object.entries(damages).map(([name, damage]) => [
        name,
        async (storage: Storage, key: string) => void (await damage(find(storage).place.address, key)),
      ]),
    ),
  }
}
