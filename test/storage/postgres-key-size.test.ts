import { randomBytes, randomUUID } from 'node:crypto'
import { postgresStorage, postgresTable } from 'atproof/postgres'
import { Pool } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { POSTGRES_KEY_BYTES } from './postgres-key-bytes.ts'

/** No two are alike, and none is made smaller by compression. */
function keyOf(bytes: number): string {
  return randomBytes(bytes).toString('base64url').slice(0, bytes)
}

test('a key in PostgreSQL has a largest size, and one byte more is refused', async () => {
  const pool = new Pool({ connectionString: inject('postgresUrl') })
  const table = `key_size_${randomUUID().replaceAll('-', '_')}`
  await pool.query(postgresTable(table))
  onTestFinished(async () => {
    await pool.query(`DROP TABLE "${table}"`)
    await pool.end()
  })
  const storage = postgresStorage(pool, { table })
  const key = keyOf(POSTGRES_KEY_BYTES)
  const version = await storage.put(key, 'x', { ifVersion: null })
  expect(await storage.get(key)).toMatchObject({ value: 'x', version })
  const longer = storage.put(keyOf(POSTGRES_KEY_BYTES + 1), 'x', { ifVersion: null })
  await expect(longer).rejects.toThrow('index row size')
})
