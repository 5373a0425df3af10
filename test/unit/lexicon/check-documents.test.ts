import { schemas } from '@atproto/api'
import { describe, expect, test } from 'vitest'
import { checkDocuments } from '../../../src/lexicon/check-documents.ts'
import { describeProblem } from '../../../src/lexicon/problem.ts'
import { document } from './documents.ts'

const known = [
  document('com.atproto.repo.strongRef', { main: { type: 'object' } }),
  document('com.atproto.repo.getRecord', { main: { type: 'query' } }),
]

/** The problems of documents, a line each; a file is named by its position. */
function problemsOf(...contents: readonly unknown[]): readonly string[] {
  const files = contents.map((content, at) => ({ file: `${at}.json`, content }))
  return checkDocuments(files, { known }).problems.map(describeProblem)
}

/** A document that is sound but for what it defines. */
function defining(defs: Record<string, unknown>): unknown {
  return { lexicon: 1, id: 'com.example.thing', defs }
}

function withField(field: unknown): unknown {
  return defining({ it: { type: 'object', properties: { field } } })
}

function withParameter(field: unknown): unknown {
  return defining({ main: { type: 'query', parameters: { type: 'params', properties: { field } } } })
}

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
      defining({ it: { type: 'record', record: { type: 'object', properties: {} } } }),
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

describe('a field that will not do', () => {
  test.each<[string, unknown, string]>([
    [
      'of an unheard type',
      { type: 'float' },
      '.type: expected one of array, boolean, integer, string, unknown, bytes, cid-link, ref, union, blob, found "float"',
    ],
    ['with a wrong limit', { type: 'string', maxLength: 'long' }, '.maxLength: expected a number, found "long"'],
    ['with a broken limit', { type: 'string', maxLength: 1.5 }, '.maxLength: expected an integer, found 1.5'],
    ['with a wrong default', { type: 'integer', default: '1' }, '.default: expected a number, found "1"'],
    ['with a wrong constant', { type: 'boolean', const: 0 }, '.const: expected true or false, found 0'],
    ['with a wrong choice', { type: 'string', enum: ['a', 1] }, '.enum[1]: expected a text, found 1'],
    ['with no choice', { type: 'string', enum: [] }, '.enum: expected at least one value, found none'],
    ['with no choice of numbers', { type: 'integer', enum: [] }, '.enum: expected at least one value, found none'],
    [
      'of an unheard format',
      { type: 'string', format: 'email' },
      '.format: expected one of datetime, uri, at-uri, did, handle, at-identifier, nsid, cid, language, tid, record-key, found "email"',
    ],
    ['without a reference', { type: 'ref' }, '.ref: expected a text, found nothing'],
    [
      'that refers to nothing here',
      { type: 'ref', ref: '#missing' },
      '.ref: expected the name of data that is defined, found "com.example.thing#missing", which no document defines',
    ],
    [
      'that refers to nothing elsewhere',
      { type: 'ref', ref: 'com.example.missing' },
      '.ref: expected the name of data that is defined, found "com.example.missing", which no document defines',
    ],
    [
      'that refers to a method',
      { type: 'array', items: { type: 'ref', ref: 'com.atproto.repo.getRecord' } },
      '.items.ref: expected the name of data that is defined, found "com.atproto.repo.getRecord", which is of type "query"',
    ],
    [
      '[K1] [K5] of a closed union of nothing',
      { type: 'union', refs: [], closed: true },
      '.refs: expected at least one, as the union is closed, found none',
    ],
    [
      'of a union of what no document defines',
      { type: 'union', refs: ['#it', '#gone'] },
      '.refs[1]: expected the name of an object or a record, found "com.example.thing#gone", which no document defines',
    ],
    [
      'of a union with a list in it',
      { type: 'union', refs: ['com.example.list'] },
      '.refs[0]: expected the name of an object or a record, found "com.example.list", which is of type "array"',
    ],
  ])('%s', (_, field, problem) => {
    const list = document('com.example.list', { main: { type: 'array', items: { type: 'string' } } })
    expect(problemsOf(withField(field), list)).toStrictEqual([`0.json: it.properties.field${problem}`])
  })

  test.each([
    { type: 'ref', ref: '#it' },
    { type: 'ref', ref: 'com.example.thing#it' },
    { type: 'ref', ref: 'lex:com.example.thing#it' },
    { type: 'ref', ref: 'com.atproto.repo.strongRef#main' },
    { type: 'union', refs: ['com.atproto.repo.strongRef', '#it'], closed: true },
    { type: 'union', refs: [] },
    { type: 'string', someNewThing: true },
  ])('is not %j', (field) => {
    expect(problemsOf(withField(field))).toStrictEqual([])
  })
})

describe('[K14] a parameter', () => {
  test.each<[string, unknown, string]>([
    ['of bytes', { type: 'bytes' }, '.type: expected one of array, boolean, integer, string, found "bytes"'],
    [
      'of anything',
      { type: 'unknown' },
      '.type: expected a text, an integer, true or false, or an array of one of these, found "unknown"',
    ],
    [
      'of a list of anything',
      { type: 'array', items: { type: 'unknown' } },
      '.items.type: expected a text, an integer, true or false, found "unknown"',
    ],
    [
      'of a list of blobs',
      { type: 'array', items: { type: 'blob' } },
      '.items.type: expected one of boolean, integer, string, found "blob"',
    ],
  ])('cannot be %s', (_, field, problem) => {
    expect(problemsOf(withParameter(field))).toStrictEqual([`0.json: main.parameters.properties.field${problem}`])
  })

  test.each([{ type: 'boolean' }, { type: 'integer' }, { type: 'array', items: { type: 'string' } }])(
    'can be %j',
    (field) => {
      expect(problemsOf(withParameter(field))).toStrictEqual([])
    },
  )
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
      'that gives what no document defines',
      { output: { encoding: 'application/json', schema: { type: 'ref', ref: '#gone' } } },
      'main.output.schema.ref: expected the name of data that is defined, found "com.example.thing#gone", which no document defines',
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
  expect(problemsOf(defining({ main: { type: 'record', record } }))).toStrictEqual([
    '0.json: main.record.properties.about.ref: expected the name of data that is defined, found "com.example.thing#gone", which no document defines',
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
