import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import type { LexiconDocument } from '../../src/lexicon/document.ts'
import { languageServer } from './language-server.ts'
import { userProject } from './scene.ts'
import type { CompilerVersion } from './user-project.ts'

// What an editor offers and shows while a program is typed, asked of the language services that editors ask.

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
            mood: { type: 'string', knownValues: ['happy', 'sad'] },
            embed: { type: 'union', refs: ['#picture', '#link'] },
            parent: { type: 'ref', ref: 'com.atproto.repo.strongRef' },
          },
        },
      },
      picture: { type: 'object', required: ['alt'], properties: { alt: { type: 'string' } } },
      link: {
        type: 'object',
        required: ['url'],
        properties: { url: { type: 'string' }, title: { type: 'string' } },
      },
    },
  },
  {
    lexicon: 1,
    id: 'com.example.findNotes',
    defs: {
      main: {
        type: 'query',
        parameters: {
          properties: {
            tag: { type: 'string', description: 'Without the #.' },
            sort: { type: 'string', knownValues: ['newest', 'oldest'] },
            limit: { type: 'integer' },
            cursor: { type: 'string' },
          },
        },
        output: {
          encoding: 'application/json',
          schema: {
            type: 'object',
            required: ['notes'],
            properties: {
              cursor: { type: 'string' },
              notes: { type: 'array', items: { type: 'ref', ref: 'com.example.note' } },
            },
          },
        },
        errors: [{ name: 'NoSuchTag' }, { name: 'TooMany' }],
      },
    },
  },
  {
    lexicon: 1,
    id: 'com.example.pinNote',
    defs: {
      main: {
        type: 'procedure',
        input: {
          encoding: 'application/json',
          schema: {
            type: 'object',
            required: ['uri'],
            properties: { uri: { type: 'string' }, until: { type: 'string' } },
          },
        },
      },
    },
  },
]

const BEFORE = `import {
  type ErrorNameOf, isType, isXrpcError, type OutputOf, type RecordOf, type TypeOf, XrpcClient,
} from 'atproof'
declare const client: XrpcClient
declare const error: unknown
declare const note: RecordOf<'com.example.note'>
export const names: ErrorNameOf<'com.example.findNotes'>[] = []
export const values: [OutputOf<'com.example.findNotes'>?, TypeOf<'com.example.note'>?] = [undefined, note]
export const functions = [isType, isXrpcError, XrpcClient, error]
const did = client.did
`

type Ask = (statement: string) => Promise<readonly string[]>

/** An editor with a program open; what it offers where `|` stands in the last line of it. */
async function openEditor(
  version: CompilerVersion,
): Promise<{ offered: Ask; shown(statement: string): Promise<string> }> {
  const { folder } = await userProject({ 'types.ts': generateTypes(DOCUMENTS), 'program.ts': BEFORE })
  const server = await languageServer(version, folder)
  const file = join(folder, 'program.ts')
  const line = BEFORE.split('\n').length
  const open = (statement: string) => {
    server.open(file, BEFORE + statement.replace('|', ''))
    return statement.indexOf('|') + 1
  }
  return {
    offered: (statement) => server.complete(file, line, open(statement)),
    shown: (statement) => server.describe(file, line, open(statement)),
  }
}

const PINNED = "input: { uri: '' }"
const ANSWERED = "if (isXrpcError(error, 'com.example.findNotes'))"

