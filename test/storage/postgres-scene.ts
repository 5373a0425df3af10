import { randomUUID } from 'node:crypto'
import { Pool, type PoolConfig } from 'pg'
import { postgresStorage, postgresTable } from 'atproof/postgres'
import { afterAll, inject, onTestFinished } from 'vitest'

/** Connections to the PostgreSQL that all files share. */
export const pool = new Pool({ connectionString: inject('postgresUrl'), max: 20 })
afterAll(() => pool.end())

/** Connections of one test, to this PostgreSQL or another. */
export function connectPostgres(connectionString: string = inject('postgresUrl'), config: PoolConfig = {}): Pool {
  const own = new Pool({ connectionString, ...config })
  // A test may end its connections.
  own.on('error', () => {})
  onTestFinished(() => own.end())
  return own
}

/** A storage with a table of its own, and the statements that it ran. */
export async function postgresScene() {
  const table = `server_test_${randomUUID().replaceAll('-', '_')}`
  await pool.query(postgresTable(table))
  const statements: { text: string; values: unknown[] }[] = []
  const storage = postgresStorage(
    {
      query(text, values) {
        statements.push({ text, values })
        return pool.query(text, values)
      },
    },
    { table },
  )
  const count = async (): Promise<number> => {
    const { rows }: { rows: { count: number }[] } = await pool.query(`SELECT count(*)::int FROM ${table}`)
    return rows[0]?.count ?? -1
  }
  return { table, storage, statements, count }
}

/** Lets rows expire, whatever they had. */
export async function expireRows(table: string, prefix: string): Promise<void> {
  await pool.query(`UPDATE ${table} SET expires_at = now() - interval '1 second' WHERE starts_with(key, $1)`, [
    prefix,
  ])
}
