import { encryptedStorage, type Storage } from 'atproof'
import { postgresStorage, postgresTable } from 'atproof/postgres'
import { redisStorage } from 'atproof/redis'
import { Pool } from 'pg'
import { createClient } from 'redis'

/**
 * The storage that all processes of the app share. A record is a whole session, so that what stands there is encrypted.
 *
 * @param url `redis://…` or `postgres://…`
 * @param keys secrets of 32 bytes as base64, the newest first
 */
export async function openStorage(url: string, keys: readonly string[]): Promise<Storage> {
  return encryptedStorage(url.startsWith('redis') ? await openRedis(url) : await openPostgres(url), keys)
}

async function openRedis(url: string): Promise<Storage> {
  // One that stands still is left after five seconds, and looked for again: by itself the client would wait for ever.
  const redis = createClient({
    url,
    pingInterval: 2000,
    socket: { socketTimeout: 5000, reconnectStrategy: () => 500 },
  })
  // Without a listener the first lost connection would end the process.
  redis.on('error', (error: Error) => console.error(`redis: ${error.message}`))
  await redis.connect()
  return redisStorage((script, keys, args) => redis.eval(script, { keys, arguments: args }))
}

async function openPostgres(url: string): Promise<Storage> {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  pool.on('error', (error) => console.error(`postgres: ${error.message}`))
  await pool.query(postgresTable())
  return postgresStorage(pool)
}
