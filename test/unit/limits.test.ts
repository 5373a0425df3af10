import { OPENER_MS, OTHER_TAB_MS } from '../../src/browser/finish-redirect.ts'
import { SIGN_IN_MS } from '../../src/browser/pending-sign-in.ts'
import { GRACE_MS } from '../../src/browser/receive-sign-in.ts'
import { CATCH_UP_MS } from '../../src/browser/watch-tabs.ts'
import { SWEPT_AT_ONCE } from '../../src/storage/indexeddb/write-entries.ts'
import { DATABASE_TIMEOUT_MS } from '../../src/storage/indexeddb/database.ts'
import { readFile } from 'node:fs/promises'
import { XrpcClient } from 'atproof'
import { testClock } from 'atproof/testing'
import { expect, test } from 'vitest'
import * as discovery from '../../src/discovery/limits.ts'
import * as flow from '../../src/flow/limits.ts'
import { readTokenResponse } from '../../src/flow/token-response.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/http/clock.ts'
import { PATIENCE_MS } from '../../src/http/shared-work.ts'
import { REQUEST_TIMEOUT_MS } from '../../src/http/exchange.ts'
import {
  MAX_DEPTH as MOST_RECORD_LEVELS,
  MAX_MESSAGE_DEPTH as MOST_MESSAGE_LEVELS,
} from '../../src/lexicon/data-model.ts'
import { LONGEST_URI as URI_BYTES } from '../../src/lexicon/validation-schema.ts'
import { KEPT } from '../../src/session/known-sessions.ts'
import * as calls from '../../src/session/call-limits.ts'
import * as session from '../../src/session/limits.ts'
import { DID, SCOPE, TOKEN } from '../../src/session/portable-rules.ts'
import { STORAGE_TIMEOUT_MS } from '../../src/storage/timed-storage.ts'
import { MAX_DEPTH } from '../../src/storage/limits.ts'
import { KEY_BYTES } from '../../src/storage/encryption.ts'
import { SUPERSEDED_STAYS_MS } from '../../src/storage/file/clear-superseded.ts'
import { LONGEST_WRITE_MS } from '../../src/storage/file/set-version.ts'
import { ENTRIES_AT_A_TIME } from '../../src/storage/file/sweeper.ts'
import { MAX_SWEPT } from '../../src/storage/postgres-statements.ts'
import { postgresTable } from '../../src/storage/postgres-table.ts'
import { PAGE as POSTGRES_PAGE } from '../../src/storage/postgres.ts'
import { PUT } from '../../src/storage/redis-scripts.ts'
import { MAX_PREFIX, PAGE as REDIS_PAGE } from '../../src/storage/redis.ts'
import { MAX_ERROR_BYTES } from '../../src/xrpc/read-answer.ts'
import { LONGEST_RETRY_WAIT_MS, RETRIES } from '../../src/xrpc/retry.ts'
import { LONGEST_SERVICE_TOKEN_MS } from '../../src/xrpc/service-auth.ts'
import { LONGEST_DID } from '../../src/syntax/did.ts'
import { POSTGRES_KEY_BYTES } from '../storage/postgres-key-bytes.ts'

type Constants = Readonly<Record<string, unknown>>