/** What is offered at a place: these names, whatever else. */
const OFFERED: Readonly<Record<string, readonly string[]>> = {
  "await client.get('|')": ['com.example.findNotes', 'com.atproto.repo.getRecord'],
  "await client.post('|')": ['com.example.pinNote', 'com.atproto.repo.createRecord'],
  "client.paginate('|')": ['com.example.findNotes', 'com.atproto.repo.listRecords'],
  "client.records('|')": ['com.example.note', 'com.atproto.lexicon.schema'],
  "isXrpcError(error, '|')": ['com.example.findNotes', 'com.example.pinNote'],
  "await client.serviceAuth({ audience: 'did:web:a.example.com#b', method: '|' })": ['com.example.pinNote'],

  "await client.get('com.example.findNotes', { | })": ['params', 'as', 'headers', 'signal', 'timeoutMs'],
  "await client.get('com.example.findNotes', { params: { | } })": ['tag', 'sort', 'limit', 'cursor'],
  "await client.get('com.example.findNotes', { params: { sort: '|' } })": ['newest', 'oldest'],
  "client.paginate('com.example.findNotes', { params: { | } })": ['tag', 'sort', 'limit', 'cursor'],
  "client.paginate('com.example.findNotes', { items: '|' })": ['notes'],
  "await client.get('com.atproto.sync.getBlob', { params: { did, cid: '' }, as: '|' })": ['bytes', 'stream'],
  "await client.get('com.example.findNotes', { as: '|' })": ['bytes', 'stream'],
  "await client.post('com.example.pinNote', { | })": ['input', 'params', 'as', 'headers'],
  "await client.post('com.example.pinNote', { input: { | } })": ['uri', 'until'],
  "await client.post('com.atproto.repo.deleteRecord', { input: { | } })": [
    'repo',
    'collection',
    'rkey',
    'swapCommit',
  ],
  [`void (await client.post('com.example.pinNote', { ${PINNED} })).|`]: [
    'data',
    'status',
    'headers',
    'rateLimit',
    'client',
  ],
  "void (await client.get('com.example.findNotes')).data.notes[0]?.|": ['text', 'mood', '$type'],

  "await client.records('com.example.note').create({ | })": ['text', 'mood', 'embed', 'parent'],
  "await client.records('com.example.note').put('self', { | })": ['text', 'mood', 'embed', 'parent'],
  "await client.records('com.example.note').create({ text: '', mood: '|' })": ['happy', 'sad'],
  "await client.records('com.example.note').create({ text: '', parent: { | } })": ['uri', 'cid'],
  "await client.records('com.example.note').create({ text: '', embed: { $type: '|' } })": [
    'com.example.note#picture',
    'com.example.note#link',
  ],
  "await client.records('com.example.note').put('self', { text: '', embed: { $type: 'com.example.note#link', | } })":
    ['url', 'title'],
  "await client.records('com.example.note').create({ text: '' }, { | })": ['rkey', 'validate', 'swapCommit'],
  "export const other: RecordOf<'|'> = note": ['com.example.note', 'com.atproto.lexicon.schema'],
  "export type Found = OutputOf<'|'>": ['com.example.findNotes', 'com.atproto.repo.getRecord'],
  "export type Link = TypeOf<'|'>": ['com.example.note#link', 'com.atproto.repo.strongRef'],
  "isType(note.embed, '|')": ['com.example.note#link', 'com.atproto.repo.strongRef'],
  "if (isType(note.embed, 'com.example.note#link')) note.embed.|": ['url', 'title', '$type'],
  "switch (note.embed?.$type) { case '|': }": ['com.example.note#picture', 'com.example.note#link'],

  "isXrpcError(error, 'com.example.findNotes', '|')": ['NoSuchTag', 'TooMany', 'InvalidRequest'],
  [`${ANSWERED} switch (error.error) { case '|': }`]: ['NoSuchTag', 'TooMany', 'InvalidRequest'],
  [`${ANSWERED} if (error.error === '|') did.at(0)`]: ['NoSuchTag', 'TooMany', 'InvalidRequest'],
  [`${ANSWERED} error.|`]: ['nsid', 'error', 'status', 'headers', 'rateLimit', 'client', 'message', 'cause'],

  'client.with({ | })': ['headers', 'proxy', 'labelers', 'timeoutMs', 'maxResponseBytes', 'retry', 'validate'],
  'client.with({ retry: { | } })': ['limit', 'procedures', 'longestWaitMs'],
  "new XrpcClient({ service: 'https://a.example.com', | })": ['headers', 'retry', 'fetch'],
}

const VERSIONS: readonly CompilerVersion[] = ['7', '5.9']

test.each(VERSIONS)(
  'an editor with TypeScript %s offers the names of methods, parameters, collections, fields, known values and errors',
  async (version) => {
    const { offered } = await openEditor(version)
    for (const [statement, names] of Object.entries(OFFERED)) {
      expect.soft(await offered(statement), statement).toEqual(expect.arrayContaining([...names]))
    }
  },
)

/** What is not offered at a place, although it is somewhere else. */
const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  "await client.get('|')": ['com.example.pinNote', 'com.atproto.repo.createRecord', 'com.example.note'],
  "await client.post('|')": ['com.example.findNotes', 'com.atproto.repo.getRecord'],
  "client.paginate('|')": ['com.atproto.repo.getRecord', 'com.example.pinNote'],
  "client.records('|')": ['com.example.findNotes', 'com.example.note#link'],
  "isXrpcError(error, 'com.atproto.repo.getRecord', '|')": ['NoSuchTag', 'TooMany'],
  "await client.get('com.example.findNotes', { | })": ['input', 'encoding'],
  "await client.get('com.example.findNotes', { params: { | } })": ['repo', 'uri'],
  "await client.records('com.example.note').put('self', { text: '', embed: { $type: 'com.example.note#link', | } })":
    ['alt'],
  "isType(note.embed, '|')": ['com.example.findNotes'],
}

test.each(VERSIONS)('an editor with TypeScript %s does not offer what does not fit there', async (version) => {
  const { offered } = await openEditor(version)
  for (const [statement, names] of Object.entries(NOT_OFFERED)) {
    const all = await offered(statement)
    expect.soft(all.length, statement).toBeGreaterThan(0)
    expect
      .soft(
        all.filter((name) => names.includes(name)),
        statement,
      )
      .toStrictEqual([])
  }
})

/** What is shown of what stands at a place. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  "await client.g|et('com.example.findNotes')": ['Calls a query.'],
  "const res|ult = await client.get('com.example.findNotes')": ['XrpcResult<{', 'notes: ComExampleNote[]'],
  "const not|es = client.records('com.example.note')": ['RecordCollection<"com.example.note", '],
  "await client.records('com.example.note').cre|ate({ text: '' })": [
    'record: ComExampleNote',
    'Creates a record.',
  ],
  "await client.get('com.example.findNotes', { params: { ta|g: '' } })": [
    'tag?: string | undefined',
    'Without the #.',
  ],
  'client.with({ re|try: {} })': ['retry?: RetryOptions | undefined', 'sent again'],
  [`${ANSWERED} err|or.status`]: ['AnsweredError<"com.example.findNotes", ErrorNameOf<"com.example.findNotes">>'],
}

test.each(VERSIONS)(
  'an editor with TypeScript %s shows types by their names, and what they mean',
  async (version) => {
    const { shown } = await openEditor(version)
    for (const [statement, texts] of Object.entries(SHOWN)) {
      const all = await shown(statement)
      for (const text of texts) expect.soft(all, statement).toContain(text)
    }
  },
)
