import { testClock } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import { StorageError } from '../../../src/errors.ts'
import { checkedStorage } from '../../../src/storage/checked-storage.ts'
import { STORAGE_TIMEOUT_MS } from '../../../src/storage/timed-storage.ts'
import { memoryStorage } from '../../../src/storage/memory.ts'
import type { Storage } from '../../../src/storage/storage.ts'

const cause = new Error('disk full')

/** A storage in which everything fails. */
function brokenStorage(failure: Error): Storage {
  const fail = async () => {
    throw failure
  }
  return {
    get: fail,
    put: fail,
    delete: fail,
    async *list() {
      yield 'session/first'
      throw failure
    },
  }
}

async function keysOf(storage: Storage, seen: string[] = []): Promise<string[]> {
  for await (const key of storage.list('session/')) seen.push(key)
  return seen
}

test('is the same storage while nothing fails', async () => {
  const inner = memoryStorage()
  const storage = checkedStorage(inner)
  expect(storage.keepsCryptoKeys).toBe(true)
  const version = (await storage.put('session/1', { a: 1 }, { ifVersion: null })) ?? ''
  expect(await storage.put('session/1', { a: 2 }, { ifVersion: null })).toBeUndefined()
  expect(await storage.get('session/1')).toMatchObject({ value: { a: 1 }, version })
  expect(await inner.get('session/1')).toMatchObject({ value: { a: 1 }, version })
  expect(await keysOf(storage)).toEqual(['session/1'])
  expect(await storage.delete('session/1', { ifVersion: version })).toBe(true)
  expect(await storage.get('session/1')).toBeUndefined()
})

test('keeps no CryptoKeys where the storage keeps none', () => {
  expect('keepsCryptoKeys' in checkedStorage(brokenStorage(cause))).toBe(false)
})

test('a get that fails is a StorageError with the cause', async () => {
  await expect(checkedStorage(brokenStorage(cause)).get('k')).rejects.toMatchObject({
    name: 'StorageError',
    code: 'read_failed',
    retryable: true,
    cause,
  })
})

test('a put or a delete that fails is a StorageError with the cause', async () => {
  const storage = checkedStorage(brokenStorage(cause))
  const failed = { name: 'StorageError', code: 'write_failed', retryable: true, cause }
  await expect(storage.put('k', 1, { ifVersion: null })).rejects.toMatchObject(failed)
  await expect(storage.delete('k', { ifVersion: '1' })).rejects.toMatchObject(failed)
})

test('a storage that throws at once fails no other way', async () => {
  const storage = checkedStorage({
    ...brokenStorage(cause),
    get: () => {
      throw cause
    },
  })
  await expect(storage.get('k')).rejects.toMatchObject({ code: 'read_failed', cause })
})

test('a list that fails on the way is a StorageError with the cause', async () => {
  const seen: string[] = []
  await expect(keysOf(checkedStorage(brokenStorage(cause)), seen)).rejects.toMatchObject({
    name: 'StorageError',
    code: 'read_failed',
    cause,
  })
  expect(seen).toEqual(['session/first'])
})

test('hands a StorageError on as it is', async () => {
  const own = new StorageError('corrupt')
  const storage = checkedStorage(brokenStorage(own))
  await expect(storage.get('k')).rejects.toBe(own)
  await expect(storage.put('k', 1, { ifVersion: null })).rejects.toBe(own)
  await expect(keysOf(storage)).rejects.toBe(own)
})

test('[M5] leaves what was to be stored out of the message of a failure', async () => {
  const failure = new Error('cannot write {"token":"a secret of some length","n":"short"} to disk')
  const storage = checkedStorage(brokenStorage(failure))
  const value = { deep: [{ token: 'a secret of some length' }], n: 'short' }
  await expect(storage.put('k', value, { ifVersion: null })).rejects.toMatchObject({
    cause: { message: 'cannot write {"token":"[secret]","n":"short"} to disk' },
  })
})

test("hands an engine's own advice on", async () => {
  const failure = Object.assign(new Error('no table'), { action: 'make the table', retryable: false })
  const storage = checkedStorage(brokenStorage(failure))
  const advised = { name: 'StorageError', action: 'make the table', retryable: false }
  await expect(storage.get('k')).rejects.toMatchObject({ ...advised, code: 'read_failed' })
  await expect(storage.put('k', 1, { ifVersion: null })).rejects.toMatchObject({
    ...advised,
    code: 'write_failed',
  })
  await expect(keysOf(storage)).rejects.toMatchObject(advised)
})

