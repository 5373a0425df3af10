import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { type EvaluateScript, redisStorage, type RedisStorageOptions } from 'atproof/redis'
import type { Storage } from 'atproof'
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startAnswerThief } from '../servers/answer-thief.ts'
import { startRedis } from '../servers/redis.ts'

const KEY = 'session/did:plc:alice/1'
const HOUR = 3_600_000
/** A busy machine may take its time. */
const WAIT = { timeout: 20_000, interval: 20 }

let redis: Redis
beforeAll(() => {
  redis = new Redis(inject('redisUrl'))
})
afterAll(() => redis.disconnect())

function connect(url: string = inject('redisUrl')): Redis {
  const client = new Redis(url)
  // It breaks where a test kills the server.
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  return client
}

function evaluateWith(client: Redis): EvaluateScript {
  return (script, keys, args) => client.eval(script, keys.length, ...keys, ...args)
}

let scenes = 0
/** A storage with a prefix of its own, and what it asked Redis to do. */
function scene(client: Redis = redis, options: RedisStorageOptions = {}) {
  const prefix = options.prefix ?? `server-test-${++scenes}:`
  const calls: { keys: string[]; args: string[] }[] = []
  const evaluate = evaluateWith(client)
  const storage = redisStorage(
    (script, keys, args) => {
      calls.push({ keys, args })
      return evaluate(script, keys, args)
    },
    { prefix },
  )
  const sizes = async (): Promise<{ keys: number; expiries: number }> => ({
    keys: await client.zcard(`${prefix}{atproof}:keys`),
    expiries: await client.zcard(`${prefix}{atproof}:expiries`),
  })
  return { prefix, storage, calls, sizes, entry: (key: string) => `${prefix}{atproof}:entry:${key}` }
}

async function create(storage: Storage, key: string, value: string, expiresAt?: number): Promise<string> {
  const version = await storage.put(key, value, { ifVersion: null, expiresAt })
  if (version === undefined) throw new Error(`${key} exists`)
  return version
}

async function keysOf(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list(prefix)) keys.push(key)
  return keys
}

/** Waits for a moment to pass on the server's own clock. */
async function untilPast(time: number): Promise<void> {
  await vi.waitFor(async () => {
    const [seconds, microseconds] = await redis.time()
    expect(Number(seconds) * 1000 + Number(microseconds) / 1000).toBeGreaterThan(time + 1)
  }, WAIT)
}

const clients: Record<string, (url: string) => Promise<EvaluateScript>> = {
  async 'node-redis'(url) {
    const client = await createClient({ url }).connect()
    onTestFinished(() => client.destroy())
    return (script, keys, args) => client.eval(script, { keys, arguments: args })
  },
  async 'node-redis with RESP3'(url) {
    const client = await createClient({ url, RESP: 3 }).connect()
    onTestFinished(() => client.destroy())
    return (script, keys, args) => client.eval(script, { keys, arguments: args })
  },
  ioredis: async (url) => evaluateWith(connect(url)),
  async 'ioredis with bytes and integers as texts'(url) {
    const client = new Redis(url, { stringNumbers: true })
    onTestFinished(() => client.disconnect())
    return (script, keys, args) => client.callBuffer('EVAL', script, keys.length, ...keys, ...args)
  },
}

test.each(Object.keys(clients))('every call works with %s', async (name) => {
  const evaluate = await clients[name]!(inject('redisUrl'))
  const storage = redisStorage(evaluate, { prefix: `client-${name}:` })
  const value = { text: '\u0000 \uD800 💩', list: [1.5, null, true] }
  const first = await storage.put(KEY, value, { ifVersion: null })
  expect(await storage.get(KEY)).toEqual({ value, version: first, age: expect.any(Number) })
  expect(await storage.put(KEY, 'x', { ifVersion: null })).toBeUndefined()
  const second = (await storage.put(KEY, 'x', { ifVersion: first ?? '' })) ?? ''
  expect(await storage.put(KEY, 'y', { ifVersion: first ?? '' })).toBeUndefined()
  await create(storage, '\uFEFFé', 'x', Date.now() + HOUR)
  expect((await keysOf(storage, '')).toSorted()).toEqual([KEY, '\uFEFFé'])
  expect(await storage.delete(KEY, { ifVersion: first ?? '' })).toBe(false)
  expect(await storage.delete(KEY, { ifVersion: second })).toBe(true)
  expect(await storage.get(KEY)).toBeUndefined()
})

test('keeps what it answered through a kill in the middle of writing', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const client = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => {})
  const { storage } = scene(client, { prefix: '' })
  const answered = new Map<string, string>()
  const writing = Array.from({ length: 10_000 }, async (_, at) => {
    const key = `session/${at}`
    answered.set(key, await create(storage, key, 'x'))
    // Half of them are still on their way.
    if (answered.size === 5000) process.kill(server.pid, 'SIGKILL')
  })
  const failed = (await Promise.allSettled(writing)).filter(({ status }) => status === 'rejected')
  expect(failed.length).toBeGreaterThan(0)
  await server.restart()
  const after = scene(connect(server.url), { prefix: '' }).storage
  const listed = new Set(await keysOf(after, ''))
  for (const [key, version] of answered) {
    expect(await after.get(key)).toMatchObject({ value: 'x', version })
    expect(listed.has(key)).toBe(true)
  }
})