/** The rows of src/LIMITS.md, each with its constants in the order of its numbers. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  'one request of discovery or of a sign-in': ['REQUEST_TIMEOUT_MS'],
  '`authorize`, in all': ['AUTHORIZE_TIMEOUT_MS'],
  '`callback`, in all': ['CALLBACK_TIMEOUT_MS'],
  '`signAssertion`, for one assertion': ['SIGNER_TIMEOUT_MS'],
  'the person, from `authorize` to the callback': ['SIGN_IN_LIFETIME_MS'],
  'a spent callback is remembered': ['SPENT_LIFETIME_MS'],
  'the URL of a callback': ['LONGEST_CALLBACK'],
  'a `context`, with `sealKeys`': ['LONGEST_SEALED_CONTEXT'],
  'the `state` of the app in it, as JSON': ['MAX_SEALED_STATE_BYTES'],
  "a client's own metadata": ['MAX_CLIENT_METADATA_BYTES'],
  'an answer of an authorization server': ['MAX_SERVER_ANSWER_BYTES'],
  'a call, where `timeoutMs` does not say': ['CALL_TIMEOUT_MS'],
  'the answer to a call': ['CALL_ANSWER_BYTES'],
  'what is read of an answer that is an error': ['MAX_ERROR_BYTES'],
  'a query that failed is sent again; after a pause of at most': ['MOST_RETRIES', 'LONGEST_RETRY_WAIT_MS'],
  'a service token lasts, at most': ['LONGEST_SERVICE_TOKEN_MS'],
  'levels of a record; of any other input or output that is checked': [
    'MOST_RECORD_LEVELS',
    'MOST_MESSAGE_LEVELS',
  ],
  'a URI in what is checked': ['URI_BYTES'],
  'what a person types': ['LONGEST_IDENTIFIER'],
  'a DID': ['LONGEST_DID'],
  'a handle that DNS is asked for; a longer one has only its host': ['LONGEST_HANDLE_IN_DNS'],
  'a lookup in DNS': ['DNS_TIMEOUT_MS'],
  "a lookup at a handle's own host, with its redirects; how many of them": [
    'HANDLE_HOST_TIMEOUT_MS',
    'MOST_HANDLE_REDIRECTS',
  ],
  'any other lookup': ['LONGEST_QUESTION_MS'],
  'a text that holds a DID': ['MAX_DID_TEXT_BYTES'],
  'a DID document, or the metadata of a server': ['MAX_DOCUMENT_BYTES'],
  'an answer of DNS over HTTPS': ['MAX_DNS_ANSWER_BYTES'],
  'an identity is remembered, for a sign-in': ['SIGN_IN_IDENTITY_AGE_MS'],
  'an identity is remembered, for anything else': ['IDENTITY_AGE_MS'],
  'that there is none, or no valid one, is remembered': ['REFUSAL_AGE_MS'],
  'the metadata of a server is remembered; while the server fails': [
    'METADATA_AGE_MS',
    'LAST_GOOD_METADATA_AGE_MS',
  ],
  'a server that is slow is waited for, where its last metadata would do': ['LAST_GOOD_WAIT_MS'],
  'a server that fails is left alone, at most': ['LONGEST_SERVER_PAUSE_MS'],
  'identities, documents and servers remembered, of each kind; the largest of them': [
    'MOST_REMEMBERED',
    'LARGEST_REMEMBERED',
  ],
  'a refresh begins before the end of its token, where that lives long': ['EARLY_MS'],
  'a token lives long from this on; of a shorter life the last tenth counts': ['LONG_LIFETIME_MS'],
  'the longest life of a token that a server is believed': ['LONGEST_LIFETIME_MS'],
  'a call with a token that is still good waits for a refresh': ['EARLY_WAIT_MS'],
  'a refresh is sent while its signature is younger': ['SIGNATURE_LIFETIME_MS'],
  'an answer is waited for, before the same is sent once more': ['REFRESH_TIMEOUT_MS'],
  'the refresh of another process is looked for, every': ['PENDING_PAUSE_MS'],
  'the refresh of another process is waited for': ['PENDING_WAIT_MS'],
  'the refresh of another process is taken over after': ['ATTEMPT_FENCE_MS'],
  'the issuer of an account is confirmed, every; its last good answer stands': [
    'ISSUER_CHECK_EVERY_MS',
    'ISSUER_CHECK_STANDS_MS',
  ],
  'a confirmation of the issuer, in all': ['ISSUER_CHECK_TIMEOUT_MS'],
  "a public client's session lasts": ['PUBLIC_SESSION_MS'],
  'sessions that a process keeps with their keys': ['MOST_KEPT'],
  'in Workers, what another request began is waited for': ['PATIENCE_MS'],
  'the storage is waited for, a reading or a writing': ['STORAGE_TIMEOUT_MS'],
  'new tokens that could not be stored are tried again, at least every': ['LONGEST_STORE_PAUSE_MS'],
  'a process is held for those tries': ['STORE_HOLD_MS'],
  'writings in a row that somebody else won, before the storage is at fault': ['MOST_LOST_PUTS'],
  'levels of a value': ['MOST_LEVELS'],
  'a key of `encryptedStorage`': ['KEY_BYTES'],
  'files: a version that was replaced stays': ['SUPERSEDED_STAYS_MS'],
  'files: a writing, before its outcome counts as unknown': ['LONGEST_WRITE_MS'],
  'files: other entries that each writing clears away': ['MOST_SWEPT_IN_FILES'],
  'Redis: the `prefix`': ['LONGEST_REDIS_PREFIX'],
  'Redis: expired entries that each writing takes out of the index': ['MOST_SWEPT_IN_REDIS'],
  'Redis: keys that one script lists': ['MOST_LISTED_BY_REDIS'],
  'PostgreSQL: the name of a table, and of its schema': ['LONGEST_TABLE_NAME'],
  'PostgreSQL: a key': ['POSTGRES_KEY_BYTES'],
  'PostgreSQL: expired rows that each writing deletes': ['MOST_SWEPT_IN_POSTGRES'],
  'PostgreSQL: keys that one statement lists': ['MOST_LISTED_BY_POSTGRES'],
  'IndexedDB is waited for, an operation': ['DATABASE_TIMEOUT_MS'],
  'IndexedDB: expired entries that each writing deletes': ['MOST_SWEPT_IN_INDEXEDDB'],
  'a sign-in under way is kept for its callback': ['KEPT_SIGN_IN_MS'],
  'another tab that got the same callback is waited for': ['OTHER_TAB_MS'],
  'the page that opened a popup, until the app goes on in the popup': ['OPENER_MS'],
  'a closed popup, once the person is back, until it is believed': ['GRACE_MS'],
  'whom another tab switched to is waited for, from its message': ['CATCH_UP_MS'],
  'a token': ['LONGEST_IMPORTED_TOKEN'],
  'a scope': ['LONGEST_IMPORTED_SCOPE'],
  'its DID': ['LONGEST_IMPORTED_DID'],
  'the server is waited for': ['REVOCATION_TIMEOUT_MS'],
  'a tombstone stays': ['TOMBSTONE_MS'],
}

/** Every constant of the files of limits, and those that stand where they are used. */
async function constants(): Promise<Constants> {
  return {
    ...discovery,
    ...flow,
    ...session,
    ...calls,
    LONGEST_DID,
    REQUEST_TIMEOUT_MS,
    STORAGE_TIMEOUT_MS,
    PATIENCE_MS,
    SUPERSEDED_STAYS_MS,
    LONGEST_WRITE_MS,
    KEY_BYTES,
    POSTGRES_KEY_BYTES,
    MOST_KEPT: KEPT,
    MOST_LEVELS: MAX_DEPTH,
    MAX_ERROR_BYTES,
    MOST_RETRIES: RETRIES,
    LONGEST_RETRY_WAIT_MS,
    LONGEST_SERVICE_TOKEN_MS,
    MOST_RECORD_LEVELS,
    MOST_MESSAGE_LEVELS,
    URI_BYTES,
    MOST_SWEPT_IN_FILES: ENTRIES_AT_A_TIME,
    MOST_SWEPT_IN_REDIS: Number(/'LIMIT', 0, (\d+)/.exec(PUT)?.[1]),
    MOST_SWEPT_IN_POSTGRES: MAX_SWEPT,
    MOST_SWEPT_IN_INDEXEDDB: SWEPT_AT_ONCE,
    DATABASE_TIMEOUT_MS,
    KEPT_SIGN_IN_MS: SIGN_IN_MS,
    OTHER_TAB_MS,
    OPENER_MS,
    GRACE_MS,
    CATCH_UP_MS,
    MOST_LISTED_BY_REDIS: REDIS_PAGE,
    MOST_LISTED_BY_POSTGRES: POSTGRES_PAGE,
    LONGEST_REDIS_PREFIX: MAX_PREFIX,
    LONGEST_TABLE_NAME: largest((length) => isTableName('t'.repeat(length))),
    LONGEST_LIFETIME_MS: SECOND * largest((seconds) => lifetimeOf(seconds) !== undefined),
    LONGEST_IMPORTED_TOKEN: largest((length) => TOKEN[1]('t'.repeat(length))),
    LONGEST_IMPORTED_SCOPE: largest((length) => SCOPE[1](`atproto ${'s'.repeat(length - 8)}`), 9),
    LONGEST_IMPORTED_DID: largest((length) => DID[1](`did:web:${'d'.repeat(length - 8)}`), 9),
    ...(await callLimits()),
  }
}

