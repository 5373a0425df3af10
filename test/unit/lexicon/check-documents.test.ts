import { schemas } from '@atproto/api'
import { describe, expect, test } from 'vitest'
import { checkDocuments } from '../../../src/lexicon/check-documents.ts'
import { defining, problemsOf, withField } from './document-problems.ts'
import { document } from './documents.ts'

const TYPES =
  'one of record, query, procedure, subscription, permission-set, object, array, string, token, boolean, integer, bytes, cid-link, blob, unknown'

describe('a document that is none', () => {
  test.each<[string, unknown, string]>([
    ['null', null, 'expected an object, found null'],
    ['a list', [], 'expected an object, found an array of 0'],
    ['a text', 'x', 'expected an object, found "x"'],
    ['of no lexicon version', { id: 'com.example.thing', defs: {} }, 'lexicon: expected 1, found nothing'],
    [
      'of another lexicon version',
      { lexicon: 2, id: 'com.example.thing', defs: {} },
      'lexicon: expected 1, found 2',
    ],
    ['without an NSID', { lexicon: 1, defs: {} }, 'id: expected a text, found nothing'],
    ['without definitions', { lexicon: 1, id: 'com.example.thing' }, 'defs: expected an object, found nothing'],
    [
      'of a description that is no text',
      { lexicon: 1, id: 'com.example.thing', defs: {}, description: 1 },
      'description: expected a text, found 1',
    ],
  ])('%s', (_, content, problem) => {
    expect(problemsOf(content)).toStrictEqual([`0.json: ${problem}`])
  })

  test.each(['example', 'com.example', 'com.example.my-thing', 'com.example.1st', 'com.exa mple.thing', ''])(
    '[K1] by its NSID %j',
    (id) => {
      expect(problemsOf({ lexicon: 1, id, defs: {} })).toStrictEqual([
        `0.json: id: expected an NSID such as com.example.note, found ${JSON.stringify(id)}`,
      ])
    },
  )
})

describe('a definition that will not do', () => {
  test.each<[string, unknown, string]>([
    ['null', defining({ it: null }), 'it: expected an object, found null'],
    ['a text', defining({ it: 'x' }), 'it: expected an object, found "x"'],
    ['without a type', defining({ it: {} }), `it.type: expected ${TYPES}, found nothing`],
    ['of an unheard type', defining({ it: { type: 'map' } }), `it.type: expected ${TYPES}, found "map"`],
    ['[K1] a reference', defining({ it: { type: 'ref', ref: '#it' } }), `it.type: expected ${TYPES}, found "ref"`],
    ['[K1] a union', defining({ it: { type: 'union', refs: [] } }), `it.type: expected ${TYPES}, found "union"`],
    [
      '[K1] a record that is not main',
      defining({ it: { type: 'record', key: 'tid', record: { type: 'object', properties: {} } } }),
      'it: expected the name main for a record, found "it"',
    ],
    [
      '[K1] a query that is not main',
      defining({ it: { type: 'query' } }),
      'it: expected the name main for a query, found "it"',
    ],
    [
      'by a name with a dot',
      defining({ 'a.b': { type: 'token' } }),
      '"a.b": expected a name of letters, digits, - and _, a letter first, found "a.b"',
    ],
    [
      'a record of no object',
      defining({ main: { type: 'record' } }),
      'main.record: expected an object, found nothing',
    ],
    [
      'an object without properties',
      defining({ it: { type: 'object' } }),
      'it.properties: expected an object, found nothing',
    ],
    [
      'an array of arrays',
      defining({ it: { type: 'array', items: { type: 'array', items: { type: 'string' } } } }),
      'it.items.type: expected one of boolean, integer, string, unknown, bytes, cid-link, ref, union, blob, found "array"',
    ],
    [
      'what requires a property that is not there',
      defining({ it: { type: 'object', required: ['a', 'b'], properties: { a: { type: 'blob' } } } }),
      'it.required[1]: expected the name of a property, found "b"',
    ],
    [
      'what lets a property be null that is not there',
      defining({ it: { type: 'object', nullable: ['a'], properties: {} } }),
      'it.nullable[0]: expected the name of a property, found "a"',
    ],
    [
      'what requires by a text',
      defining({ it: { type: 'object', required: 'a', properties: {} } }),
      'it.required: expected an array, found "a"',
    ],
    [
      '[K16] what has a property of the data model',
      defining({ it: { type: 'object', properties: { $type: { type: 'string' } } } }),
      'it.properties.$type: expected a name that does not begin with $, found "$type"',
    ],
  ])('%s', (_, content, problem) => {
    expect(problemsOf(content)).toStrictEqual([`0.json: ${problem}`])
  })
})

