/** The statements over one table. Each is complete in itself: nothing is kept on a connection. */
export interface PostgresStatements {
  /** `$1` key. Gives `value`, `version` and `age` in ms. */
  readonly get: string
  /** `$1` key, `$2` value, `$3` new version, `$4` when it expires in ms or null. Gives a row where it was written. */
  readonly create: string
  /** The same, and `$5` the version that is replaced. */
  readonly replace: string
  /** `$1` key, `$2` version. Gives a row where it was deleted. */
  readonly delete: string
  /** `$1` where to begin, `$2` how many. Gives `key`. */
  readonly listFrom: string
  /** The same, and `$3` where to end. */
  readonly listBetween: string
}

// Not now(), which is when a transaction began.
const NOW = 'clock_timestamp()'
const EXPIRY = 'to_timestamp($4::double precision / 1000)'
export const MAX_SWEPT = 10

/** Writes the statements for a table, whose name is quoted already. */
export function postgresStatements(table: string): PostgresStatements {
  const lives = `(expires_at IS NULL OR expires_at > ${NOW})`
  const insert = `INSERT INTO ${table} AS old (key, value, version, written_at, expires_at)
  VALUES ($1, $2, $3, ${NOW}, ${EXPIRY})
  ON CONFLICT (key) DO UPDATE
  SET value = excluded.value, version = excluded.version, written_at = ${NOW}, expires_at = excluded.expires_at
  WHERE old.expires_at <= ${NOW}
  RETURNING version`
  const update = `UPDATE ${table}
  SET value = $2, version = $3, written_at = ${NOW}, expires_at = ${EXPIRY}
  WHERE key = $1 AND version = $5 AND ${lives}
  RETURNING version`
  const select = `SELECT key FROM ${table} WHERE key >= $1 AND ${lives}`
  return {
    get: `SELECT value, version,
  round(greatest(0, extract(epoch FROM ${NOW} - written_at) * 1000))::double precision AS age
FROM ${table} WHERE key = $1 AND ${lives}`,
    create: thenSweep(table, insert),
    replace: thenSweep(table, update),
    delete: `DELETE FROM ${table} WHERE key = $1 AND version = $2 AND ${lives} RETURNING key`,
    listFrom: `${select} ORDER BY key LIMIT $2`,
    listBetween: `${select} AND key < $3 ORDER BY key LIMIT $2`,
  }
}

/**
 * A write that sweeps some expired rows as it goes. The sweep reads what was written, and so comes after it; it skips
 * rows that others hold. Whoever waits for a row holds no other, and no two writes can deadlock. ARRAY keeps the planner
 * from asking for more rows than the limit, and now(), which stands still for a statement, lets it use the index.
 */
function thenSweep(table: string, write: string): string {
  return `WITH written AS (
  ${write}
), swept AS (
  DELETE FROM ${table} WHERE key = ANY (ARRAY(
    SELECT key FROM ${table}
    WHERE expires_at <= now() AND key <> $1 AND EXISTS (SELECT FROM written)
    LIMIT ${MAX_SWEPT} FOR UPDATE SKIP LOCKED
  ))
)
SELECT version FROM written`
}
