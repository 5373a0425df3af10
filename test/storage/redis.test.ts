import { randomUUID } from 'node:crypto'
import { createClient } from 'redis'
import { afterAll, beforeAll, inject } from 'vitest'
import type { Address } from './engine.ts'
import { type Damages, engineHooks } from './engine-hooks.ts'
import { proveStorage } from './prove-storage.ts'

type RedisAddress = Extract<Address, { readonly prefix: string }>

const url = inject('redisUrl')
const redis = createClient({ url })
beforeAll(async () => void (await redis.connect()))
afterAll(() => redis.close())

const entryOf = ({ prefix }: RedisAddress, key: string) => `${prefix}{atproof}:entry:${key}`

const damages: Damages<RedisAddress> = {
  async truncated(address, key) {
    const value = (await redis.hGet(entryOf(address, key), 'value')) ?? ''
    await redis.hSet(entryOf(address, key), 'value', value.slice(0, -1))
  },
  empty: (address, key) => redis.hSet(entryOf(address, key), 'value', ''),
  'without a value': (address, key) => redis.hDel(entryOf(address, key), 'value'),
  'without a version': (address, key) => redis.hDel(entryOf(address, key), 'version'),
  'foreign: another hash': async (address, key) => {
    await redis.del(entryOf(address, key))
    await redis.hSet(entryOf(address, key), 'hello', 'world')
  },
  'foreign: a text': async (address, key) => {
    await redis.set(entryOf(address, key), 'hello')
  },
  'foreign: a list': async (address, key) => {
    await redis.del(entryOf(address, key))
    await redis.lPush(entryOf(address, key), 'hello')
  },
}

// Other handles use another client for Redis: both must mean the same.
const hooks = engineHooks<RedisAddress>(
  async () => ({ address: { engine: 'redis', url, prefix: `suite-${randomUUID()}` } }),
  damages,
  (address) => ({ ...address, engine: 'ioredis' }),
)

proveStorage('redisStorage', hooks)
