import { encryptedStorage, memoryStorage, type Storage } from 'atproof'
import { storageSuite } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { importSnippet } from './import-snippet.ts'
import { proveStorage } from './prove-storage.ts'

/** As somebody writes one who leaves the values to JSON, and keeps texts. */
function carelessStorage(): Storage {
  const texts = memoryStorage()
  return {
    async get(key) {
      const entry = await texts.get(key)
      return entry && { ...entry, value: JSON.parse(String(entry.value)) }
    },
    put: (key, value, options) => texts.put(key, String(JSON.stringify(value)), options),
    delete: (key, options) => texts.delete(key, options),
    list: (prefix) => texts.list(prefix),
  }
}

/** The same, with the check of the README of `atproof/testing`. */
async function checkingStorage(): Promise<Storage> {
  const { assertPlainJson } = await importSnippet('testing/README.md', 'function assertPlainJson')
  if (typeof assertPlainJson !== 'function') throw new Error('no function assertPlainJson')
  const storage = carelessStorage()
  return {
    ...storage,
    async put(key, value, options) {
      assertPlainJson(value)
      return storage.put(key, value, options)
    },
  }
}

test('an engine that leaves the values to JSON does not pass', async () => {
  const cases = storageSuite({ open: async () => carelessStorage() })
  const refusing = cases.find(({ title }) => title.startsWith('refuses what is no plain JSON'))
  await expect(refusing?.run()).rejects.toThrow('a TypeError')
})

describe('it passes', () => {
  proveStorage('where its put begins as the README says', { open: checkingStorage })
  proveStorage('under encryptedStorage', {
    open: async () => encryptedStorage(carelessStorage(), [Buffer.alloc(32, 1).toString('base64')]),
  })
})
