import { readFile } from 'node:fs/promises'
import { XrpcClient } from 'atproof'
import { testClock } from 'atproof/testing'
import { expect, test } from 'vitest'
import * as discovery from '../../src/discovery/limits.ts'
import * as flow from '../../src/flow/limits.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/http/clock.ts'
import { REQUEST_TIMEOUT_MS } from '../../src/http/transport.ts'
import { STORAGE_TIMEOUT_MS } from '../../src/storage/checked-storage.ts'
import * as session from '../../src/session/limits.ts'

type Constants = Readonly<Record<string, unknown>>

/** The limits that the table of src/LIMITS.md names: each row by how it begins, each constant in the order of its numbers. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  'one request': ['REQUEST_TIMEOUT_MS', 'AUTHORIZE_TIMEOUT_MS', 'CALLBACK_TIMEOUT_MS', 'SIGNER_TIMEOUT_MS'],
  'the person': ['SIGN_IN_LIFETIME_MS', 'SPENT_LIFETIME_MS', 'LONGEST_CALLBACK'],
  'a sealed': ['LONGEST_SEALED_CONTEXT', 'MAX_SEALED_STATE_BYTES', 'MAX_CLIENT_METADATA_BYTES'],
  'a call': ['CALL_TIMEOUT_MS', 'CALL_ANSWER_BYTES'],
  'a lookup': ['DNS_TIMEOUT_MS', 'HANDLE_HOST_TIMEOUT_MS', 'MOST_HANDLE_REDIRECTS', 'LONGEST_QUESTION_MS'],
  'what a person types': ['LONGEST_IDENTIFIER', 'LONGEST_HANDLE_IN_DNS', 'LONGEST_DID'],
  'an answer': ['MAX_DID_TEXT_BYTES', 'MAX_DOCUMENT_BYTES', 'MAX_DNS_ANSWER_BYTES', 'MAX_SERVER_ANSWER_BYTES'],
  'an identity': ['SIGN_IN_IDENTITY_AGE_MS', 'IDENTITY_AGE_MS', 'REFUSAL_AGE_MS'],
  metadata: ['METADATA_AGE_MS', 'LAST_GOOD_METADATA_AGE_MS', 'LONGEST_SERVER_PAUSE_MS', 'LAST_GOOD_WAIT_MS'],
  memory: ['MOST_REMEMBERED', 'LARGEST_REMEMBERED'],
  'a refresh begins': ['EARLY_MS', 'LONG_LIFETIME_MS', 'EARLY_WAIT_MS'],
  'a refresh is': ['SIGNATURE_LIFETIME_MS', 'REFRESH_TIMEOUT_MS'],
  'the refresh of another': ['PENDING_PAUSE_MS', 'PENDING_WAIT_MS', 'ATTEMPT_FENCE_MS'],
  'new tokens': ['LONGEST_STORE_PAUSE_MS', 'STORE_HOLD_MS', 'MOST_LOST_PUTS'],
  'the storage': ['STORAGE_TIMEOUT_MS'],
  'the issuer': ['ISSUER_CHECK_EVERY_MS', 'ISSUER_CHECK_TIMEOUT_MS', 'ISSUER_CHECK_STANDS_MS'],
  'a public': ['PUBLIC_SESSION_MS'],
  'signing out': ['REVOCATION_TIMEOUT_MS', 'TOMBSTONE_MS'],
}

/** Every constant of the files of limits, and those that stand where they are used. */
async function constants(): Promise<Constants> {
  return {
    ...discovery,
    ...flow,
    ...session,
    STORAGE_TIMEOUT_MS,
    REQUEST_TIMEOUT_MS,
    ...(await callLimits()),
  }
}

/** The limits of a call, as a call that meets them tells. */
async function callLimits(): Promise<Constants> {
  return {
    CALL_TIMEOUT_MS: await numberMet(() => new Promise(() => {})),
    CALL_ANSWER_BYTES: await numberMet(endless),
  }
}

async function numberMet(fetch: () => Promise<Response>): Promise<number> {
  const clock = testClock({ autoAdvance: true })
  const client = new XrpcClient({ service: 'https://pds.example.com', clock, fetch })
  const call = client.get('com.atproto.server.describeServer')
  const message = await call.then(String, (error: unknown) => String(error))
  return Number(/\d{4,}/.exec(message)?.[0])
}

async function endless(): Promise<Response> {
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)) })
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

function readTable(): Promise<string> {
  return readFile(new URL('../../src/LIMITS.md', import.meta.url), 'utf8')
}

