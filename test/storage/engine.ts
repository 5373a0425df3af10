import { encryptedStorage } from '../../src/storage/encrypted.ts'
import { fileStorage } from '../../src/storage/file/file-storage.ts'
import { postgresStorage } from '../../src/storage/postgres.ts'
import { redisStorage } from '../../src/storage/redis.ts'
import type { Storage } from '../../src/storage/storage.ts'

/** Where a storage is: all that another process has to know. */
export type Address =
  | { readonly engine: 'file'; readonly directory: string; readonly keys?: readonly string[] }
  | { readonly engine: 'redis' | 'ioredis'; readonly url: string; readonly prefix: string }
  | { readonly engine: 'postgres'; readonly url: string; readonly table: string }

/** A storage that is open. */
export interface Engine {
  readonly address: Address
  readonly storage: Storage
  readonly close: () => Promise<unknown>
}

/** Opens the storage at an address. Loads the driver that it needs and no other: a child begins often. */
export async function openEngine(address: Address): Promise<Engine> {
  switch (address.engine) {
    case 'file': {
      const storage = fileStorage(address.directory)
      return engine(address, address.keys ? encryptedStorage(storage, address.keys) : storage)
    }
    case 'redis': {
      const { createClient } = await import('redis')
      const redis = createClient({ url: address.url })
      await redis.connect()
      const storage = redisStorage((script, keys, args) => redis.eval(script, { keys, arguments: args }), address)
      return engine(address, storage, () => redis.close())
    }
    case 'ioredis': {
      const { Redis } = await import('ioredis')
      const redis = new Redis(address.url)
      const run = (script: string, keys: string[], args: string[]) =>
        redis.eval(script, keys.length, ...keys, ...args)
      return engine(address, redisStorage(run, address), () => redis.quit())
    }
    case 'postgres': {
      const { Pool } = await import('pg')
      const pool = new Pool({ connectionString: address.url })
      return engine(address, postgresStorage(pool, address), () => pool.end())
    }
  }
}

function engine(address: Address, storage: Storage, close: () => Promise<unknown> = async () => {}): Engine {
  return { address, storage, close }
}