/** The largest number that is taken: for limits that are part of a rule. */
function largest(isTaken: (size: number) => boolean, least = 1): number {
  if (!isTaken(least)) return Number.NaN
  let [taken, refused] = [least, 2 * least]
  while (isTaken(refused)) [taken, refused] = [refused, 2 * refused]
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2)
    if (isTaken(middle)) taken = middle
    else refused = middle
  }
  return taken
}

function isTableName(name: string): boolean {
  try {
    return postgresTable(name).includes(name)
  } catch {
    return false
  }
}

function lifetimeOf(seconds: number): number | undefined {
  return readTokenResponse({ access_token: 'a', expires_in: seconds })?.lifetimeMs
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

/** The cells of all tables, without their heads. */
function rowsOf(text: string): readonly (readonly [what: string, limit: string])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cellsOf)
    .filter(([what]) => what !== 'what' && !what.startsWith('---'))
}

function cellsOf(line: string): readonly [what: string, limit: string] {
  const [, what = '', limit = ''] = line.split('|').map((cell) => cell.trim())
  return [what, limit]
}

/** What is wrong with a table, a line each. */
function problemsOf(table: string, known: Constants): readonly string[] {
  const rows = rowsOf(table)
  const named = Object.values(ROWS).flat()
  return [
    ...Object.keys(known)
      .filter((name) => named.filter((other) => other === name).length !== 1)
      .map((name) => `${name} is not in one row`),
    ...rows.filter(([what]) => !ROWS[what]).map(([what]) => `"${what}" is a row of no constants`),
    ...Object.entries(ROWS).flatMap(([what, names]) => {
      const [row, ...others] = rows.filter(([other]) => other === what)
      if (!row || others.length > 0) return [`"${what}" is ${row ? 'several rows' : 'no row'}`]
      const expected = names.map((name) => write(name, known[name]))
      const found = row[1].match(QUANTITY) ?? []
      return expected.join(' ') === found.join(' ')
        ? []
        : [`"${what}": ${expected.join(', ')}; found ${found.join(', ')}`]
    }),
  ]
}