/** The cells of a table, without its head. */
function rowsOf(table: string): readonly (readonly [what: string, limit: string])[] {
  const rows = table.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) => {
    const [, what = '', limit = ''] = row.split('|').map((cell) => cell.trim())
    return [what, limit]
  })
}

/** What is wrong with a table, a line each. */
function problemsOf(table: string, known: Constants): readonly string[] {
  const rows = rowsOf(table)
  const beginnings = Object.keys(ROWS)
  const named = new Set(Object.values(ROWS).flat())
  const rowOf = (beginning: string) => rows.filter(([what]) => what.startsWith(beginning))
  return [
    ...Object.keys(known)
      .filter((name) => !named.has(name))
      .map((name) => `${name} is in no row`),
    ...rows
      .filter(([what]) => beginnings.filter((beginning) => what.startsWith(beginning)).length !== 1)
      .map(([what]) => `"${what}" is a row of no constants`),
    ...Object.entries(ROWS).flatMap(([beginning, names]) => {
      const [row, ...others] = rowOf(beginning)
      if (!row || others.length > 0)
        return [`"${beginning}" begins ${others.length > 0 ? 'several rows' : 'no row'}`]
      const [what, limit] = row
      const expected = names.map((name) => write(name, known[name]))
      const found = limit.match(QUANTITY) ?? []
      if (expected.join(' ') !== found.join(' '))
        return [`"${what}": ${expected.join(', ')}; found ${found.join(', ')}`]
      return NUMBER.test(what) ? [`"${what}" has a number that nobody checks`] : []
    }),
  ]
}

const NUMBER = /\d/
const QUANTITY = /\d[\d,]*(?: (?:s|minutes?|hours?|days?|bytes|KiB|MiB|characters)\b)?/g

/** A constant as the table writes it. Its name says its unit. */
function write(name: string, value: unknown): string {
  if (typeof value !== 'number') return `no ${name}`
  if (name.endsWith('_MS')) return writeTime(value)
  if (name.endsWith('_BYTES')) return writeSize(value)
  const count = value.toLocaleString('en')
  return name.startsWith('MOST_') ? count : `${count} characters`
}

function writeSize(bytes: number): string {
  if (bytes % 1024 > 0) return `${bytes.toLocaleString('en')} bytes`
  return bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2} MiB` : `${bytes / 1024} KiB`
}

function writeTime(ms: number): string {
  const units = [
    [DAY, 'day'],
    [HOUR, 'hour'],
    [MINUTE, 'minute'],
  ] as const
  const [length, word] = units.find(([unit]) => ms % unit === 0) ?? []
  if (length === undefined) return `${ms / SECOND} s`
  return ms === length ? `1 ${word}` : `${ms / length} ${word}s`
}

test('the limits that are written down are those of the code, and all of them', async () => {
  expect(problemsOf(await readTable(), await constants())).toEqual([])
})

test('a limit that the table does not mention is found', async () => {
  const known = { ...(await constants()), LONGEST_NAP_MS: 5 * SECOND }
  expect(problemsOf(await readTable(), known)).toEqual(['LONGEST_NAP_MS is in no row'])
})

test('a limit that is gone from the code is found', async () => {
  const { DNS_TIMEOUT_MS, ...known } = await constants()
  expect(DNS_TIMEOUT_MS).toBe(3 * SECOND)
  expect(problemsOf(await readTable(), known)).toEqual([expect.stringContaining('no DNS_TIMEOUT_MS')])
})

test('a number that differs is found, in each row', async () => {
  const [table, known] = [await readTable(), await constants()]
  for (const [what, limit] of rowsOf(table)) {
    const other = limit.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))
    const lines = table.split('\n').map((line) => (line.includes(what) ? line.replace(limit, other) : line))
    expect(problemsOf(lines.join('\n'), known), what).toEqual([expect.stringContaining(`"${what}": `)])
  }
  for (const name of Object.values(ROWS).flat()) {
    const changed = { ...known, [name]: Number(known[name]) * 2 }
    expect(problemsOf(table, changed), name).toHaveLength(1)
  }
})

test('a row too many is found, and one too few, and a number among the words', async () => {
  const [table, known] = [await readTable(), await constants()]
  const row = table.split('\n').find((line) => line.startsWith('| a call')) ?? ''
  expect(problemsOf(`${table}| a nap | 5 s |`, known)).toEqual(['"a nap" is a row of no constants'])
  expect(problemsOf(table.replace(row, ''), known)).toEqual(['"a call" begins no row'])
  expect(problemsOf(`${table}${row}`, known)).toEqual(['"a call" begins several rows'])
  expect(problemsOf(table.replace('| a call', '| a call of 7'), known)).toEqual([
    expect.stringContaining('a number'),
  ])
})
