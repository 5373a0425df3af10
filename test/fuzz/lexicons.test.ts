import { schemas } from '@atproto/api'
import { jsonToLex, type LexiconDoc, Lexicons } from '@atproto/lexicon'
import { validator } from 'atproof/lexicon'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EVERY_FIELD } from './every-field.ts'
import { fuzz } from './fuzz.ts'
import { DIFFERENCES, type Difference, differencesIn } from './lexicon-differences.ts'
import { nest, spoilt } from './lexicon-odd-values.ts'
import type { Json } from './lexicon-scalars.ts'
import { valueOf } from './lexicon-values.ts'

const DOCUMENTS: readonly unknown[] = [...schemas, EVERY_FIELD]
const lexicons = new Lexicons(DOCUMENTS.map((document) => structuredClone(document) as LexiconDoc))
const ours = validator(DOCUMENTS)
const collections = [...lexicons].map(({ id }) => id).filter((id) => lexicons.getDef(id)?.type === 'record')

/** How many records of each collection are drawn. */
const CASES = 200

/** What @atproto/lexicon says of a record in JSON. */
function isTakenThere(collection: string, value: Json): boolean {
  try {
    lexicons.assertValidRecord(collection, jsonToLex(value))
    return true
  } catch {
    return false
  }
}

function recordOf(collection: string): fc.Arbitrary<Json> {
  const fields = valueOf(lexicons, lexicons.getDefOrThrow(collection, ['record']))
  return fields.map((value) => Object.assign({}, value, { $type: collection }))
}

/** Whether a path leads to a place in a value, of which the last step may be missing. */
function leadsSomewhere(path: string, value: Json): boolean {
  const steps = Array.from(
    path.matchAll(/\.([\w$-]+)|\[(\d+)\]|\[("[^]*?")\]/g),
    ([, name, index]) => name ?? index,
  )
  let current: unknown = value
  for (const step of steps.slice(0, -1)) {
    if (typeof current !== 'object' || current === null || step === undefined) return step === undefined
    current = Reflect.get(current, step)
  }
  return steps.length === 0 || (typeof current === 'object' && current !== null)
}

test('there are records to be judged, of real lexicons', () => {
  expect(collections.length).toBeGreaterThan(20)
})

const EVERY = { $type: 'com.example.every', needed: 'ab', integer: 1 }
const LINK = 'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const BLOB = { $type: 'blob', ref: { $link: LINK }, mimeType: 'image/png', size: 1 }

/** A record for each kind of difference, which has that one alone. */
const EXAMPLES: Readonly<Record<Difference, readonly [field: string, record: Json]>> = {
  fraction: ['record.other.deep[0]', { ...EVERY, other: { deep: [0.5] } }],
  large: ['record.any', { ...EVERY, any: 2 ** 53 }],
  bytes: ['record.unknown.data', { ...EVERY, unknown: { data: { $bytes: 'a-_b' } } }],
  link: ['record.link', { ...EVERY, link: { $link: 'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n' } }],
  blob: ['record.file.size', { ...EVERY, file: { ...BLOB, size: -1 } }],
  accept: ['record.image.mimeType', { ...EVERY, image: { ...BLOB, mimeType: 'text/html' } }],
  maxSize: ['record.image.size', { ...EVERY, image: { ...BLOB, size: 1_000_001 } }],
  unknown: ['record.unknown', { ...EVERY, unknown: { $link: LINK } }],
  object: ['record.view', { ...EVERY, view: { $bytes: 'AAAA' } }],
  type: ['record.unknown.$type', { ...EVERY, unknown: { $type: '' } }],
  recordType: ['record.$type', { ...EVERY, $type: 'lex:com.example.every' }],
  datetime: ['record.datetime-text', { ...EVERY, 'datetime-text': '2026-01-31T12:00:00' }],
  uri: ['record.uri-text', { ...EVERY, 'uri-text': `https://example.com/${'a'.repeat(8192)}` }],
  depth: ['record', { ...EVERY, unknown: nest(32, false) }],
}

test.each(Object.keys(EXAMPLES) as Difference[])('refuses what @atproto/lexicon takes: %s', (difference) => {
  const [field, record] = EXAMPLES[difference]
  expect(isTakenThere('com.example.every', record), DIFFERENCES[difference]).toBe(true)
  expect([...differencesIn(lexicons, 'com.example.every', record)]).toEqual([difference])
  expect(ours.findMistake('com.example.every', record)).toMatchObject({ field })
})

describe.each(collections)('%s', (collection) => {
  const whole = recordOf(collection)
  const values = fc.oneof({ weight: 1, arbitrary: whole }, { weight: 3, arbitrary: spoilt(whole) })

  fuzz(
    '[K2] [K3] [K5] [K6] [K7] [K12] is judged as @atproto/lexicon judges it, but for the differences that are named',
    CASES,
    values,
    (value) => {
      const before = structuredClone(value)
      const differences = differencesIn(lexicons, collection, value)
      const mistake = ours.findMistake(collection, value)
      const facts = { value, differences: [...differences], mistake: mistake?.message }
      expect({ ...facts, isTaken: mistake === undefined }).toEqual({
        ...facts,
        isTaken: isTakenThere(collection, value) && differences.size === 0,
      })
      if (mistake)
        expect({ ...facts, leads: leadsSomewhere(mistake.field, value) }).toEqual({ ...facts, leads: true })
      expect(value).toEqual(before)
    },
  )
})
