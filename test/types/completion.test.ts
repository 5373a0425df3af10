import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import type { LexiconDocument } from '../../src/lexicon/document.ts'
import { languageServer } from './language-server.ts'
import { userProject } from './scene.ts'

// What an editor offers while a program is typed, asked of the language service of TypeScript 5.9: 7 has none with an
// interface for programs yet.

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
          properties: { text: { type: 'string' }, mood: { type: 'string', knownValues: ['happy', 'sad'] } },
        },
      },
    },
  },
  {
    lexicon: 1,
    id: 'com.example.findNotes',
    defs: {
      main: {
        type: 'query',
        parameters: { properties: { tag: { type: 'string' }, limit: { type: 'integer' } } },
        output: {
          encoding: 'application/json',
          schema: {
            type: 'object',
            required: ['notes'],
            properties: { notes: { type: 'array', items: { type: 'ref', ref: 'com.example.note' } } },
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

const BEFORE = `import { isXrpcError, type RecordOf, type XrpcClient } from 'atproof'
declare const client: XrpcClient
declare const error: unknown
export const note: RecordOf<'com.example.note'> = { text: 'x' }
`

/** An editor with a program open; what it offers where `|` stands in the last line of it. */
async function openEditor(): Promise<(statement: string) => Promise<readonly string[]>> {
  const { folder } = await userProject({ 'types.ts': generateTypes(DOCUMENTS), 'program.ts': BEFORE })
  const server = languageServer()
  const file = join(folder, 'program.ts')
  return (statement) => {
    server.open(file, BEFORE + statement.replace('|', ''))
    return server.complete(file, BEFORE.split('\n').length, statement.indexOf('|') + 1)
  }
}

const OFFERED: Readonly<Record<string, readonly string[]>> = {
  "await client.get('|')": ['com.example.findNotes', 'com.atproto.repo.getRecord'],
  "await client.post('|')": ['com.example.pinNote', 'com.atproto.repo.createRecord'],
  "await client.get('com.example.findNotes', { params: { | } })": ['tag', 'limit'],
  "await client.post('com.example.pinNote', { input: { | } })": ['uri', 'until'],
  "await client.post('com.atproto.repo.deleteRecord', { input: { | } })": [
    'repo',
    'collection',
    'rkey',
    'swapCommit',
  ],
  "client.records('|')": ['com.example.note', 'com.atproto.lexicon.schema'],
  "await client.records('com.example.note').create({ | })": ['text', 'mood'],
  "export const other: RecordOf<'com.example.note'> = { text: '', mood: '|' }": ['happy', 'sad'],
  "void (await client.get('com.example.findNotes')).data.notes[0]?.|": ['text', 'mood', '$type'],
  "isXrpcError(error, 'com.example.findNotes', '|')": ['NoSuchTag', 'TooMany', 'InvalidRequest'],
  "isXrpcError(error, '|')": ['com.example.findNotes', 'com.example.pinNote'],
}

test('an editor offers the names of methods, parameters, collections, fields, known values and errors', async () => {
  const offered = await openEditor()
  for (const [statement, names] of Object.entries(OFFERED)) {
    expect.soft(await offered(statement), statement).toEqual(expect.arrayContaining([...names]))
  }
})

const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  "await client.get('|')": ['com.example.pinNote', 'com.atproto.repo.createRecord'],
  "await client.post('|')": ['com.example.findNotes'],
  "client.records('|')": ['com.example.findNotes'],
  "isXrpcError(error, 'com.atproto.repo.getRecord', '|')": ['NoSuchTag'],
  "await client.get('com.example.findNotes', { params: { | } })": ['repo', 'uri'],
}

test('an editor does not offer what does not fit there', async () => {
  const offered = await openEditor()
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
