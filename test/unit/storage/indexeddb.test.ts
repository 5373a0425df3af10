import { indexedDbStorage } from '../../../src/storage/indexeddb.ts'
import { checkedStorage } from '../../../src/storage/checked-storage.ts'
import { describe, expect, test } from 'vitest'

// What it does with a database is proved in browsers, by test/storage. Node has none: whatever would touch one fails.
describe('indexedDbStorage', () => {
  test('touches no database before it is used', () => {
    expect(indexedDbStorage().keepsCryptoKeys).toBe(true)
    expect(indexedDbStorage({ name: 'sessions of another app' }).keepsCryptoKeys).toBe(true)
  })

  test('takes no name that is none', () => {
    expect(() => indexedDbStorage({ name: '' })).toThrow(TypeError)
    expect(() => indexedDbStorage({ name: '' })).toThrow('name: expected the name of a database, found ""')
    expect(() => indexedDbStorage(JSON.parse('{ "name": 1 }'))).toThrow('found 1')
  })

  test('says where there is no IndexedDB what to do', async () => {
    const advice = { retryable: false, action: 'give another `storage`: there is no IndexedDB here' }
    const storage = checkedStorage(indexedDbStorage())
    await expect(storage.get('session/1')).rejects.toMatchObject({ code: 'read_failed', ...advice })
    const put = storage.put('session/1', 'x', { ifVersion: null })
    await expect(put).rejects.toMatchObject({ code: 'write_failed', ...advice })
    const deletion = storage.delete('session/1', { ifVersion: 'x' })
    await expect(deletion).rejects.toMatchObject({ code: 'write_failed', ...advice })
    const listing = storage.list('')[Symbol.asyncIterator]()
    await expect(listing.next()).rejects.toMatchObject({ code: 'read_failed', ...advice })
  })

  test('refuses a value that is no plain JSON before it opens a database', async () => {
    const put = indexedDbStorage().put(
      'session/1',
      JSON.parse('{}', () => new Map()),
      { ifVersion: null },
    )
    await expect(put).rejects.toThrow('value: expected plain JSON, found an object')
    const expired = indexedDbStorage().put('session/1', 'x', { ifVersion: null, expiresAt: Number.NaN })
    await expect(expired).rejects.toThrow(TypeError)
  })
})
