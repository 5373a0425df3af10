import { wrongArgument } from '../errors/wrong-argument.ts'

export const DEFAULT_TABLE = 'atproof'

// PostgreSQL cuts names off at 63 bytes, and the index's name is longer by 11.
const NAME = /^[a-z_][a-z0-9_]{0,49}$/

/**
 * The SQL that makes the table of a `postgresStorage`, for a migration or a start of the app. Where the table exists it
 * changes nothing, takes no lock and needs no right. It is one statement, and may be run by several processes at once.
 *
 * The keys' collation is "C", so that the primary key serves `list`. A key of more than 2,692 bytes does not fit.
 *
 * @param table its name, in lower case, with its schema where that is not on the search path. @default 'atproof'
 * @throws TypeError for any other name
 * @example
 * ```ts
 * await pool.query(postgresTable())
 * ```
 */
export function postgresTable(table: string = DEFAULT_TABLE): string {
  const { name, quoted } = readTableName(table)
  return `DO $atproof$ BEGIN
  -- IF NOT EXISTS alone asks for the rights of an owner and waits for a lock that holds all writers up, even where nothing
  -- is to be made.
  IF to_regclass('${quoted}') IS NULL THEN
    CREATE TABLE IF NOT EXISTS ${quoted} (
      key text COLLATE "C" PRIMARY KEY,
      value text NOT NULL,
      version text NOT NULL,
      written_at timestamptz NOT NULL,
      expires_at timestamptz
    );
    CREATE INDEX IF NOT EXISTS "${name}_expires_at" ON ${quoted} (expires_at) WHERE expires_at IS NOT NULL;
  END IF;
EXCEPTION WHEN duplicate_table OR duplicate_object OR unique_violation THEN
  -- Another process makes them at this moment: IF NOT EXISTS does not wait for it.
  NULL;
END $atproof$`
}

/** Reads the name of a table, and quotes it: one may be a word of SQL. */
export function readTableName(table: string): { readonly name: string; readonly quoted: string } {
  const parts = typeof table === 'string' ? table.split('.') : []
  const name = parts.at(-1)
  if (name === undefined || parts.length > 2 || !parts.every((part) => NAME.test(part))) {
    throw wrongArgument('table', 'a name such as sessions or app.sessions: a-z, 0-9 and _, at most 50 each', table)
  }
  return { name, quoted: parts.map((part) => `"${part}"`).join('.') }
}
