import { Client } from 'pg'
import { postgresStorage, postgresTable } from 'atproof/postgres'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { keysIn } from '../conformance/scene.ts'
import { connectPostgres, expireRows, pool, postgresScene } from './postgres-scene.ts'
import { create, expectEveryCall, expectPagesOf, HOUR, KEY, WAIT, wayOfThief } from './server-scene.ts'

test('every call works with a pool and with a client of pg', async () => {
  await expectEveryCall((await postgresScene()).storage)
  const client = new Client(inject('postgresUrl'))
  await client.connect()
  onTestFinished(() => client.end())
  await client.query(postgresTable('server_test_client'))
  await expectEveryCall(postgresStorage(client, { table: 'server_test_client' }))
})

test('every statement may run on another connection, where nothing was left by the last', async () => {
  const { table } = await postgresScene()
  let statements = 0
  // As behind PgBouncer in transaction mode, at its worst.
  const query = async (text: string, values: unknown[]) => {
    statements += 1
    const client = new Client(inject('postgresUrl'))
    await client.connect()
    try {
      return await client.query(text, values)
    } finally {
      await client.end()
    }
  }
  await expectEveryCall(postgresStorage({ query }, { table }))
  expect(statements).toBe(10)
})

test('puts that sweep what others create again do not wait for each other', async () => {
  const { table, storage } = await postgresScene()
  for (let round = 0; round < 5; round += 1) {
    for (let at = 0; at < 40; at += 1) await storage.put(`spent/${at}`, 'x', { ifVersion: null })
    await expireRows(table, 'spent/')
    const putting = Array.from({ length: 200 }, (_, at) =>
      storage.put(`spent/${at % 40}`, 'y', { ifVersion: null }),
    )
    expect((await Promise.all(putting)).filter((version) => version !== undefined)).toHaveLength(40)
    expect(await keysIn(storage, 'spent/')).toHaveLength(40)
    await expireRows(table, 'spent/')
  }
})

test('a put whose connection is ended before it wrote has written nothing', async () => {
  const { table, storage } = await postgresScene()
  const version = await create(storage, KEY, 'first')
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query(`SELECT FROM ${table} WHERE key = $1 FOR UPDATE`, [KEY])
  const own = connectPostgres(undefined, { max: 1 })
  const { rows }: { rows: { pid: number }[] } = await own.query('SELECT pg_backend_pid() AS pid')
  const putting = postgresStorage(own, { table }).put(KEY, 'second', { ifVersion: version })
  const failed = expect(putting).rejects.toMatchObject({ code: '57P01' })
  await vi.waitFor(async () => {
    const waiting = await pool.query(`SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`, [
      rows[0]?.pid,
    ])
    expect(waiting.rows).toHaveLength(1)
  }, WAIT)
  await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
  await failed
  await holder.query('COMMIT')
  holder.release()
  expect(await storage.get(KEY)).toMatchObject({ value: 'first', version })
  expect(await storage.put(KEY, 'third', { ifVersion: version })).toBeDefined()
})

test('a put whose answer is lost fails, and what stands tells that it wrote', async () => {
  const thief = await wayOfThief(inject('postgresUrl'))
  const { table, storage } = await postgresScene()
  const own = connectPostgres(thief.url, { max: 1 })
  const behind = postgresStorage(own, { table })
  await behind.get(KEY)
  thief.loseNextAnswer()
  await expect(behind.put(KEY, 'written', { ifVersion: null })).rejects.toThrow()
  await vi.waitFor(async () => expect(await storage.get(KEY)).toMatchObject({ value: 'written' }), WAIT)
  expect(await behind.get(KEY)).toMatchObject({ value: 'written' })
})

