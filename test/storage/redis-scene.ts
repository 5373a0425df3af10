import { randomUUID } from 'node:crypto'
import { Redis, type RedisOptions } from 'ioredis'
import { type EvaluateScript, redisStorage } from 'atproof/redis'
import { afterAll, inject, onTestFinished } from 'vitest'

/** A connection to the Redis that all files share. */
export const redis = new Redis(inject('redisUrl'))
afterAll(() => redis.disconnect())

/** What tests say of a connection. */
type ConnectOptions = Pick<
  RedisOptions,
  'autoResendUnfulfilledCommands' | 'maxRetriesPerRequest' | 'retryStrategy' | 'stringNumbers'
>

/** A connection of one test, to this Redis or another. */
export function connectRedis(url: string = inject('redisUrl'), options: ConnectOptions = {}): Redis {
  const client = new Redis(url, options)
  // It breaks where a test kills the server.
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  return client
}

export function evaluateWith(client: Redis): EvaluateScript {
  return (script, keys, args) => client.eval(script, keys.length, ...keys, ...args)
}

/** A storage with a prefix of its own, or with this one, and what it asked Redis to do. */
export function redisScene(client: Redis = redis, prefix: string = `server-test-${randomUUID()}:`) {
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

/** What time it is on the server's own clock, in ms. */
export async function redisTime(): Promise<number> {
  const [seconds, microseconds] = await redis.time()
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}
