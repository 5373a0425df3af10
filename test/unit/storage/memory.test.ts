import { expect, test } from 'vitest'
import { memoryStorage } from '../../../src/storage/memory.ts'
import type { Storage, StoredValue } from '../../../src/storage/storage.ts'
import { testClock } from 'atproof/testing'

const KEY = 'session/did:plc:alice/1'

function scene() {
  const clock = testClock()
  const storage = memoryStorage({ clock })
  /** Puts a value where none stands, and gives its version. */
  const create = async (key: string, value: StoredValue, expiresAt?: number): Promise<string> => {
    const version = await storage.put(key, value, { ifVersion: null, expiresAt })
    if (version === undefined) throw new Error(`${key} exists`)
    return version
  }
  return { clock, storage, create }
}

async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys.toSorted()
}

test('gives back what was put', async () => {
  const { storage, create } = scene()
  const version = await create(KEY, { a: [1, 'x', null] })
  expect(await storage.get(KEY)).toEqual({ value: { a: [1, 'x', null] }, version, age: 0 })
  expect(await storage.get('session/did:plc:bob/1')).toBeUndefined()
})

test('creates only where nothing stands', async () => {
  const { storage, create } = scene()
  const version = await create(KEY, 'first')
  expect(await storage.put(KEY, 'second', { ifVersion: null })).toBeUndefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'first', version })
})

test('writes over the version that is named, and over no other', async () => {
  const { storage, create } = scene()
  const first = await create(KEY, 'first')
  const second = await storage.put(KEY, 'second', { ifVersion: first })
  expect(second).not.toBe(first)
  expect(await storage.put(KEY, 'third', { ifVersion: first })).toBeUndefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'second', version: second })
})

test('writes over nothing where a version is named that does not stand there', async () => {
  const { storage } = scene()
  expect(await storage.put(KEY, 'x', { ifVersion: '1' })).toBeUndefined()
  expect(await storage.get(KEY)).toBeUndefined()
})

test.each([{ ifVersion: null }, { ifVersion: 'the version' }])(
  'lets one of 50 puts at once win with $ifVersion',
  async ({ ifVersion }) => {
    const { storage, create } = scene()
    const expected = ifVersion === null ? null : await create(KEY, 'start')
    const writing = Array.from({ length: 50 }, (_, at) => storage.put(KEY, at, { ifVersion: expected }))
    const versions = await Promise.all(writing)
    const winners = versions.flatMap((version, at) => (version === undefined ? [] : [{ version, value: at }]))
    expect(winners).toHaveLength(1)
    expect(await storage.get(KEY)).toMatchObject(winners[0] ?? {})
  },
)

test('deletes the version that is named, and no other', async () => {
  const { storage, create } = scene()
  const first = await create(KEY, 'first')
  const second = (await storage.put(KEY, 'second', { ifVersion: first })) ?? ''
  expect(await storage.delete(KEY, { ifVersion: first })).toBe(false)
  expect(await storage.get(KEY)).toMatchObject({ value: 'second' })
  expect(await storage.delete(KEY, { ifVersion: second })).toBe(true)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: second })).toBe(false)
})

test('never uses a version twice, not even after a delete, nor for another key', async () => {
  const { clock, storage, create } = scene()
  const versions: string[] = []
  for (let round = 0; round < 20; round += 1) {
    const version = await create(KEY, 'same')
    versions.push(version, await create(`${KEY}/${round}`, 'same'))
    await storage.delete(KEY, { ifVersion: version })
    versions.push(await create(KEY, 'same', clock.now() + 1000))
    await clock.advance(1000) // it expires
  }
  expect(new Set(versions).size).toBe(versions.length)
})

test('takes no version of another storage', async () => {
  const [one, other] = [scene(), scene()]
  const version = await one.create(KEY, 'x')
  await other.create(KEY, 'y')
  expect(await other.storage.put(KEY, 'z', { ifVersion: version })).toBeUndefined()
  expect(await other.storage.delete(KEY, { ifVersion: version })).toBe(false)
  expect(await other.storage.get(KEY)).toMatchObject({ value: 'y' })
})

test('a version of what was deleted writes over nothing that came after', async () => {
  const { storage, create } = scene()
  const old = await create(KEY, 'same')
  await storage.delete(KEY, { ifVersion: old })
  await create(KEY, 'same')
  expect(await storage.put(KEY, 'late', { ifVersion: old })).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: old })).toBe(false)
})

test('says how long ago a value was written, whatever the wall clock does', async () => {
  const { clock, storage, create } = scene()
  const version = await create(KEY, 'x')
  await clock.advance(1500)
  clock.jumpWall(-86_400_000)
  expect(await storage.get(KEY)).toMatchObject({ age: 1500 })
  await storage.put(KEY, 'y', { ifVersion: version })
  expect(await storage.get(KEY)).toMatchObject({ age: 0 })
})

test('a failed put makes nothing younger', async () => {
  const { clock, storage, create } = scene()
  await create(KEY, 'x')
  await clock.advance(1500)
  await storage.put(KEY, 'y', { ifVersion: null })
  expect(await storage.get(KEY)).toMatchObject({ value: 'x', age: 1500 })
})

test('forgets a value when its time has come, and not before', async () => {
  const { clock, storage, create } = scene()
  const version = await create(KEY, 'x', clock.now() + 1000)
  await clock.advance(999)
  expect(await storage.get(KEY)).toMatchObject({ value: 'x' })
  await clock.advance(1)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await keysOf(storage, '')).toEqual([])
  expect(await storage.delete(KEY, { ifVersion: version })).toBe(false)
  expect(await storage.put(KEY, 'y', { ifVersion: version })).toBeUndefined()
  await create(KEY, 'new')
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
})