test.each([
  ['a driver says alone whether to try again', { retryable: false }],
  ['an action is no text', { action: { type: 'insert' }, retryable: false }],
  ['it says nothing of trying again', { action: 'insert' }],
])('takes nothing for advice where %s', async (_, more) => {
  const storage = checkedStorage(brokenStorage(Object.assign(new Error('failed'), more)))
  await expect(storage.get('k')).rejects.toMatchObject({ action: undefined, retryable: true })
})

test('[M5] leaves what was to be stored out of an advice', async () => {
  const action = 'mend "a secret of some length"'
  const storage = checkedStorage(brokenStorage(Object.assign(new Error('failed'), { action, retryable: false })))
  const failing = storage.put('k', 'a secret of some length', { ifVersion: null })
  await expect(failing).rejects.toMatchObject({ action: 'mend "[secret]"' })
})

const never = () => new Promise<never>(() => {})
/** It never answers, but to a listing with its first key. */
const hangingStorage: Storage = {
  get: never,
  put: never,
  delete: never,
  async *list() {
    yield 'session/first'
    await never()
  },
}

/** Each access that is one question, and what it fails with. */
const ACCESSES: readonly (readonly [string, string, (storage: Storage) => Promise<unknown>])[] = [
  ['get', 'read_failed', (storage) => storage.get('k')],
  ['put', 'write_failed', (storage) => storage.put('k', 1, { ifVersion: null })],
  ['delete', 'write_failed', (storage) => storage.delete('k', { ifVersion: '1' })],
]

test.each(ACCESSES)(
  'a %s that is never answered has failed after two minutes, and not before',
  async (_, code, ask) => {
    const clock = testClock()
    const ended = vi.fn<(error: unknown) => void>()
    ask(checkedStorage(hangingStorage, clock)).catch(ended)
    await clock.advance(STORAGE_TIMEOUT_MS - 1)
    expect(ended).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.any(StorageError))
    expect(ended.mock.calls[0]?.[0]).toMatchObject({ code, retryable: true, expected: 'an answer in 120000 ms' })
  },
)

test.each(ACCESSES)('a %s that is answered at last is taken, and leaves no timer', async (_, __, ask) => {
  const clock = testClock()
  const slow = async () => {
    await clock.sleep(STORAGE_TIMEOUT_MS - 1)
    return undefined
  }
  const storage: Storage = { ...hangingStorage, get: slow, put: slow, delete: () => slow().then(() => true) }
  const asked = ask(checkedStorage(storage, clock))
  await clock.advance(STORAGE_TIMEOUT_MS - 1)
  expect([undefined, true]).toContain(await asked)
  expect(clock.sleeping).toBe(0)
})

test.each(ACCESSES)('a %s that fails after it was given up ends no process', async (_, code, ask) => {
  const clock = testClock()
  const late = async () => {
    await clock.sleep(2 * STORAGE_TIMEOUT_MS)
    throw cause
  }
  const asked = ask(checkedStorage({ ...hangingStorage, get: late, put: late, delete: late }, clock))
  const told = expect(asked).rejects.toMatchObject({ code })
  await clock.advance(3 * STORAGE_TIMEOUT_MS)
  await told
})

test('a listing that stops on the way has failed after two minutes more, and not before', async () => {
  const clock = testClock()
  const seen: string[] = []
  const ended = vi.fn<(error: unknown) => void>()
  keysOf(checkedStorage(hangingStorage, clock), seen).catch(ended)
  await clock.advance(STORAGE_TIMEOUT_MS - 1)
  expect(seen).toEqual(['session/first'])
  expect(ended).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(ended).toHaveBeenCalledExactlyOnceWith(expect.any(StorageError))
  expect(ended.mock.calls[0]?.[0]).toMatchObject({ code: 'read_failed', retryable: true })
})

test('a listing may take as long as it takes, while keys come', async () => {
  const clock = testClock()
  const storage: Storage = {
    ...hangingStorage,
    async *list() {
      for (const key of ['a', 'b', 'c']) {
        await clock.sleep(STORAGE_TIMEOUT_MS - 1)
        yield key
      }
    },
  }
  const listing = keysOf(checkedStorage(storage, clock))
  await clock.advance(3 * STORAGE_TIMEOUT_MS)
  expect(await listing).toEqual(['a', 'b', 'c'])
  expect(clock.sleeping).toBe(0)
})

test('a listing that is left lets go of the one beneath', async () => {
  const clock = testClock()
  const left = vi.fn<() => void>()
  const storage: Storage = {
    ...hangingStorage,
    async *list() {
      try {
        yield 'a'
        yield 'b'
      } finally {
        left()
      }
    },
  }
  for await (const key of checkedStorage(storage, clock).list('')) {
    expect(key).toBe('a')
    break
  }
  await clock.settle()
  expect(left).toHaveBeenCalledTimes(1)
  expect(clock.sleeping).toBe(0)
})