describe('a method that will not do', () => {
  test.each<[string, object, string]>([
    [
      'that takes a text as JSON',
      { input: { encoding: 'application/json', schema: { type: 'string' } } },
      'main.input.schema.type: expected one of ref, union or "object", found "string"',
    ],
    [
      'that gives what is no schema',
      { output: { encoding: 'application/json', schema: 'x' } },
      'main.output.schema: expected an object, found "x"',
    ],
    [
      'with a mistake inside what it takes',
      { input: { encoding: 'application/json', schema: { type: 'object', properties: { a: { type: 'nope' } } } } },
      'main.input.schema.properties.a.type: expected one of array, boolean, integer, string, unknown, bytes, cid-link, ref, union, blob, found "nope"',
    ],
    ['without a media type', { output: {} }, 'main.output.encoding: expected a text, found nothing'],
    ['with an error without a name', { errors: [{}] }, 'main.errors[0].name: expected a text, found nothing'],
    [
      'that requires what it does not take',
      { parameters: { type: 'params', required: ['a'], properties: {} } },
      'main.parameters.required[0]: expected the name of a property, found "a"',
    ],
    [
      'that takes what no document defines',
      { input: { encoding: 'application/json', schema: { type: 'ref', ref: '#gone' } } },
      'main.input.schema.ref: expected the name of data that is defined, found "com.example.thing#gone", which none of the documents defines',
    ],
    [
      'that gives what no document defines',
      { output: { encoding: 'application/json', schema: { type: 'ref', ref: '#gone' } } },
      'main.output.schema.ref: expected the name of data that is defined, found "com.example.thing#gone", which none of the documents defines',
    ],
  ])('%s', (_, method, problem) => {
    expect(problemsOf(defining({ main: { type: 'procedure', ...method } }))).toStrictEqual([`0.json: ${problem}`])
  })
})

test('an NSID that two files have is a problem that names both', () => {
  const token = defining({ main: { type: 'token' } })
  expect(problemsOf(token, token)).toStrictEqual([
    '1.json: id: expected an NSID of its own, found that of 0.json too: "com.example.thing"',
  ])
})

test('what a record refers to has to be defined', () => {
  const record = { type: 'object', properties: { about: { type: 'ref', ref: '#gone' } } }
  expect(problemsOf(defining({ main: { type: 'record', key: 'tid', record } }))).toStrictEqual([
    '0.json: main.record.properties.about.ref: expected the name of data that is defined, found "com.example.thing#gone", which none of the documents defines',
  ])
})

test('what another document defines is there although that one has a mistake', () => {
  const broken = { lexicon: 1, id: 'com.example.other', defs: { it: { type: 'object', properties: 1 } } }
  expect(problemsOf(withField({ type: 'ref', ref: 'com.example.other#it' }), broken)).toStrictEqual([
    '1.json: it.properties: expected an object, found 1',
  ])
})

test('ten problems of two documents are all said, and none of the documents is given', () => {
  const first = {
    lexicon: 1,
    id: 'thing',
    defs: {
      main: { type: 'record', key: 1, record: { type: 'object', properties: { a: { type: 'float' } } } },
      'a b': { type: 'union' },
    },
  }
  const second = defining({
    main: { type: 'query', output: { encoding: 5, schema: {} } },
    it: {
      type: 'object',
      required: ['b'],
      properties: { a: { type: 'ref', ref: '#x' }, c: { type: 'union', refs: [], closed: true } },
    },
  })
  const { documents, problems } = checkDocuments([
    { file: 'a.json', content: first },
    { file: 'b.json', content: second },
    { file: 'c.json', content: document('com.example.sound', { main: { type: 'token' } }) },
  ])
  expect(documents).toStrictEqual([])
  expect(problems.map(({ file, definition, path }) => [file, definition, ...path].join(' '))).toStrictEqual([
    'a.json  id',
    'a.json main key',
    'a.json main record properties a type',
    'a.json a b type',
    'a.json a b',
    'b.json main output encoding',
    'b.json main output schema type',
    'b.json it required 0',
    'b.json it properties a ref',
    'b.json it properties c refs',
  ])
})

test('subscriptions and permission sets pass', () => {
  const subscription = { type: 'subscription', message: { schema: { type: 'union', refs: ['#it'] } } }
  const permissions = {
    type: 'permission-set',
    permissions: [{ type: 'permission', resource: 'repo', collection: ['*'] }],
  }
  const content = defining({ main: subscription, it: { type: 'object', properties: {} } })
  expect(problemsOf(content)).toStrictEqual([])
  expect(problemsOf(defining({ main: permissions }))).toStrictEqual([])
})

test('every document of @atproto/api is sound, and comes back as it is', () => {
  const files = schemas.map((content) => ({ file: content.id, content }))
  const { documents, problems } = checkDocuments(files)
  expect(problems).toStrictEqual([])
  expect(documents).toStrictEqual(schemas)
})