test('a value that is written over takes the new time, also none', async () => {
  const { clock, storage, create } = scene()
  const version = await create(KEY, 'x', clock.now() + 1000)
  await storage.put(KEY, 'y', { ifVersion: version })
  await clock.advance(86_400_000)
  expect(await storage.get(KEY)).toMatchObject({ value: 'y' })
})

test('thousands of values that expire take none with them that does not', async () => {
  const { clock, storage, create } = scene()
  await create(KEY, 'stays')
  for (let at = 0; at < 1000; at += 1) await create(`spent/${at}`, true, clock.now() + 1000)
  await clock.advance(1000)
  for (let at = 0; at < 300; at += 1) await create(`signin/${at}`, true)
  expect(await keysOf(storage, 'spent/')).toEqual([])
  expect(await keysOf(storage, 'signin/')).toHaveLength(300)
  expect(await storage.get(KEY)).toMatchObject({ value: 'stays' })
})

test('changes nothing that is stored when the value that was put changes', async () => {
  const { storage, create } = scene()
  const value = { list: [{ name: 'x' }] }
  await create(KEY, value)
  value.list[0]!.name = 'changed'
  value.list.push({ name: 'more' })
  expect(await storage.get(KEY)).toMatchObject({ value: { list: [{ name: 'x' }] } })
})

test('changes nothing that is stored when a value that was handed out changes', async () => {
  const { storage, create } = scene()
  await create(KEY, { list: [{ name: 'x' }] })
  const handedOut = (await storage.get(KEY))?.value as { list: { name: string }[] }
  handedOut.list[0]!.name = 'changed'
  handedOut.list.push({ name: 'more' })
  expect(await storage.get(KEY)).toMatchObject({ value: { list: [{ name: 'x' }] } })
})

test('keeps CryptoKeys, and says so', async () => {
  const { storage, create } = scene()
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  expect(storage.keepsCryptoKeys).toBe(true)
  await create(KEY, { dpopKey: { key: pair.privateKey } })
  const value = (await storage.get(KEY))?.value as { dpopKey: { key: CryptoKey } }
  expect(value.dpopKey.key).toBe(pair.privateKey)
})

const cycle: { self?: unknown } = {}
cycle.self = cycle

test.each([
  ['a function', { a: () => 1 }, 'value.a'],
  ['a Date', { a: { b: new Date(0) } }, 'value.a.b'],
  ['NaN', { a: [Number.NaN] }, 'value.a[0]'],
  ['undefined in an array', [undefined], 'value[0]'],
  ['undefined', undefined, 'value'],
  ['a cycle', cycle, 'value.self'],
])('refuses %s with a TypeError that names the path, and stores nothing', async (_, value: unknown, path) => {
  const { storage, create } = scene()
  const putting = storage.put(KEY, value as StoredValue, { ifVersion: null })
  await expect(putting).rejects.toThrow(TypeError)
  await expect(putting).rejects.toThrow(path)
  expect(await storage.get(KEY)).toBeUndefined()
  const version = await create(KEY, 'good')
  await expect(storage.put(KEY, value as StoredValue, { ifVersion: version })).rejects.toThrow(TypeError)
  expect(await storage.get(KEY)).toMatchObject({ value: 'good', version })
})

test('lists the keys that begin with a prefix', async () => {
  const { storage, create } = scene()
  for (const key of [
    'session/did:plc:alice/1',
    'session/did:plc:alice/2',
    'session/did:plc:alicia/1',
    'signin/1',
  ]) {
    await create(key, true)
  }
  expect(await keysOf(storage, 'session/did:plc:alice/')).toEqual([
    'session/did:plc:alice/1',
    'session/did:plc:alice/2',
  ])
  expect(await keysOf(storage, 'signin/')).toEqual(['signin/1'])
  expect(await keysOf(storage, 'spent/')).toEqual([])
  expect(await keysOf(storage, '')).toHaveLength(4)
})

test('lists each key once, though every one goes and comes back meanwhile', async () => {
  const { storage, create } = scene()
  for (const key of ['a', 'b', 'c']) await create(key, true)
  const listed: string[] = []
  for await (const key of storage.list('')) {
    listed.push(key)
    await storage.delete(key, { ifVersion: (await storage.get(key))?.version ?? '' })
    await create(key, true)
  }
  expect(listed).toEqual(['a', 'b', 'c'])
})

test('a key that looks like a property of every object is a key like any other', async () => {
  const { storage, create } = scene()
  expect(await storage.get('__proto__')).toBeUndefined()
  expect(await storage.get('constructor')).toBeUndefined()
  await create('__proto__', 'x')
  expect(await storage.get('__proto__')).toMatchObject({ value: 'x' })
})

test('two storages know nothing of each other', async () => {
  const { storage, create } = scene()
  await create(KEY, 'x')
  expect(await scene().storage.get(KEY)).toBeUndefined()
  expect(await storage.get(KEY)).toBeDefined()
})

test("goes by the machine's clock where none is given", async () => {
  const storage = memoryStorage()
  await storage.put(KEY, 'past', { ifVersion: null, expiresAt: Date.now() - 1 })
  expect(await storage.get(KEY)).toBeUndefined()
  await storage.put(KEY, 'future', { ifVersion: null, expiresAt: Date.now() + 3_600_000 })
  expect(await storage.get(KEY)).toMatchObject({ value: 'future' })
})

test('refuses an expiry that is no time', async () => {
  const putting = memoryStorage().put('k', 'x', { ifVersion: null, expiresAt: Number.NaN })
  await expect(putting).rejects.toThrow('expiresAt: expected ms since the epoch, found NaN')
})
