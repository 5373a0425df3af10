import { validator } from 'atproof/lexicon'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { RecordOf } from '../../../src/xrpc/registry.ts'
import { EVERY_FIELD } from '../../fuzz/every-field.ts'
import { fine, judges, wrong } from './record-cases.ts'
import { BLOB, CBOR_LINK, LINK, mistakeWith, RECORD } from './validation-scene.ts'

describe('[K2] takes fields that the lexicon does not know', () =>
  judges(fine({ later: 1 }, { view: { later: ['a'] } })))

test('[K2] gives the same object back, with all that it has', () => {
  const record = { ...RECORD, later: { kept: [true] } }
  const given = validator([EVERY_FIELD]).record('com.example.every', record)
  expect(given).toBe(record)
  expect(given).toEqual({ ...RECORD, later: { kept: [true] } })
})

test('gives a record back by the type that the registry has for it', () => {
  const validate = validator([EVERY_FIELD])
  expectTypeOf(validate.record<'com.atproto.lexicon.schema'>).returns.toEqualTypeOf<
    RecordOf<'com.atproto.lexicon.schema'>
  >()
})

describe('[K3] tells missing from null from falsy', () =>
  judges([
    ...fine(
      { nullable: null },
      { needed: null },
      { known: '' },
      { any: 0 },
      { maybe: false },
      { nullable: undefined },
    ),
    wrong({ needed: undefined }, 'needed: expected a value, since it is required, found undefined'),
    wrong({ known: null }, 'known: expected a string, found null'),
    wrong({ any: null }, 'any: expected an integer, found null'),
    wrong({ maybe: 0 }, 'maybe: expected a boolean, found 0'),
    wrong({ needed: '' }, 'needed: expected at least 2 bytes of UTF-8, found 0'),
  ]))

describe('[K4] a record says of which collection it is, to the letter', () =>
  judges([
    ...fine({}),
    wrong({ $type: undefined }, '$type: expected com.example.every, found undefined'),
    wrong(
      { $type: 'com.example.every#main' },
      '$type: expected com.example.every, found "com.example.every#main"',
    ),
    wrong({ $type: 'lex:com.example.every' }, '$type: expected com.example.every, found "lex:com.example.every"'),
    wrong({ $type: 'com.example.other' }, '$type: expected com.example.every, found "com.example.other"'),
  ]))

describe('[K4] [K5] a variant says which one it is, and is checked as that one', () =>
  judges([
    ...fine(
      { open: { $type: 'com.example.every#view', name: 'a' } },
      { closed: { $type: 'com.example.every#tree', children: [{}] } },
      { view: { name: 'a' } },
      { view: { $type: 'com.example.every#view' } },
    ),
    wrong({ open: { name: 'a' } }, 'open: expected an object with a `$type`, found an object'),
    wrong({ closed: { name: 'a' } }, 'closed: expected an object with a `$type`, found an object'),
    wrong({ open: { $type: 'com.example.every#view', name: 1 } }, 'open.name: expected a string, found 1'),
    wrong(
      { closed: { $type: 'com.example.every#tree', children: [{ children: 'none' }] } },
      'closed.children[0].children: expected an array, found "…"',
    ),
  ]))

describe('[K5] an open union takes what it does not know, a closed one does not', () =>
  judges([
    ...fine({ open: { $type: 'com.example.later' } }, { open: { $type: 'com.example.later#kind', name: 1 } }),
    wrong({ open: 'text' }, 'open: expected an object with a `$type`, found "…"'),
    wrong({ open: [] }, 'open: expected an object with a `$type`, found an array of 0'),
    wrong({ open: null }, 'open: expected an object with a `$type`, found null'),
    wrong({ open: { $link: LINK } }, 'open: expected an object with a `$type`, found an object'),
    wrong(
      { closed: { $type: 'com.example.later' } },
      'closed.$type: expected one of com.example.every#view, com.example.every#tree, found "com.example.later"',
    ),
  ]))

describe('[K5] an object is no array, bytes, link or blob', () =>
  judges([
    ...fine({ view: {} }),
    ...[[], { $bytes: 'AAAA' }, { $link: LINK }, BLOB].map((view) =>
      wrong(
        { view },
        `view: expected an object, which is no array, bytes, link or blob, found ${Array.isArray(view) ? 'an array of 0' : 'an object'}`,
      ),
    ),
  ]))

