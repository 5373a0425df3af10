import { randomUUID } from 'node:crypto'
import type { Storage, StoredValue } from 'atproof'
import { fileStorage } from 'atproof/node'
import { postgresTable } from 'atproof/postgres'
import { Client } from 'pg'
import { createClient } from 'redis'
import { inject } from 'vitest'
import { type Address, type Engine, openEngine } from './engine.ts'
import type { Place } from './engine-hooks.ts'
import { type FileAddress, fileDamages, makeDirectory } from './file-places.ts'

/** An empty place to keep sessions in. */
export interface SessionPlace {
  /** A storage over it, as each process has one. */
  open(): Promise<Storage>
  /** Damages what stands under a key, as a crash or a stranger can. */
  damage(key: string): Promise<unknown>
  close(): Promise<void>
}

const STORAGE_KEYS = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))

/** A new place of each engine. */
export const SESSION_PLACES: Readonly<Record<string, () => Promise<SessionPlace>>> = {
  files: async () => sessionPlace(await makeDirectory(), truncateFile),
  Redis: async () =>
    sessionPlace({ address: { engine: 'redis', url: inject('redisUrl'), prefix: randomUUID() } }, truncateInRedis),
  PostgreSQL: async () => sessionPlace(await makeTable(), truncateRow),
  'encrypted files': async () => sessionPlace(await makeDirectory(STORAGE_KEYS), truncateCiphertext),
}

function sessionPlace<A extends Address>(
  { address, remove }: Place<A>,
  damage: (address: A, key: string) => Promise<unknown>,
): SessionPlace {
  const engines: Engine[] = []
  return {
    async open() {
      const engine = await openEngine(address)
      engines.push(engine)
      return engine.storage
    },
    damage: (key) => damage(address, key),
    async close() {
      await Promise.all(engines.map((engine) => engine.close()))
      await remove?.()
    },
  }
}

async function makeTable(): Promise<Place<Extract<Address, { readonly engine: 'postgres' }>>> {
  const table = `sessions_${randomUUID().replaceAll('-', '_')}`
  await query(postgresTable(table))
  return {
    address: { engine: 'postgres', url: inject('postgresUrl'), table },
    remove: () => query(`DROP TABLE "${table}"`),
  }
}

async function truncateFile(address: FileAddress, key: string): Promise<void> {
  await fileDamages['truncated']?.(address, key)
}

/** Through the storage beneath: what stands there is a whole entry, and does not open. */
async function truncateCiphertext({ directory }: FileAddress, key: string): Promise<unknown> {
  const inner = fileStorage(directory)
  const entry = await inner.get(key)
  const jwe = Object(entry?.value) as Readonly<Record<string, StoredValue>>
  const value = { ...jwe, ciphertext: String(jwe['ciphertext']).slice(0, -4) }
  return inner.put(key, value, { ifVersion: entry?.version ?? null })
}

async function truncateInRedis({ url, prefix }: { readonly url: string; readonly prefix: string }, key: string) {
  const redis = createClient({ url })
  await redis.connect()
  const entry = `${prefix}{atproof}:entry:${key}`
  const value = (await redis.hGet(entry, 'value')) ?? ''
  await redis.hSet(entry, 'value', value.slice(0, -1))
  await redis.close()
}

function truncateRow({ table }: { readonly table: string }, key: string): Promise<void> {
  return query(`UPDATE "${table}" SET value = left(value, length(value) - 1) WHERE key = $1`, [key])
}

async function query(text: string, values: string[] = []): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  await client.query(text, values)
  await client.end()
}
