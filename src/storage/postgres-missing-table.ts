import { withoutRetry } from '../errors/without-retry.ts'
import { DEFAULT_TABLE } from './postgres-table.ts'

/** The SQLSTATE `undefined_table`. */
const UNDEFINED_TABLE = '42P01'

/** An error as it came; where it says that there is no table, it also says how to make this one. */
export function adviseOnTable(error: unknown, table: string): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE)) return error
  const call = table === DEFAULT_TABLE ? 'postgresTable()' : `postgresTable('${table}')`
  return withoutRetry(
    error,
    `run the SQL that \`${call}\` of atproof/postgres returns, once: in a migration, or when the app starts`,
  )
}