describe('[K6] counts bytes of UTF-8, and graphemes, but no UTF-16', () =>
  judges([
    ...fine({ needed: 'éééééé' }, { needed: '😀😀😀' }, { nullable: '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧' }, { notNullable: '🇩🇪🇫🇷' }),
    wrong({ needed: 'éééééée' }, 'needed: expected at most 12 bytes of UTF-8, found 13'),
    wrong({ needed: '😀😀😀a' }, 'needed: expected at most 12 bytes of UTF-8, found 13'),
    wrong({ needed: 'a' }, 'needed: expected at least 2 bytes of UTF-8, found 1'),
    wrong({ nullable: '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧a' }, 'nullable: expected at most 3 graphemes, found 4'),
    wrong({ notNullable: '🇩🇪' }, 'notNullable: expected at least 2 graphemes, found 1'),
    wrong({ bytes: { $bytes: 'AAAAAAAAAAAA' } }, 'bytes: expected at most 8 bytes, found 9'),
    wrong({ bytes: { $bytes: 'AAAAAAAAAAAAAA==' } }, 'bytes: expected at most 8 bytes, found 10'),
    wrong({ bytes: { $bytes: '' } }, 'bytes: expected at least 1 byte, found 0'),
    wrong({ list: [] }, 'list: expected at least 1 item, found 0'),
    wrong({ list: [{}, {}, {}, {}] }, 'list: expected at most 3 items, found 4'),
  ]))

describe('[K7] known values are open, others are closed', () =>
  judges([
    ...fine(
      { known: 'three' },
      { oneOf: 'two' },
      { only: 'only' },
      { oneOfIntegers: 3 },
      { onlyInteger: 7 },
      { yes: true },
    ),
    wrong({ oneOf: 'three' }, 'oneOf: expected one of one, two, found "three"'),
    wrong({ only: 'other' }, 'only: expected only, found "other"'),
    wrong({ oneOfIntegers: 4 }, 'oneOfIntegers: expected one of 1, 2, 3, found 4'),
    wrong({ onlyInteger: 8 }, 'onlyInteger: expected 7, found 8'),
    wrong({ yes: false }, 'yes: expected true, found false'),
  ]))

test('[K7] adds no defaults to what is checked', () => {
  const record = { ...RECORD }
  validator([EVERY_FIELD]).record('com.example.every', record)
  expect(record).toEqual(RECORD)
})

const NO_INTEGER = 'expected an integer of at most 53 bits: the data model has no other numbers'
describe('[K8] numbers are integers of 53 bits, anywhere', () =>
  judges([
    ...fine({ any: 123.0 }, { any: Number.MAX_SAFE_INTEGER }, { any: Number.MIN_SAFE_INTEGER }, { any: -0 }),
    wrong({ any: 1.5 }, `any: ${NO_INTEGER}, found 1.5`),
    wrong({ any: 2 ** 53 }, `any: ${NO_INTEGER}, found 9007199254740992`),
    wrong({ unknown: { deep: [0.1] } }, `unknown.deep[0]: ${NO_INTEGER}, found 0.1`),
    wrong({ later: -(2 ** 53) }, `later: ${NO_INTEGER}, found -9007199254740992`),
    wrong({ later: Number.NaN }, `later: ${NO_INTEGER}, found NaN`),
    wrong({ integer: 10 }, 'integer: expected at most 9, found 10'),
    wrong({ integer: -3 }, 'integer: expected at least -2, found -3'),
    wrong({ integer: '1' }, 'integer: expected an integer, found "1"'),
  ]))

const NO_BYTES = 'expected bytes: { $bytes } alone, with base64 in it, found an object'
describe('[K9] bytes are base64, padded or not, and nothing else', () =>
  judges([
    ...fine(
      { bytes: { $bytes: 'AQI' } },
      { bytes: { $bytes: 'AQI=' } },
      { bytes: { $bytes: 'AQ==' } },
      { bytes: { $bytes: '+/+/' } },
    ),
    ...['-_-_', 'AQI==', 'AQ=', 'A', 'A QI', 'AQ=I', '====', 'AQI\n'].map(($bytes) =>
      wrong({ bytes: { $bytes } }, `bytes: ${NO_BYTES}`),
    ),
    wrong({ bytes: { $bytes: 'AQI', other: 1 } }, `bytes: ${NO_BYTES}`),
    wrong({ unknown: { deep: { $bytes: 1 } } }, `unknown.deep: ${NO_BYTES}`),
    wrong({ bytes: 'AQI' }, 'bytes: expected bytes: { $bytes }, with base64 in it, found "…"'),
  ]))

