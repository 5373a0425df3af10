import { describe, expect, test } from 'vitest'
import { problemsOf, withField, withParameter, withRecordKey } from './document-problems.ts'
import { document } from './documents.ts'

describe('a record whose key', () => {
  const KEYS = 'main.key: expected tid, nsid, any, or literal: and a record key, found'

  test.each([
    [undefined, 'nothing'],
    ['', '""'],
    ['self', '"self"'],
    ['TID', '"TID"'],
    ['literal:', '"literal:"'],
    ['literal:..', '"literal:.."'],
    ['literal:a b', '"literal:a b"'],
  ])('is %j will not do', (key, found) => {
    expect(problemsOf(withRecordKey(key))).toStrictEqual([`0.json: ${KEYS} ${found}`])
  })

  test.each(['tid', 'nsid', 'any', 'literal:self', 'literal:a:b'])('is %j will do', (key) => {
    expect(problemsOf(withRecordKey(key))).toStrictEqual([])
  })
})

test('no property can be called __proto__', () => {
  const content: unknown = JSON.parse(
    '{"lexicon":1,"id":"com.example.thing","defs":{"it":{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}}}',
  )
  expect(problemsOf(content)).toStrictEqual([
    '0.json: it.properties.__proto__: expected a name other than __proto__, found "__proto__"',
  ])
})

const integer = (rules: object) => ({ type: 'integer', ...rules })
const EMPTY = { type: 'object', properties: {} } as const

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
      'with a default below its least',
      integer({ default: 1, minimum: 2 }),
      '.default: expected at least 2, found 1',
    ],
    [
      'with a default above its most',
      integer({ default: 4, maximum: 3 }),
      '.default: expected at most 3, found 4',
    ],
    [
      'with a default among no choice',
      integer({ default: 3, enum: [1, 2] }),
      '.default: expected one of 1, 2, found 3',
    ],
    [
      'with a default that is no choice',
      { type: 'string', default: 'c', enum: ['a', 'b'] },
      '.default: expected one of a, b, found "c"',
    ],
    [
      'of an unheard format',
      { type: 'string', format: 'email' },
      '.format: expected one of datetime, uri, at-uri, did, handle, at-identifier, nsid, cid, language, tid, record-key, found "email"',
    ],
    ['without a reference', { type: 'ref' }, '.ref: expected a text, found nothing'],
    [
      'that refers to nothing here',
      { type: 'ref', ref: '#missing' },
      '.ref: expected the name of data that is defined, found "com.example.thing#missing", which none of the documents defines',
    ],
    [
      'that refers to nothing elsewhere',
      { type: 'ref', ref: 'com.example.missing' },
      '.ref: expected the name of data that is defined, found "com.example.missing", which none of the documents defines',
    ],
    [
      'that refers to a definition of its own as of everywhere',
      { type: 'ref', ref: 'lex:#it' },
      '.ref: expected the name of data that is defined, found "#it", which none of the documents defines',
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
      '.refs[1]: expected the name of an object or a record, found "com.example.thing#gone", which none of the documents defines',
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
    { type: 'union', refs: ['com.example.kept'] },
    { type: 'ref', ref: 'com.example.kept' },
    { type: 'string', someNewThing: true },
    { type: 'string', default: 'c', knownValues: ['a', 'b'] },
    { type: 'string', default: 'b', enum: ['a', 'b'] },
    integer({ default: 2, enum: [2], minimum: 2, maximum: 2 }),
  ])('is not %j', (field) => {
    const kept = document('com.example.kept', { main: { type: 'record', key: 'tid', record: EMPTY } })
    expect(problemsOf(withField(field), kept)).toStrictEqual([])
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