const QUANTITY = /\d[\d,]*(?: (?:s|minutes?|hours?|days?|years?|bytes|KiB|MiB|characters)\b)?/g

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
    [365 * DAY, 'year'],
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

test('a limit that the tables do not mention is found', async () => {
  const known = { ...(await constants()), LONGEST_NAP_MS: 5 * SECOND }
  expect(problemsOf(await readTable(), known)).toEqual(['LONGEST_NAP_MS is not in one row'])
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
    const lines = table.split('\n').map((line) => (cellsOf(line)[0] === what ? line.replace(limit, other) : line))
    expect(problemsOf(lines.join('\n'), known), what).toEqual([expect.stringContaining(`"${what}": `)])
  }
  for (const name of Object.values(ROWS).flat()) {
    const changed = { ...known, [name]: Number(known[name]) * 2 }
    expect(problemsOf(table, changed), name).toHaveLength(1)
  }
})

test('a row too many is found, and one too few', async () => {
  const [table, known] = [await readTable(), await constants()]
  const row = table.split('\n').find((line) => cellsOf(line)[0] === 'any other lookup') ?? ''
  expect(problemsOf(`${table}| a nap | 5 s |`, known)).toEqual(['"a nap" is a row of no constants'])
  expect(problemsOf(table.replace(row, ''), known)).toEqual(['"any other lookup" is no row'])
  expect(problemsOf(`${table}${row}`, known)).toEqual(['"any other lookup" is several rows'])
})
