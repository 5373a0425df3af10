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
 * @throws Error that says where the storage was looked for, where it is not there now
 */
export async function openStorage(url: string, keys: readonly string[]): Promise<Storage> {
  const open = url.startsWith('redis') ? openRedis : openPostgres
  const inner = await open(url).catch((cause: NodeJS.ErrnoException) => {
    // Not the whole URL, which has the password. The message is empty where a name has several addresses.
    const host = URL.parse(url)?.host ?? 'this STORAGE_URL'
    throw new Error(`no storage at ${host}: ${cause.message || cause.code}`, { cause })
  })
  return encryptedStorage(inner, keys)
}

async function openRedis(url: string): Promise<Storage> {
  let wasThere = false
  // One that stands still is left after five seconds, and looked for again: by itself the client would wait for ever.
  // One that never was there is not waited for.
  const redis = createClient({
    url,
    pingInterval: 2000,
    socket: { socketTimeout: 5000, reconnectStrategy: () => wasThere && 500 },
  })
  // Without a listener the first lost connection would end the process.
  redis.on('error', (error: Error) => wasThere && console.error(`redis: ${error.message}`))
  await redis.connect()
  wasThere = true
  return redisStorage((script, keys, args) => redis.eval(script, { keys, arguments: args }))
}

async function openPostgres(url: string): Promise<Storage> {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  pool.on('error', (error) => console.error(`postgres: ${error.message}`))
  await pool.query(postgresTable())
  return postgresStorage(pool)
}