const NO_LINK = 'expected a link: { $link } alone, with a CIDv1 by sha-256 in base32 in it, found an object'
describe('[K9] links are CIDs of version 1 by sha-256, and nothing else', () =>
  judges([
    ...fine({ link: { $link: LINK } }, { link: { $link: CBOR_LINK } }),
    ...[
      'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n',
      'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
      LINK.toUpperCase(),
      LINK.slice(0, -1),
      `${LINK.slice(0, -1)}b`,
      '',
    ].map(($link) => wrong({ link: { $link } }, `link: ${NO_LINK}`)),
    wrong({ link: { $link: LINK, $type: 'x' } }, `link: ${NO_LINK}`),
    wrong({ later: [{ $link: 'x' }] }, `later[0]: ${NO_LINK}`),
    wrong({ link: LINK }, 'link: expected a link: { $link }, with a CID in it, found "…"'),
  ]))

describe('[K11] what is unknown is an object of the data model', () =>
  judges([
    ...fine({ unknown: {} }, { unknown: { $type: 'com.example.later', list: [null, { $link: LINK }, BLOB] } }),
    wrong({ unknown: 'text' }, 'unknown: expected an object, found "…"'),
    wrong({ unknown: null }, 'unknown: expected an object, found null'),
    ...[[], { $bytes: 'AAAA' }, { $link: LINK }, BLOB].map((unknown) =>
      wrong(
        { unknown },
        `unknown: expected an object, which is no array, bytes, link or blob, found ${Array.isArray(unknown) ? 'an array of 0' : 'an object'}`,
      ),
    ),
    wrong(
      { list: [{}, { $link: LINK }] },
      'list[1]: expected an object, which is no array, bytes, link or blob, found an object',
    ),
    wrong({ unknown: { a: { b: 0.5 } } }, `unknown.a.b: ${NO_INTEGER}, found 0.5`),
  ]))

const levels = (count: number): object => (count === 0 ? {} : { a: levels(count - 1) })
describe('[K15] a record is nested at most 32 deep', () =>
  judges([
    ...fine({ unknown: levels(30) }, { later: levels(30) }, { unknown: { ...levels(30), link: { $link: LINK } } }),
    [{ unknown: levels(31) }, 'record: expected objects and arrays nested at most 32 deep, found an object'],
    [{ later: [levels(30)] }, 'record: expected objects and arrays nested at most 32 deep, found an object'],
  ]))

test('[K15] mends nothing: what is wrong in one place is refused as it is', () => {
  const record = { ...RECORD, maybe: 'false', integer: '1', needed: '  ab  ' }
  const before = structuredClone(record)
  expect(() => validator([EVERY_FIELD]).record('com.example.every', record)).toThrow(TypeError)
  expect(record).toEqual(before)
})

describe('[K16] takes fields with $ that nobody knows', () =>
  judges([
    ...fine({ $future: 1 }, { unknown: { $future: { $more: 'a' } } }, { file: { ...BLOB, ref: { $link: LINK } } }),
    wrong(
      { unknown: { $type: 1 } },
      'unknown.$type: expected the name of a definition, such as com.example.defs#view, found 1',
    ),
    wrong(
      { later: { $type: '' } },
      'later.$type: expected the name of a definition, such as com.example.defs#view, found ""',
    ),
  ]))

test('refuses to judge a record of a collection that no document has', () => {
  const validate = validator([EVERY_FIELD])
  for (const collection of [
    'com.example.other',
    'com.example.every#view',
    'com.example.every#a#b',
    'not an nsid',
    '',
  ]) {
    expect(() => validate.record(collection, RECORD)).toThrow(
      /^collection: expected the NSID of a record among the documents/,
    )
    expect(() => validate.findMistake(collection, RECORD)).toThrow(TypeError)
  }
})

test('refuses a record that is none', () => {
  const validate = validator([EVERY_FIELD])
  expect(() => validate.record('com.example.every', null)).toThrow(
    'record: expected a record, which is an object, found null',
  )
  expect(() => validate.record('com.example.every', [RECORD])).toThrow(
    'record: expected a record, which is an object, found an array of 1',
  )
})

test('says nothing of a text that could be a secret', () => {
  expect(mistakeWith({ list: 'correct horse' })).not.toContain('correct horse')
  expect(mistakeWith({ needed: 'correct horse battery' })).not.toContain('correct horse')
})
