import { expect, test } from 'vitest'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import type { LexiconDocument } from '../../src/lexicon/document.ts'
import { userProject } from './scene.ts'
import type { CompilerVersion } from './user-project.ts'

const DOCUMENTS: readonly LexiconDocument[] = [
  {
    lexicon: 1,
    id: 'com.example.note',
    defs: {
      main: {
        type: 'record',
        record: {
          type: 'object',
          required: ['text'],
          properties: {
            text: { type: 'string' },
            embed: { type: 'union', refs: ['#link'] },
            colour: { type: 'string', enum: ['red', 'green'] },
          },
        },
      },
      link: { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
    },
  },
  {
    lexicon: 1,
    id: 'com.example.findNotes',
    defs: {
      main: {
        type: 'query',
        parameters: { required: ['tag'], properties: { tag: { type: 'string' }, limit: { type: 'integer' } } },
        errors: [{ name: 'NoSuchTag' }],
      },
    },
  },
]

const BEFORE = `import { isXrpcError, type XrpcClient } from 'atproof'
declare const client: XrpcClient
declare const error: unknown
const blob = { did: client.did, cid: 'bafkrei' }
const notes = client.records('com.example.note')
export const used = [error, blob, notes, isXrpcError]
`

/** A mistake in a line, `|` before the place that is to be complained of, and what the complaint is to name. */
const MISTAKES: readonly (readonly [statement: string, ...names: readonly string[]])[] = [
  ["await client.get(|'com.example.findNote', { params: { tag: 'x' } })", '"com.example.findNote"', 'Queries'],
  ["await client.get(|'com.atproto.repo.createRecord')", '"com.atproto.repo.createRecord"', 'Queries'],
  [
    "await client.post(|'com.example.findNotes', { params: { tag: 'x' } })",
    '"com.example.findNotes"',
    'Procedures',
  ],
  ["client.paginate(|'com.example.findNotes', { params: { tag: 'x' } })", '"com.example.findNotes"', 'PagedQuery'],
  ["client.records(|'com.example.notes')", '"com.example.notes"', 'Records'],
  ["await client.get('com.example.findNotes', { params: { tag: 'x', |limt: 5 } })", "'limt'", "'limit'"],
  ["await client.get('com.example.findNotes', { params: { tag: 'x', |limit: '5' } })", "'string'", "'number"],
  ["await client.get('com.example.findNotes', { |params: { limit: 5 } })", "'tag' is missing"],
  ["await client.get('com.example.findNotes', { |prams: { tag: 'x' } })", "'prams'", "'params'"],
  ["await client.get('com.example.findNotes', { params: { tag: 'x' }, |timeout: 5 })", "'timeout'", "'timeoutMs'"],
  ["await client.|get('com.example.findNotes')", 'Expected 2 arguments'],
  ["await client.get('com.atproto.server.getSession', { params: { |limit: 5 } })", "'number'", "'undefined'"],
  ["await client.post('com.atproto.server.activateAccount', { |input: {} })", "'{}'", "'undefined'"],
  [
    "await client.post('com.atproto.repo.createRecord', { |input: { repo: '', collection: '' } })",
    "'record' is missing",
  ],
  ["await client.get('com.atproto.sync.getBlob', |{ params: blob })", "'as' is missing", 'AnswerForm'],
  ["await client.get('com.atproto.sync.getBlob', { params: blob, |as: 'text' })", '"text"', 'AnswerForm'],
  ['await notes.create(|{})', "'text' is missing", 'ComExampleNote'],
  ["await notes.create({ text: '', |colour: 'blue' })", '"blue"', '"green"', '"red"'],
  ["await notes.create({ text: '', embed: { |$type: 'com.example.note#lnik', url: '' } })", 'lnik"', 'note#link"'],
  [
    "await notes.create({ text: '', embed: { $type: 'com.example.note#link', |ulr: '' } })",
    "'ulr'",
    'ComExampleNoteLink',
  ],
  ["isXrpcError(error, |'com.example.findNote')", '"com.example.findNote"', 'MethodName'],
  [
    "isXrpcError(error, 'com.example.findNotes', |'RecordNotFound')",
    '"RecordNotFound"',
    'ErrorName<"com.example.findNotes">',
  ],
  ['client.with({ |timeout: 5 })', "'timeout'", "'timeoutMs'"],
  ["client.with({ |proxy: 'did:web:a.example.com' })", '"did:web:a.example.com"', '#'],
]

const VERSIONS: readonly CompilerVersion[] = ['7', '5.9']

test.each(VERSIONS)('TypeScript %s names each mistake at its place, in three lines at most', async (version) => {
  const program = BEFORE + MISTAKES.map(([statement]) => statement.replace('|', '')).join('\n')
  const project = await userProject({ 'types.ts': generateTypes(DOCUMENTS), 'program.ts': program })
  const said = await project.compile(version, 'types.ts', 'program.ts')
  // Each begins with the path of the file, from wherever the compiler runs.
  const complaints = said.split(/^.*(?=program\.ts\()/mu).filter((each) => each !== '')
  const first = BEFORE.split('\n').length
  for (const [at, [statement, ...names]] of MISTAKES.entries()) {
    const place = `program.ts(${first + at},`
    const [complaint = '', ...others] = complaints.filter((each) => each.startsWith(place))
    expect.soft(others, statement).toStrictEqual([])
    expect.soft(complaint, statement).toMatch(`${place}${statement.indexOf('|') + 1}): error TS`)
    expect.soft(complaint.trim().split('\n').length, complaint).toBeLessThanOrEqual(3)
    expect.soft(complaint, statement).not.toContain("'never'")
    for (const name of names) expect.soft(complaint, statement).toContain(name)
  }
  expect(complaints).toHaveLength(MISTAKES.length)
})

const EXPORTS = `import { isXrpcError, isType, unknownVariant, nsid, type RecordOf, type XrpcClient } from 'atproof'
import { validator } from 'atproof/lexicon'

const params = { repo: 'alice.example.com', collection: 'com.example.note' }
export const record = (client: XrpcClient) => client.get('com.atproto.repo.getRecord', { params: { ...params, rkey: 'x' } })
export const bytes = (client: XrpcClient) => client.getBlob('bafkrei', { as: 'bytes' })
export const stream = (client: XrpcClient<undefined>) => client.get(nsid('com.example.other'), { as: 'stream' })
export const items = (client: XrpcClient) => client.paginate('com.atproto.repo.listRecords', { params })
export const own = (client: XrpcClient) => client.get('com.example.findNotes', { params: { tag: 'x' } })
export const notes = (client: XrpcClient) => client.records('com.example.note')
export const found = async (client: XrpcClient) => (await client.records('com.example.note').get('self')).data
export const all = (client: XrpcClient) => client.records('com.example.note').list()
export const kind = (note: RecordOf<'com.example.note'>) => note.embed?.$type
export const link = (note: RecordOf<'com.example.note'>) => (isType(note.embed, 'com.example.note#link') ? note.embed : undefined)
export const other = () => unknownVariant({ $type: 'com.example.other' })
export const answered = (error: unknown) => (isXrpcError(error, 'com.example.findNotes') ? error : undefined)
export const name = (error: unknown) => (isXrpcError(error, 'com.example.findNotes') ? error.error : undefined)
export const copy = (client: XrpcClient) => client.with({ retry: { limit: 1 }, validate: validator([]) })
export const token = (client: XrpcClient) =>
  client.serviceAuth({ audience: 'did:web:a.example.com#b', method: 'com.example.findNotes' })
`

test.each(VERSIONS)('what a program exports of calls has declarations with TypeScript %s', async (version) => {
  const project = await userProject({ 'types.ts': generateTypes(DOCUMENTS), 'exports.ts': EXPORTS })
  expect(await project.declare(version, 'types.ts', 'exports.ts')).toBe('')
})
