import { postgresStorage, postgresTable } from 'atproof/postgres'
import { expect, test } from 'vitest'

const database = { query: async () => ({ rows: [] }) }

test('makes the table of a storage that was given no other', async () => {
  expect(postgresTable()).toBe(postgresTable('atproof'))
  expect(postgresTable()).toContain('CREATE TABLE IF NOT EXISTS "atproof" (')
})

test.each(['sessions', '_x9', 'app.sessions', 'user', 'a'.repeat(50)])('takes the name %s', (table) => {
  expect(postgresTable(table)).toContain(`"${table.replace('.', '"."')}" (`)
  expect(() => postgresStorage(database, { table })).not.toThrow()
})

test.each([
  '',
  'Sessions',
  '9lives',
  'a b',
  'a-b',
  'a"b',
  "a'b",
  'a;b',
  'a$atproof$b',
  'é',
  'a.',
  '.a',
  'a.b.c',
  'a'.repeat(51),
  'x\n',
  5,
  null,
])('refuses the name %o', (table) => {
  const wrong: unknown = table
  const refusal = 'table: expected a name such as sessions or app.sessions'
  expect(() => postgresTable(wrong as string)).toThrow(refusal)
  expect(() => postgresStorage(database, { table: wrong as string })).toThrow(refusal)
})