test('an expired row is as if it were not there', async () => {
  const { table, storage } = await postgresScene()
  const old = await create(storage, KEY, 'old', Date.now() + HOUR)
  expect(await storage.get(KEY)).toMatchObject({ value: 'old' })
  await expireRows(table, KEY)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await keysIn(storage)).toEqual([])
  expect(await storage.put(KEY, 'x', { ifVersion: old })).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: old })).toBe(false)
  await create(storage, KEY, 'new')
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
  // What took its place does not expire.
  const { rows } = await pool.query(`SELECT expires_at FROM ${table}`)
  expect(rows).toEqual([{ expires_at: null }])
})

test('takes any time for an expiry', async () => {
  const { storage } = await postgresScene()
  const times: [number, boolean][] = [
    [-1, false],
    [0, false],
    [Date.now() + HOUR + 0.5, true],
    [8.64e15, true],
    [Number.MAX_VALUE, true],
    [Infinity, true],
  ]
  for (const [at, [expiresAt, lives]] of times.entries()) {
    await create(storage, `spent/${at}`, 'x', expiresAt)
    expect([expiresAt, (await storage.get(`spent/${at}`)) !== undefined]).toEqual([expiresAt, lives])
  }
})

test('expired rows are deleted, ten at most with each put, and no other', async () => {
  const { table, storage, count } = await postgresScene()
  const stays = await create(storage, 'signin/stays', 'x', Date.now() + HOUR)
  for (let at = 0; at < 25; at += 1) await create(storage, `spent/${at}`, 'x', Date.now() + HOUR)
  await expireRows(table, 'spent/')
  const version = await create(storage, KEY, 'x')
  expect(await count()).toBe(17)
  // One that loses sweeps nothing.
  await storage.put(KEY, 'y', { ifVersion: null })
  expect(await count()).toBe(17)
  await storage.put(KEY, 'y', { ifVersion: version })
  await create(storage, 'session/2', 'x')
  expect(await count()).toBe(3)
  expect(await storage.get('signin/stays')).toMatchObject({ version: stays })
})

test('a put and a list look at few rows of many', async () => {
  const { table, storage, statements } = await postgresScene()
  const rows = `SELECT 'session/' || i, '1', 'v', now(), CASE WHEN i % 2 = 0 THEN now() + interval '1 hour' END`
  await pool.query(`INSERT INTO ${table} ${rows} FROM generate_series(1, 20000) i`)
  await pool.query(`ANALYZE ${table}`)
  await create(storage, KEY, 'x')
  await storage.put(KEY, 'y', { ifVersion: 'other' })
  await keysIn(storage, 'session/did:')
  const plans: string[] = []
  for (const { text, values } of statements) {
    const explained = await pool.query(`EXPLAIN ${text}`, values)
    plans.push(JSON.stringify(explained.rows))
  }
  for (const plan of plans) expect(plan).not.toContain('Seq Scan')
  for (const plan of plans.slice(0, 2)) expect(plan).toContain('Index Cond: (expires_at <= now())')
  expect(plans[2]).toContain("Index Cond: ((key >= 'session/did:'::text) AND (key < 'session/did;'::text))")
})

test('writing over a row makes it new', async () => {
  const { table, storage } = await postgresScene()
  const version = await create(storage, KEY, 'x')
  await pool.query(`UPDATE ${table} SET written_at = now() - interval '1 hour'`)
  await storage.put(KEY, 'y', { ifVersion: version })
  expect((await storage.get(KEY))?.age).toBeLessThan(10_000)
  await pool.query(`UPDATE ${table} SET written_at = now() - interval '1 hour'`)
  await expireRows(table, KEY)
  await create(storage, KEY, 'z')
  expect((await storage.get(KEY))?.age).toBeLessThan(10_000)
})