test('says that it wrote where the answer is lost and the client sends the script again', async () => {
  const thief = await startAnswerThief(inject('redisUrl'))
  onTestFinished(() => thief.close())
  const client = connect(thief.url)
  const { storage } = scene(client)
  await client.ping()
  thief.loseNextAnswer()
  const first = await create(storage, KEY, 'first')
  thief.loseNextAnswer()
  const second = await storage.put(KEY, 'second', { ifVersion: first })
  expect(second).toBeDefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'second', version: second })
})

test('fails where the answer is lost and the client does not send again; what stands tells whether it wrote', async () => {
  const thief = await startAnswerThief(inject('redisUrl'))
  onTestFinished(() => thief.close())
  const client = new Redis(thief.url, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 })
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  const { storage } = scene(client)
  await client.ping()
  thief.loseNextAnswer()
  await expect(storage.put(KEY, 'written', { ifVersion: null })).rejects.toThrow()
  await vi.waitFor(async () => expect(await storage.get(KEY)).toMatchObject({ value: 'written' }), WAIT)
})

test('one of 50 puts over five connections wins', async () => {
  const { prefix, storage } = scene()
  const storages = Array.from({ length: 5 }, () => scene(connect(), { prefix }).storage)
  const race = async (ifVersion: string | null): Promise<string> => {
    const putting = Array.from({ length: 50 }, (_, at) => storages[at % 5]!.put(KEY, at, { ifVersion }))
    const winners = (await Promise.all(putting)).filter((version) => version !== undefined)
    expect(winners).toHaveLength(1)
    expect(await storage.get(KEY)).toMatchObject({ version: winners[0] })
    return winners[0] ?? ''
  }
  await race(await race(null))
})

test('lives in one slot of a cluster', async () => {
  const server = await startRedis({ settings: { 'cluster-enabled': 'yes' } })
  onTestFinished(() => server.stop())
  const client = connect(server.url)
  await client.cluster('ADDSLOTSRANGE', 0, 16383)
  await vi.waitFor(async () => expect(await client.cluster('INFO')).toContain('cluster_state:ok'), WAIT)
  await expect(client.eval("return redis.call('GET', KEYS[1])", 2, 'a', 'b')).rejects.toThrow(/CROSSSLOT/)
  for (const prefix of ['', 'my-app:']) {
    const { storage, sizes } = scene(client, { prefix })
    const version = await create(storage, `${KEY}{with}braces`, 'x')
    await create(storage, 'spent/1', 'x', Date.now() + HOUR)
    await storage.put(`${KEY}{with}braces`, 'y', { ifVersion: version })
    expect(await keysOf(storage, 'session/')).toEqual([`${KEY}{with}braces`])
    expect(await sizes()).toEqual({ keys: 2, expiries: 1 })
  }
  const keys = await client.keys('*')
  const slots = new Set(await Promise.all(keys.map((key) => client.cluster('KEYSLOT', key))))
  expect([keys.length, slots.size]).toEqual([8, 1])
  expect(await client.cluster('KEYSLOT', '{atproof}')).toBe([...slots][0])
})

test('expired entries leave the index, ten at most with each put', async () => {
  const { storage, sizes, entry } = scene()
  const expiresAt = Date.now() + 500
  const stays = await create(storage, 'spent/stays', 'x', Date.now() + HOUR)
  for (let at = 0; at < 25; at += 1) await create(storage, `spent/${at}`, 'x', expiresAt)
  expect(await sizes()).toEqual({ keys: 26, expiries: 26 })
  await untilPast(expiresAt)
  // Not listed, though nothing has swept them.
  expect(await keysOf(storage, '')).toEqual(['spent/stays'])
  expect(await redis.exists(...Array.from({ length: 25 }, (_, at) => entry(`spent/${at}`)))).toBe(0)
  await create(storage, KEY, 'x')
  expect(await sizes()).toEqual({ keys: 17, expiries: 16 })
  // One that loses sweeps nothing.
  await storage.put(KEY, 'y', { ifVersion: null })
  expect(await sizes()).toEqual({ keys: 17, expiries: 16 })
  await create(storage, 'session/2', 'x')
  await create(storage, 'session/3', 'x')
  expect(await sizes()).toEqual({ keys: 4, expiries: 1 })
  expect(await storage.get('spent/stays')).toMatchObject({ version: stays })
})

test('a key whose entry expired is created anew, and is swept no more', async () => {
  const { storage, sizes } = scene()
  const expiresAt = Date.now() + 50
  const old = await create(storage, KEY, 'old', expiresAt)
  await untilPast(expiresAt)
  expect(await storage.put(KEY, 'x', { ifVersion: old })).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: old })).toBe(false)
  await create(storage, KEY, 'new')
  await create(storage, 'session/2', 'x')
  expect(await sizes()).toEqual({ keys: 2, expiries: 0 })
  expect(await keysOf(storage, KEY)).toEqual([KEY])
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
})

