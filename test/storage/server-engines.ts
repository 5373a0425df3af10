import type { Storage } from 'atproof'
import { postgresStorage, postgresTable } from 'atproof/postgres'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import type { RunningServer } from '../servers/running-server.ts'
import { connectPostgres, expireRows, pool, postgresScene } from './postgres-scene.ts'
import { connectRedis, redis, redisScene, redisTime } from './redis-scene.ts'

/** An engine on a real server, and what the tests that all of these have to pass need of it. */
export interface ServerEngine {
  readonly name: string
  /** What it calls an entry: for titles. */
  readonly entry: string
  /** Over how many connections a place is open. */
  readonly connections: number
  /** During how many writings at once its server can be killed. */
  readonly writings: number
  startServer(): Promise<RunningServer>
  /** The one place on a server of one test. What its connections break, nobody tries again. */
  openOn(serverUrl: string): Promise<Storage>
  /** A new place on the server that all files share. */
  openPlace(): Promise<ServerPlace>
}

/** A place that is empty, and a way to its entries beside the storage. */
export interface ServerPlace {
  readonly storage: Storage
  /** The same over every connection, in turns. */
  readonly storages: readonly Storage[]
  /** Lets an entry expire, which stays where it is. */
  expire(key: string): Promise<unknown>
  /** Has an entry written so many ms before now, by the server's clock. */
  writeBefore(key: string, ms: number): Promise<unknown>
}

const REDIS_CONNECTIONS = 5

export const SERVER_ENGINES: readonly ServerEngine[] = [
  {
    name: 'Redis',
    entry: 'an entry',
    connections: REDIS_CONNECTIONS,
    writings: 10_000,
    startServer: () => startRedis(),
    async openOn(url) {
      return redisScene(connectRedis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null }), '').storage
    },
    async openPlace() {
      const { prefix, storage, entry } = redisScene()
      return {
        storage,
        storages: Array.from({ length: REDIS_CONNECTIONS }, () => redisScene(connectRedis(), prefix).storage),
        async expire(key) {
          await redis.persist(entry(key))
          await redis.hset(entry(key), 'expiresAt', '1')
        },
        async writeBefore(key, ms) {
          await redis.hset(entry(key), 'writtenAt', String(Math.floor(await redisTime()) - ms))
        },
      }
    },
  },
  {
    name: 'PostgreSQL',
    entry: 'a row',
    connections: 20,
    writings: 4000,
    startServer: () => startPostgres(),
    async openOn(url) {
      const own = connectPostgres(url, { max: 20 })
      await own.query(postgresTable())
      return postgresStorage(own)
    },
    async openPlace() {
      const { table, storage } = await postgresScene()
      return {
        storage,
        // Behind it is a pool of that many.
        storages: [storage],
        expire: (key) => expireRows(table, key),
        writeBefore: (key, ms) =>
          pool.query(`UPDATE ${table} SET written_at = now() - $2 * interval '1 millisecond' WHERE key = $1`, [
            key,
            ms,
          ]),
      }
    },
  },
]