test('a text that is no JSON is named, stays, and harms no neighbour', async () => {
  const { table, storage } = await postgresScene()
  const version = await create(storage, 'session/good', 'x')
  const cut = await create(storage, 'session/cut', 'a long text')
  await pool.query(`UPDATE ${table} SET value = '{"a lo' WHERE key = 'session/cut'`)
  const failure = expect.objectContaining({ name: 'StorageError', code: 'corrupt', field: 'session/cut' })
  await expect(storage.get('session/cut')).rejects.toEqual(failure)
  expect(await storage.put('session/cut', 'y', { ifVersion: null })).toBeUndefined()
  expect(await storage.get('session/good')).toMatchObject({ value: 'x', version })
  expect(await keysIn(storage)).toEqual(['session/cut', 'session/good'])
  // Whoever knows the version may still remove it.
  expect(await storage.delete('session/cut', { ifVersion: cut })).toBe(true)
})

test('10,000 rows are listed in pages of 1,000', async () => {
  const { storage, statements } = await postgresScene()
  await expectPagesOf(1000, storage, statements)
})

test('a prefix ends where the next text begins, whatever its last character', async () => {
  const { storage } = await postgresScene()
  const keys = [
    'a',
    'a\uD7FF',
    'a\uD7FFx',
    'a\uE000',
    'a\u{10FFFF}',
    'a\u{10FFFF}\u{10FFFF}x',
    'b',
    'A',
    'á',
    '\u{10FFFF}',
  ]
  for (const key of keys) await create(storage, key, 'x')
  for (const prefix of ['', 'a', 'a\uD7FF', 'a\uE000', 'a\u{10FFFF}', '\u{10FFFF}', 'b', 'A', 'á', 'c']) {
    expect((await keysIn(storage, prefix)).toSorted()).toEqual(
      keys.filter((key) => key.startsWith(prefix)).toSorted(),
    )
  }
})

test('the table is made by several processes at once, and once', async () => {
  const many = connectPostgres(undefined, { max: 20 })
  for (let round = 0; round < 5; round += 1) {
    const table = `server_test_made_${round}`
    await Promise.all(Array.from({ length: 20 }, () => many.query(postgresTable(table))))
    await create(postgresStorage(many, { table }), KEY, 'x')
    await many.query(postgresTable(table))
    expect(await postgresStorage(many, { table }).get(KEY)).toMatchObject({ value: 'x' })
  }
})

test('its keys are in the order of bytes, whatever the database goes by', async () => {
  const { table } = await postgresScene()
  const { rows } = await pool.query(
    `SELECT collation_name FROM information_schema.columns WHERE table_name = $1 AND column_name = 'key'`,
    [table],
  )
  expect(rows).toEqual([{ collation_name: 'C' }])
})

test('a table has the name and the schema that it is given, a word of SQL too', async () => {
  await pool.query('CREATE SCHEMA IF NOT EXISTS "order"')
  for (const table of ['atproof', 'user', 'order.select']) {
    await pool.query(postgresTable(table))
    const storage = postgresStorage(pool, table === 'atproof' ? {} : { table })
    await create(storage, KEY, table)
    expect(await storage.get(KEY)).toMatchObject({ value: table })
  }
  const { rows } = await pool.query('SELECT key FROM "order"."select"')
  expect(rows).toEqual([{ key: KEY }])
})

test('where the table stands already, its statement waits for nobody and needs no right', async () => {
  const { table, storage } = await postgresScene()
  // As a VACUUM does for as long as it takes: it lets all writings through.
  const vacuum = await connectPostgres().connect()
  await vacuum.query(`BEGIN; LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`)
  const impatient = { options: '-c lock_timeout=1000' }
  await connectPostgres(undefined, impatient).query(postgresTable(table))
  await create(storage, KEY, 'x')
  await vacuum.query('ROLLBACK')
  vacuum.release()

  await pool.query(`CREATE ROLE ${table} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${table}`)
  const url = new URL(inject('postgresUrl'))
  url.username = table
  const least = connectPostgres(url.href)
  await least.query(postgresTable(table))
  expect(await postgresStorage(least, { table }).get(KEY)).toMatchObject({ value: 'x' })
})