test('an entry that is written over takes the new time, also none', async () => {
  const { storage } = scene()
  const expiresAt = Date.now() + 200
  const first = await create(storage, KEY, 'x', expiresAt)
  await storage.put(KEY, 'y', { ifVersion: first })
  const other = await create(storage, 'session/2', 'x', expiresAt)
  await storage.put('session/2', 'y', { ifVersion: other, expiresAt: expiresAt + HOUR })
  await untilPast(expiresAt)
  expect(await storage.get(KEY)).toMatchObject({ value: 'y' })
  expect(await storage.get('session/2')).toMatchObject({ value: 'y' })
  expect((await keysOf(storage, '')).toSorted()).toEqual(['session/2', KEY])
})

test('an entry that Redis was late to remove is gone when its time has come', async () => {
  const { storage, entry } = scene()
  const expiresAt = Date.now() + 100
  const version = await create(storage, KEY, 'x', expiresAt)
  await redis.persist(entry(KEY))
  await untilPast(expiresAt)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: version })).toBe(false)
  expect(await storage.put(KEY, 'y', { ifVersion: version })).toBeUndefined()
  await create(storage, KEY, 'new')
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
})

test('an entry whose time is over before it is written is not there', async () => {
  const { storage } = scene()
  await create(storage, KEY, 'x', 0)
  await create(storage, 'session/2', 'x', Date.now() - HOUR)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await keysOf(storage, '')).toEqual([])
})

test('a deleted entry leaves both sets', async () => {
  const { storage, sizes } = scene()
  const version = await create(storage, KEY, 'x', Date.now() + HOUR)
  expect(await sizes()).toEqual({ keys: 1, expiries: 1 })
  await storage.delete(KEY, { ifVersion: version })
  expect(await sizes()).toEqual({ keys: 0, expiries: 0 })
})

test.each([-5 * HOUR, 5 * HOUR])("the app's clock, off by %d ms, changes no age", async (offset) => {
  const { storage } = scene()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  await create(storage, KEY, 'x')
  vi.setSystemTime(Date.now() + offset)
  const { age = -1 } = (await storage.get(KEY)) ?? {}
  expect(age).toBeGreaterThanOrEqual(0)
  expect(age).toBeLessThan(10_000)
})

test('an entry that seems to be written in the future is no time old', async () => {
  const { storage, entry } = scene()
  await create(storage, KEY, 'x')
  // As another primary leaves it whose clock was ahead.
  await redis.hset(entry(KEY), 'writtenAt', String(Date.now() + HOUR))
  expect(await storage.get(KEY)).toMatchObject({ value: 'x', age: 0 })
  await redis.hset(entry(KEY), 'writtenAt', String(Date.now() - HOUR))
  expect((await storage.get(KEY))?.age).toBeGreaterThanOrEqual(HOUR - 1000)
})

test('something foreign in the place of an entry is named, stays, and harms no neighbour', async () => {
  const { storage, entry } = scene()
  const version = await create(storage, 'session/good', 'x')
  await redis.set(entry('session/text'), 'x')
  await redis.hset(entry('session/fields'), 'other', 'x')
  await create(storage, 'session/cut', 'a long text')
  await redis.hset(entry('session/cut'), 'value', '{"a lo')
  for (const key of ['session/text', 'session/fields', 'session/cut']) {
    const failure = expect.objectContaining({ name: 'StorageError', code: 'corrupt', field: key })
    await expect(storage.get(key)).rejects.toEqual(failure)
    expect(await storage.put(key, 'y', { ifVersion: null })).toBeUndefined()
    expect(await storage.put(key, 'y', { ifVersion: '' })).toBeUndefined()
    expect(await storage.delete(key, { ifVersion: '' })).toBe(false)
    expect(await redis.exists(entry(key))).toBe(1)
  }
  expect(await storage.get('session/good')).toMatchObject({ value: 'x', version })
  expect(await keysOf(storage, '')).toEqual(['session/cut', 'session/good'])
})

test('10,000 entries are listed in pages of 500, with neither SCAN nor KEYS', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const client = connect(server.url)
  const { storage, calls } = scene(client)
  const started = performance.now()
  await Promise.all(Array.from({ length: 10_000 }, (_, at) => create(storage, `session/${at}`, 'x')))
  const listing = performance.now()
  calls.length = 0
  const keys = await keysOf(storage, 'session/')
  const [putMs, listMs] = [listing - started, performance.now() - listing].map(Math.round)
  console.log(`redis: 10,000 puts ${putMs} ms, listed in ${listMs} ms`)
  expect([keys.length, new Set(keys).size]).toEqual([10_000, 10_000])
  // The last page is empty: the one before it was full.
  expect(calls).toHaveLength(21)
  calls.length = 0
  expect(await keysOf(storage, 'session/123')).toHaveLength(11)
  expect(calls).toHaveLength(1)
  expect(await client.info('commandstats')).not.toMatch(/cmdstat_(scan|keys)/)
})
