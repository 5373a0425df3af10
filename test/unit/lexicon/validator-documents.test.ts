import { schemas } from '@atproto/api'
import { validator } from 'atproof/lexicon'
import { describe, expect, test } from 'vitest'
import { EVERY_FIELD } from '../../fuzz/every-field.ts'

const record = (properties: object, rest: object = {}) => ({
  lexicon: 1,
  id: 'com.example.note',
  defs: { main: { type: 'record', key: 'tid', record: { type: 'object', properties } }, ...rest },
})

test('takes the documents of real lexicons, in whatever they come', () => {
  expect(() => validator(new Set(schemas))).not.toThrow()
})

test('leaves the documents as they are', () => {
  const before = structuredClone(EVERY_FIELD)
  validator([EVERY_FIELD])
  expect(EVERY_FIELD).toEqual(before)
})

test('judges what refers to a record: the answer of com.atproto.lexicon.resolveLexicon', () => {
  const answer = {
    uri: 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/com.atproto.lexicon.schema/com.example.note',
    cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
    schema: { $type: 'com.atproto.lexicon.schema', lexicon: 1 },
  }
  const check = validator(schemas, { output: 'strict' })
  expect(() => check.output('com.atproto.lexicon.resolveLexicon', answer)).not.toThrow()
  const wrong = { ...answer, schema: { lexicon: '1' } }
  expect(() => check.output('com.atproto.lexicon.resolveLexicon', wrong)).toThrow('output.schema.lexicon')
})

describe('[K1] [K14] refuses, and says where it is', () => {
  test.each([
    ['another version', [{ ...record({}), lexicon: 2 }], 'com.example.note: lexicon: expected 1, found 2'],
    ['no document at all', [{}], 'documents[0]: lexicon: expected 1, found nothing'],
    [
      'what is more than JSON',
      [record({}), record({ a: () => 1 })],
      'documents[1]: expected the JSON of a file, which a module has as its `default`, found an object',
    ],
    ['what is no object', ['note.json'], 'documents[0]: '],
    [
      'a second main kind of definition',
      [record({}, { other: { type: 'query' } })],
      'com.example.note: other: expected the name main for a query',
    ],
    [
      'an unknown by itself',
      [record({}, { other: { type: 'ref', ref: '#main' } })],
      'com.example.note: other.type: expected one of ',
    ],
    [
      'a closed union of nothing',
      [record({ a: { type: 'union', refs: [], closed: true } })],
      'com.example.note: main.record.properties.a.refs: expected at least one, as the union is closed, found none',
    ],
    [
      'a reference that leads nowhere',
      [record({ a: { type: 'ref', ref: 'com.example.other#view' } })],
      'com.example.note: main.record.properties.a.ref: expected the name of data that is defined, found "com.example.other#view", which none of the documents defines',
    ],
    ['the same document twice', [record({}), record({})], 'com.example.note: id: expected an NSID of its own'],
    [
      'a parameter that is an object',
      [
        {
          lexicon: 1,
          id: 'com.example.get',
          defs: {
            main: {
              type: 'query',
              parameters: { type: 'params', properties: { a: { type: 'object', properties: {} } } },
            },
          },
        },
      ],
      'com.example.get: main.parameters.properties.a.type: expected one of ',
    ],
  ])('%s', (_, documents, message) => {
    expect(() => validator(documents)).toThrow(TypeError)
    expect(() => validator(documents)).toThrow(message)
  })
})

test('names ten problems at most', () => {
  const properties = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`p${at}`, { type: 'nothing' }]))
  const documents = [record(properties)]
  expect(() => validator(documents)).toThrow(/and 3 more$/)
})

test.each([undefined, null, 'com.example.note', { lexicon: 1 }])(
  'refuses what is no list of documents: %j',
  (documents) => {
    expect(() => validator(documents as unknown as unknown[])).toThrow(
      'documents: expected an array of lexicon documents',
    )
  },
)
