import { inspect } from 'node:util'
import { postgresStorage } from 'atproof/postgres'
import { Pool } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { checkedStorage } from '../../src/storage/checked-storage.ts'

const KEY = 'session/did:plc:alice/1'
const SECRET = 'a refresh token that nobody shows'

test.each([
  [{}, 'atproof', 'postgresTable()'],
  [{ table: 'app.sessions' }, 'app.sessions', "postgresTable('app.sessions')"],
])(
  '[M5] with %j and no such table, an error says how to make it, and shows no value',
  async (options, name, call) => {
    // Where no other test makes one.
    const pool = new Pool({ connectionString: inject('postgresUrl'), options: '-c search_path=nowhere' })
    onTestFinished(() => pool.end())
    const storage = checkedStorage(postgresStorage(pool, options))
    const outcomes = await Promise.allSettled([
      storage.get(KEY),
      storage.put(KEY, { secret: SECRET }, { ifVersion: null }),
      storage.put(KEY, { secret: SECRET }, { ifVersion: 'v1' }),
      storage.delete(KEY, { ifVersion: 'v1' }),
      storage.list('')[Symbol.asyncIterator]().next(),
    ])
    for (const outcome of outcomes) {
      const failure: unknown = outcome.status === 'rejected' && outcome.reason
      expect(failure).toMatchObject({
        name: 'StorageError',
        message: expect.stringContaining(`relation "${name}" does not exist`),
        retryable: false,
        action: `run the SQL that \`${call}\` of atproof/postgres returns, once: in a migration, or when the app starts`,
      })
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(SECRET)
    }
  },
)
