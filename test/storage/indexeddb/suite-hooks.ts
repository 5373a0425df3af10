import { indexedDbStorage } from '../../../src/storage/indexeddb.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { StorageHooks } from '../../../src/testing/storage-suite/storage-hooks.ts'
import { startTask } from './start-task.ts'
import { changeEntry } from './raw-database.ts'

/** Ways in which what stands under a key stops being an entry of ours. */
const DAMAGES: Readonly<Record<string, (entry: Readonly<Record<string, unknown>>) => unknown>> = {
  truncated: ({ version, writtenAt }) => ({ version, writtenAt }),
  'without a version': ({ value, writtenAt }) => ({ value, writtenAt }),
  'without its time': ({ value, version }) => ({ value, version }),
  // As WebKit reads what it cannot decrypt any more.
  'null, since it could not be read again': () => null,
  'foreign: a text': () => 'hello',
  'foreign: a value that is no JSON': (entry) => ({ ...entry, value: new Map([['hello', 'world']]) }),
}

/** Hooks of the storage suite in a page: another handle has a connection of its own, and another process is a worker. */
export function suiteHooks(): StorageHooks {
  const names = new Map<Storage, string>()
  const remember = (storage: Storage, name: string): Storage => {
    names.set(storage, name)
    return storage
  }
  const nameOf = (storage: Storage) => names.get(storage) ?? 'a storage that was not opened here'
  return {
    async open() {
      const name = `suite-${crypto.randomUUID()}`
      return remember(indexedDbStorage({ name }), name)
    },
    reopen: async (storage) => remember(indexedDbStorage({ name: nameOf(storage) }), nameOf(storage)),
    // Its connection closes by that, and so does that of each other handle.
    close: async (storage) => void indexedDB.deleteDatabase(nameOf(storage)),
    spawn: async (storage, task) => startTask(nameOf(storage), task),
    corrupt: Object.fromEntries(
      Object.entries(DAMAGES).map(([damage, change]) => [
        damage,
        (storage: Storage, key: string) => changeEntry(nameOf(storage), key, change),
      ]),
    ),
  }
}
