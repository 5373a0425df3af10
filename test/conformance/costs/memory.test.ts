import { memoryStorage, type Storage, type StoredValue } from 'atproof'
import type { TestClock } from 'atproof/testing'
import { declareSessionCosts } from './session-costs.ts'

declareSessionCosts('memory', (clock) => {
  const shared = memoryStorage({ clock })
  return { open: async () => doorTo(shared, { keepsCryptoKeys: true }) }
})

declareSessionCosts('memory, plain JSON', (clock: TestClock) => {
  const shared = memoryStorage({ clock })
  return { open: async () => doorTo(shared, {}) }
})

/** What a process knows of its sessions hangs on its storage object: each has one of its own. */
function doorTo(shared: Storage, kind: { readonly keepsCryptoKeys?: true }): Storage {
  return {
    ...kind,
    get: (key) => shared.get(key),
    put: (key, value: StoredValue, options) => shared.put(key, value, options),
    delete: (key, options) => shared.delete(key, options),
    list: (prefix) => shared.list(prefix),
  }
}
