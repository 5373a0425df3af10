import { type EvaluateScript, redisStorage } from 'atproof/redis'
import type { Storage, StoredValue } from 'atproof'
import { expect, test } from 'vitest'

const KEY = 'session/did:plc:alice/1'

/** A storage over a Redis that gives these replies, and what it was asked. */
function scene(...replies: unknown[]) {
  const calls: { script: string; keys: string[]; args: string[] }[] = []
  const evaluate: EvaluateScript = async (script, keys, args) => {
    calls.push({ script, keys, args })
    return replies.shift()
  }
  return { calls, storage: redisStorage(evaluate) }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys
}

test.each([
  ['texts', ['{"a":"é"}', 'v1', '1500']],
  ['an age that is a number', ['{"a":"é"}', 'v1', 1500]],
  ['an age that is a bigint', ['{"a":"é"}', 'v1', 1500n]],
  ['bytes', [bytes('{"a":"é"}'), bytes('v1'), bytes('1500')]],
])('reads an entry of %s', async (_, reply) => {
  expect(await scene(reply).storage.get(KEY)).toEqual({ value: { a: 'é' }, version: 'v1', age: 1500 })
})

test('nil is no entry', async () => {
  expect(await scene(null).storage.get(KEY)).toBeUndefined()
})

test.each([
  ['an empty reply', []],
  ['an empty text', ['', 'v1', '0']],
  ['a text that was cut off', ['{"a":"secr', 'v1', '0']],
  ['a text too deep', ['['.repeat(40) + ']'.repeat(40), 'v1', '0']],
])('%s is a corrupt entry, which is named and not quoted', async (_, reply) => {
  const failure = await scene(reply)
    .storage.get(KEY)
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ name: 'StorageError', code: 'corrupt', field: KEY })
  expect(failure).not.toHaveProperty('cause')
  expect(String(failure)).not.toContain('secr')
})

test.each([
  ['undefined, as of a function that forgot to return', undefined],
  ['OK', 'OK'],
  ['an object', { value: '"secret"' }],
  ['a list without a version', ['"secret"', '', '0']],
  ['a list without an age', ['"secret"', 'v1']],
  ['a negative age', ['"secret"', 'v1', '-1']],
  ['an age that is no number', ['"secret"', 'v1', 'NaN']],
  ['a value that the client has parsed already', [{ a: 'secret' }, 'v1', '0']],
  ['a nil in the list', [null, 'v1', '0']],
  ['bytes that are no UTF-8', [new Uint8Array([0xff]), 'v1', '0']],
])('a reply to a get that is %s is an error that quotes nothing', async (_, reply) => {
  const failure = await scene(reply)
    .storage.get(KEY)
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TypeError)
  expect(String(failure)).not.toContain('secret')
})

test('the error of a wrong reply says what came and what to do', async () => {
  await expect(scene(undefined).storage.get(KEY)).rejects.toThrow(
    "evaluate: expected the script's reply, a list of texts, found undefined; it must return what EVAL replies",
  )
  await expect(scene([1, 2]).storage.put(KEY, 'x', { ifVersion: null })).rejects.toThrow(
    'a text, found a list of 2',
  )
})

test.each([1, 1n, '1', bytes('1')])('%o says that a put and a delete took place', async (reply) => {
  const { storage, calls } = scene(reply, reply)
  const version = await storage.put(KEY, 'x', { ifVersion: null })
  expect(version).toMatch(/^[\w-]{43}$/)
  expect(calls[0]?.args).toContain(version)
  expect(await storage.delete(KEY, { ifVersion: 'v1' })).toBe(true)
})

test.each([0, 0n, '0', bytes('0')])('%o says that somebody was first', async (reply) => {
  const { storage } = scene(reply, reply)
  expect(await storage.put(KEY, 'x', { ifVersion: null })).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: 'v1' })).toBe(false)
})

test.each([undefined, null, true, 2, -1, '', 'OK', []])(
  'a reply of %o to a put or a delete is an error: whether it took place is unknown',
  async (reply) => {
    const { storage } = scene(reply, reply)
    await expect(storage.put(KEY, 'x', { ifVersion: null })).rejects.toThrow(TypeError)
    await expect(storage.delete(KEY, { ifVersion: 'v1' })).rejects.toThrow(TypeError)
  },
)

test('goes from page to page until there is no next one', async () => {
  const { storage, calls } = scene(['(b', 'a', 'b'], [bytes('(d'), bytes('d')], [''])
  expect(await keysOf(storage, 'x')).toEqual(['a', 'b', 'd'])
  expect(calls.map(({ args }) => args[0])).toEqual(['[x', '(b', '(d'])
})

test.each([undefined, null, [], 'a', ['b', 'a'], ['', null]])('a page of %o is an error', async (reply) => {
  await expect(keysOf(scene(reply).storage, '')).rejects.toThrow(TypeError)
})

test('hands on what evaluate fails with, as it came', async () => {
  const failure = new Error('READONLY')
  const storage = redisStorage(() => Promise.reject(failure))
  await expect(storage.get(KEY)).rejects.toBe(failure)
  await expect(storage.put(KEY, 'x', { ifVersion: null })).rejects.toBe(failure)
  await expect(storage.delete(KEY, { ifVersion: 'v1' })).rejects.toBe(failure)
  await expect(keysOf(storage, '')).rejects.toBe(failure)
})

test('each call is one script of a few, and each key has the prefix and one hash tag', async () => {
  const { storage, calls } = scene(null, 1, 1, 1, [''])
  await storage.get(KEY)
  await storage.put(KEY, 'x', { ifVersion: null })
  await storage.put('other{tag}', 'y', { ifVersion: 'v1', expiresAt: 5 })
  await storage.delete(KEY, { ifVersion: 'v1' })
  await keysOf(storage, '')
  expect(calls).toHaveLength(5)
  expect(new Set(calls.map(({ script }) => script)).size).toBe(4)
  for (const key of calls.flatMap(({ keys }) => keys)) expect(key).toMatch(/^\{atproof\}:/)
  const named: string[] = []
  const prefixed = redisStorage(
    async (_script, keys) => {
      named.push(...keys)
      return null
    },
    { prefix: 'my app:' },
  )
  await prefixed.get(KEY)
  expect(named).toEqual([`my app:{atproof}:entry:${KEY}`])
})

test.each([
  [undefined, ''],
  [Infinity, ''],
  [1500, '1500'],
  [1500.2, '1501'],
  [-5, '0'],
  [1e300, '8640000000000000'],
])('an expiry of %o is sent as %o', async (expiresAt, sent) => {
  const { storage, calls } = scene(1)
  await storage.put(KEY, 'x', { ifVersion: null, expiresAt })
  expect(calls[0]?.args.at(-1)).toBe(sent)
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

test.each(['{', 'a}b', 'x'.repeat(101), 5])('refuses the prefix %o', (prefix) => {
  const wrong: unknown = prefix
  expect(() => redisStorage(async () => null, { prefix: wrong as string })).toThrow(
    'prefix: expected a text without braces, of 100 characters at most, found',
  )
  expect(() => redisStorage(async () => null, { prefix: 'x'.repeat(100) })).not.toThrow()
})

test('refuses a client in the place of a function', () => {
  const wrong: unknown = { eval: () => {} }
  expect(() => redisStorage(wrong as EvaluateScript)).toThrow(
    'evaluate: expected a function that runs a script, found an object',
  )
})
