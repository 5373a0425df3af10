import { createClient } from 'redis'
import { type EvaluateScript, redisStorage } from 'atproof/redis'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { keysIn } from '../conformance/scene.ts'
import { startRedis } from '../servers/redis.ts'
import { connectRedis, evaluateWith, redis, redisScene, redisTime } from './redis-scene.ts'
import { create, expectEveryCall, expectPagesOf, HOUR, KEY, WAIT, wayOfThief } from './server-scene.ts'

/** Waits for a moment to pass on the server's own clock. */
async function untilPast(time: number): Promise<void> {
  await vi.waitFor(async () => expect(await redisTime()).toBeGreaterThan(time + 1), WAIT)
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
  ioredis: async (url) => evaluateWith(connectRedis(url)),
  async 'ioredis with bytes and integers as texts'(url) {
    const client = connectRedis(url, { stringNumbers: true })
    return (script, keys, args) => client.callBuffer('EVAL', script, keys.length, ...keys, ...args)
  },
}

test.each(Object.keys(clients))('every call works with %s', async (name) => {
  const evaluate = await clients[name]!(inject('redisUrl'))
  await expectEveryCall(redisStorage(evaluate, { prefix: `client-${name}:` }))
})

test('says that it wrote where the answer is lost and the client sends the script again', async () => {
  const thief = await wayOfThief(inject('redisUrl'))
  const client = connectRedis(thief.url)
  const { storage } = redisScene(client)
  await client.ping()
  thief.loseNextAnswer()
  const first = await create(storage, KEY, 'first')
  thief.loseNextAnswer()
  const second = await storage.put(KEY, 'second', { ifVersion: first })
  expect(second).toBeDefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'second', version: second })
})

test('fails where the answer is lost and the client does not send again; what stands tells whether it wrote', async () => {
  const thief = await wayOfThief(inject('redisUrl'))
  const client = connectRedis(thief.url, { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 })
  const { storage } = redisScene(client)
  await client.ping()
  thief.loseNextAnswer()
  await expect(storage.put(KEY, 'written', { ifVersion: null })).rejects.toThrow()
  await vi.waitFor(async () => expect(await storage.get(KEY)).toMatchObject({ value: 'written' }), WAIT)
})

test('lives in one slot of a cluster', async () => {
  const server = await startRedis({ settings: { 'cluster-enabled': 'yes' } })
  onTestFinished(() => server.stop())
  const client = connectRedis(server.url)
  await client.cluster('ADDSLOTSRANGE', 0, 16383)
  await vi.waitFor(async () => expect(await client.cluster('INFO')).toContain('cluster_state:ok'), WAIT)
  await expect(client.eval("return redis.call('GET', KEYS[1])", 2, 'a', 'b')).rejects.toThrow(/CROSSSLOT/)
  for (const prefix of ['', 'my-app:']) {
    const { storage, sizes } = redisScene(client, prefix)
    const version = await create(storage, `${KEY}{with}braces`, 'x')
    await create(storage, 'spent/1', 'x', Date.now() + HOUR)
    await storage.put(`${KEY}{with}braces`, 'y', { ifVersion: version })
    expect(await keysIn(storage, 'session/')).toEqual([`${KEY}{with}braces`])
    expect(await sizes()).toEqual({ keys: 2, expiries: 1 })
  }
  const keys = await client.keys('*')
  const slots = new Set(await Promise.all(keys.map((key) => client.cluster('KEYSLOT', key))))
  expect([keys.length, slots.size]).toEqual([8, 1])
  expect(await client.cluster('KEYSLOT', '{atproof}')).toBe([...slots][0])
})

test('expired entries leave the index, ten at most with each put', async () => {
  const { storage, sizes, entry } = redisScene()
  const expiresAt = Date.now() + 500
  const stays = await create(storage, 'spent/stays', 'x', Date.now() + HOUR)
  for (let at = 0; at < 25; at += 1) await create(storage, `spent/${at}`, 'x', expiresAt)
  expect(await sizes()).toEqual({ keys: 26, expiries: 26 })
  await untilPast(expiresAt)
  // Not listed, though nothing has swept them.
  expect(await keysIn(storage)).toEqual(['spent/stays'])
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
  const { storage, sizes } = redisScene()
  const expiresAt = Date.now() + 50
  const old = await create(storage, KEY, 'old', expiresAt)
  await untilPast(expiresAt)
  expect(await storage.put(KEY, 'x', { ifVersion: old })).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: old })).toBe(false)
  await create(storage, KEY, 'new')
  await create(storage, 'session/2', 'x')
  expect(await sizes()).toEqual({ keys: 2, expiries: 0 })
  expect(await keysIn(storage, KEY)).toEqual([KEY])
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
})

test('an entry that is written over takes the new time, also none', async () => {
  const { storage } = redisScene()
  const expiresAt = Date.now() + 200
  const first = await create(storage, KEY, 'x', expiresAt)
  await storage.put(KEY, 'y', { ifVersion: first })
  const other = await create(storage, 'session/2', 'x', expiresAt)
  await storage.put('session/2', 'y', { ifVersion: other, expiresAt: expiresAt + HOUR })
  await untilPast(expiresAt)
  expect(await storage.get(KEY)).toMatchObject({ value: 'y' })
  expect(await storage.get('session/2')).toMatchObject({ value: 'y' })
  expect((await keysIn(storage)).toSorted()).toEqual(['session/2', KEY])
})

test('an entry that Redis was late to remove is gone when its time has come', async () => {
  const { storage, entry } = redisScene()
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
  const { storage } = redisScene()
  await create(storage, KEY, 'x', 0)
  await create(storage, 'session/2', 'x', Date.now() - HOUR)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await keysIn(storage)).toEqual([])
})

test('a deleted entry leaves both sets', async () => {
  const { storage, sizes } = redisScene()
  const version = await create(storage, KEY, 'x', Date.now() + HOUR)
  expect(await sizes()).toEqual({ keys: 1, expiries: 1 })
  await storage.delete(KEY, { ifVersion: version })
  expect(await sizes()).toEqual({ keys: 0, expiries: 0 })
})

test('something foreign in the place of an entry is named, stays, and harms no neighbour', async () => {
  const { storage, entry } = redisScene()
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
  expect(await keysIn(storage)).toEqual(['session/cut', 'session/good'])
})

test('10,000 entries are listed in pages of 500, with neither SCAN nor KEYS', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const client = connectRedis(server.url)
  const { storage, calls } = redisScene(client)
  await expectPagesOf(500, storage, calls)
  expect(await client.info('commandstats')).not.toMatch(/cmdstat_(scan|keys)/)
})
