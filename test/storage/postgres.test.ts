import { randomUUID } from 'node:crypto'
import { postgresTable } from 'atproof/postgres'
import { Pool } from 'pg'
import { afterAll, inject } from 'vitest'
import type { Address } from './engine.ts'
import { type Damages, engineHooks } from './engine-hooks.ts'
import { proveStorage } from './prove-storage.ts'

type PostgresAddress = Extract<Address, { readonly engine: 'postgres' }>

const url = inject('postgresUrl')
const pool = new Pool({ connectionString: url })
afterAll(() => pool.end())

/** Sets the value of a row to what an expression makes of it. */
function setTo(expression: string): Damages<PostgresAddress>[string] {
  return ({ table }, key) => pool.query(`UPDATE "${table}" SET value = ${expression} WHERE key = $1`, [key])
}

const damages: Damages<PostgresAddress> = {
  truncated: setTo('left(value, length(value) - 1)'),
  empty: setTo(`''`),
  'foreign: a text': setTo(`'hello'`),
  'foreign: two values': setTo(`value || value`),
}

const hooks = engineHooks<PostgresAddress>(async () => {
  const table = `suite_${randomUUID().replaceAll('-', '_')}`
  await pool.query(postgresTable(table))
  return {
    address: { engine: 'postgres', url, table },
    remove: () => pool.query(`DROP TABLE "${table}"`),
  }
}, damages)

proveStorage('postgresStorage', hooks)
