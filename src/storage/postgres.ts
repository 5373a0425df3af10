import { wrongArgument } from '../errors/wrong-argument.ts'
import { randomText, systemRandom } from '../http/random.ts'
import { adviseOnTable } from './postgres-missing-table.ts'
import { readRows, readText, type Row } from './postgres-rows.ts'
import { postgresStatements, type PostgresStatements } from './postgres-statements.ts'
import { DEFAULT_TABLE, readTableName } from './postgres-table.ts'
import type { PutOptions, Storage, StorageEntry, StoredValue } from './storage.ts'
import { readExpiry, readValue, writeValue } from './stored-text.ts'

/** What runs a statement: a `Pool` or a `Client` of `pg`, or anything that gives rows in the same way. */
export interface PostgresDatabase {
  query(text: string, values: PostgresParameter[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** What a statement of ours is given. */
export type PostgresParameter = string | number | null

/** Options of {@link postgresStorage}. */
export interface PostgresStorageOptions {
  /**
   * The table, as `postgresTable` made it: in lower case, with its schema where that is not on the search path.
   *
   * @default 'atproof'
   */
  readonly table?: string
}

/** How many keys one statement lists. */
export const PAGE = 1000

/**
 * Keeps sessions in a table of any PostgreSQL that is still maintained, for several processes and machines. The SQL that
 * makes the table is `postgresTable()`; the encoding of the database is UTF8.
 *
 * Each call is one statement, in a transaction of its own, with times from the server's clock: it runs behind PgBouncer
 * in any mode, needs no advisory lock, and wants the default isolation level, read committed. It goes to the primary: a
 * replica answers with a past in which a refresh has not begun. What `query` fails with is handed on, with an `action`
 * where the table is missing: whether a write then took place is unknown, and whoever must know reads again. A statement
 * that hangs is given up after two minutes, and not ended: set the driver's own timeouts.
 *
 * A record is the whole session, its DPoP key included: wrap the storage in `encryptedStorage`.
 *
 * **What can be lost.** With `synchronous_commit` on, as it is by default, a write is on the disk of the primary before
 * it is answered; turned off, a crash forgets the last of them. A failover to a replica that follows asynchronously
 * forgets what had not reached it: let `synchronous_standby_names` name one where that matters. A refresh that is forgotten
 * brings a spent refresh token back: while the process that refreshed lives, it stores the new one again; after it the
 * session ends, with `refresh_response_lost` or `revoked`, and its person signs in again.
 *
 * Ages are as good as the clock of the server: one that jumps by minutes makes a refresh that is still on its way look
 * older than it is. Keep it with NTP.
 *
 * Each `put` deletes up to ten rows that have expired. Where sign-ins are few, a job may do it:
 * `DELETE FROM atproof WHERE expires_at <= now()`.
 *
 * @param database runs the statements, each by itself: never a client in the middle of a transaction
 * @throws TypeError for a table's name that is none, and where rows are none of the statement's
 * @example pg
 * ```ts
 * const storage = postgresStorage(new Pool({ connectionString }))
 * ```
 * @example postgres.js
 * ```ts
 * const storage = postgresStorage({ query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) })
 * ```
 */
export function postgresStorage(database: PostgresDatabase, options: PostgresStorageOptions = {}): Storage {
  if (typeof database?.query !== 'function') throw wrongArgument('database', 'an object with query()', database)
  const { table = DEFAULT_TABLE } = options
  return new PostgresStorage(database, table)
}

class PostgresStorage implements Storage {
  readonly #database: PostgresDatabase
  readonly #table: string
  readonly #statements: PostgresStatements

  constructor(database: PostgresDatabase, table: string) {
    this.#database = database
    this.#table = table
    this.#statements = postgresStatements(readTableName(table).quoted)
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    const [row] = await this.#run(this.#statements.get, [key])
    if (!row) return undefined
    const version = readText(row, 'version')
    const value = readValue(key, row['value'], version)
    // Some drivers give numbers as texts.
    const age = Number(row['age'])
    if (!(age >= 0)) throw new TypeError('query: expected the age of a row, in ms')
    return { value, version, age }
  }

  async put(key: string, value: StoredValue, { ifVersion, expiresAt }: PutOptions): Promise<string | undefined> {
    const { create, replace } = this.#statements
    // Of the runtime, not of a sequence: a failover may forget a count.
    const version = randomText(systemRandom)
    const values = [key, writeValue(value), version, readExpiry(expiresAt)]
    const rows = await (ifVersion === null
      ? this.#run(create, values)
      : this.#run(replace, [...values, ifVersion]))
    return rows.length > 0 ? version : undefined
  }

  async delete(key: string, { ifVersion }: { readonly ifVersion: string }): Promise<boolean> {
    const rows = await this.#run(this.#statements.delete, [key, ifVersion])
    return rows.length > 0
  }

  async *list(prefix: string): AsyncIterable<string> {
    const { listFrom, listBetween } = this.#statements
    const end = endOf(prefix)
    let from = prefix
    for (;;) {
      const rows = await (end === undefined
        ? this.#run(listFrom, [from, PAGE])
        : this.#run(listBetween, [from, PAGE, end]))
      const keys = rows.map((row) => readText(row, 'key'))
      yield* keys
      if (keys.length < PAGE) return
      // The first text after it, in the order of bytes: no key holds NUL.
      from = `${keys.at(-1)}\u0001`
    }
  }

  async #run(text: string, values: PostgresParameter[]): Promise<readonly Row[]> {
    try {
      return readRows(await this.#database.query(text, values))
    } catch (error) {
      throw adviseOnTable(error, this.#table)
    }
  }
}

/** The first text after all that begin with a prefix, by code points; undefined where there is none. */
function endOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // Surrogates are no characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
}
