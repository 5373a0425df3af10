import { type PostgresDatabase, type PostgresParameter, postgresStorage } from 'atproof/postgres'
import type { Storage, StoredValue } from 'atproof'
import { expect, test } from 'vitest'

const KEY = 'session/did:plc:alice/1'

/** A storage over a database that gives these results, and what it was asked. */
function scene(...results: unknown[]) {
  const calls: { text: string; values: PostgresParameter[] }[] = []
  const query = async (text: string, values: PostgresParameter[]): Promise<unknown> => {
    calls.push({ text, values })
    return results.shift()
  }
  return { calls, storage: postgresStorage({ query: query as PostgresDatabase['query'] }) }
}

async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys
}

test.each([1500, '1500'])('reads a row whose age came as %o', async (age) => {
  const { storage } = scene({ rows: [{ value: '{"a":"é"}', version: 'v1', age }] })
  expect(await storage.get(KEY)).toEqual({ value: { a: 'é' }, version: 'v1', age: 1500 })
})

test('no row is no entry', async () => {
  expect(await scene({ rows: [] }).storage.get(KEY)).toBeUndefined()
})

test.each([
  ['a text that was cut off', '{"a":"secr'],
  ['a value that the driver has parsed already', { a: 'secr' }],
  ['null', null],
])('%s is a corrupt entry, which is named and not quoted', async (_, value) => {
  const failure = await scene({ rows: [{ value, version: 'v1', age: 0 }] })
    .storage.get(KEY)
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ name: 'StorageError', code: 'corrupt', field: KEY })
  expect(failure).not.toHaveProperty('cause')
  expect(String(failure)).not.toContain('secr')
})

test.each([
  ['undefined, as of a function that forgot to return', undefined],
  ['rows by themselves, as postgres.js gives them', [{ value: '"secret"', version: 'v1', age: 0 }]],
  ['rows that are arrays', { rows: [['"secret"', 'v1', 0]] }],
  ['a row without a version', { rows: [{ value: '"secret"', age: 0 }] }],
  ['a row without an age', { rows: [{ value: '"secret"', version: 'v1' }] }],
  ['a negative age', { rows: [{ value: '"secret"', version: 'v1', age: -1 }] }],
  ['an age that is no number', { rows: [{ value: '"secret"', version: 'v1', age: 'soon' }] }],
])('a result that is %s is an error that quotes nothing', async (_, result) => {
  const failure = await scene(result)
    .storage.get(KEY)
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TypeError)
  expect(String(failure)).toMatch(/query: expected/)
  expect(String(failure)).not.toContain('secret')
})

test.each([undefined, null, [], {}, { rows: null }, { rowCount: 1 }])(
  'a result of %o to a put or a delete is an error: whether it took place is unknown',
  async (result) => {
    const { storage } = scene(result, result, result)
    await expect(storage.put(KEY, 'x', { ifVersion: null })).rejects.toThrow(TypeError)
    await expect(storage.put(KEY, 'x', { ifVersion: 'v1' })).rejects.toThrow(TypeError)
    await expect(storage.delete(KEY, { ifVersion: 'v1' })).rejects.toThrow(TypeError)
  },
)

test('a row says that a put took place, and none that somebody was first', async () => {
  const { storage, calls } = scene(
    { rows: [{ version: 'x' }] },
    { rows: [] },
    { rows: [] },
    { rows: [{ key: KEY }] },
  )
  const version = await storage.put(KEY, 'x', { ifVersion: null })
  expect(version).toMatch(/^[\w-]{43}$/)
  expect(calls[0]?.values).toEqual([KEY, '"x"', version, null])
  expect(await storage.put(KEY, 'x', { ifVersion: 'v1', expiresAt: 5.5 })).toBeUndefined()
  expect(calls[1]?.values).toEqual([KEY, '"x"', expect.any(String), 6, 'v1'])
  expect(calls[1]?.values[2]).not.toBe(version)
  expect(await storage.delete(KEY, { ifVersion: 'v1' })).toBe(false)
  expect(await storage.delete(KEY, { ifVersion: 'v1' })).toBe(true)
})

test('a key that is no text is an error', async () => {
  await expect(keysOf(scene({ rows: [{ key: 1 }] }).storage, '')).rejects.toThrow(
    'query: expected a text in the column key, found number',
  )
})

test('hands on what query fails with, as it came', async () => {
  const failure = Object.assign(new Error('terminating connection'), { code: '57P01' })
  const storage = postgresStorage({ query: () => Promise.reject(failure) })
  await expect(storage.get(KEY)).rejects.toBe(failure)
  await expect(storage.put(KEY, 'x', { ifVersion: null })).rejects.toBe(failure)
  await expect(storage.delete(KEY, { ifVersion: 'v1' })).rejects.toBe(failure)
  await expect(keysOf(storage, '')).rejects.toBe(failure)
  expect(Object.keys(failure)).toEqual(['code'])
})

test('says to make the table where there is none', async () => {
  const failure = Object.assign(new Error('relation "app.sessions" does not exist'), { code: '42P01' })
  const storage = postgresStorage({ query: () => Promise.reject(failure) }, { table: 'app.sessions' })
  const call = "`postgresTable('app.sessions')`"
  const advised = { code: '42P01', retryable: false, action: expect.stringContaining(call) }
  await expect(storage.get(KEY)).rejects.toMatchObject(advised)
  await expect(keysOf(storage, '')).rejects.toMatchObject(advised)
})

test('calls query as a method of what it was given', async () => {
  const database = {
    rows: [],
    async query() {
      return { rows: this.rows }
    },
  }
  expect(await postgresStorage(database).get(KEY)).toBeUndefined()
})

test('refuses what is no plain JSON or no time, and sends nothing', async () => {
  const { storage, calls } = scene()
  const value: unknown = { a: new Map() }
  await expect(storage.put(KEY, value as StoredValue, { ifVersion: null })).rejects.toThrow(
    'value.a: expected plain JSON',
  )
  await expect(storage.put(KEY, 'x', { ifVersion: null, expiresAt: Number.NaN })).rejects.toThrow(
    'expiresAt: expected ms since the epoch, found NaN',
  )
  expect(calls).toEqual([])
  expect(storage.keepsCryptoKeys).toBeUndefined()
})

test.each([undefined, null, 'postgres://localhost', {}])('refuses %o in the place of a database', (database) => {
  const wrong: unknown = database
  expect(() => postgresStorage(wrong as PostgresDatabase)).toThrow('database: expected an object with query()')
})
