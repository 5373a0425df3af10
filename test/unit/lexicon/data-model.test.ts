import { expect, test } from 'vitest'
import { MAX_DEPTH, readDataModel } from '../../../src/lexicon/data-model.ts'
import { LINK } from './validation-scene.ts'

const read = (value: unknown) => readDataModel(value, 'input', MAX_DEPTH)

/** What is wrong with a value, in a line. */
function refusalOf(value: unknown): string | undefined {
  try {
    read(value)
    return undefined
  } catch (error) {
    return error instanceof Error && 'field' in error ? `${String(error.field)}: ${error.message}` : String(error)
  }
}

test('[K15] gives a copy of what JSON would send, without fields that are undefined', () => {
  const value = {
    a: [1, 'b', null, true],
    gone: undefined,
    link: { $link: LINK },
    nothing: Object.create(null) as unknown,
  }
  const copy = read(value)
  expect(copy).toEqual({ a: [1, 'b', null, true], link: { $link: LINK }, nothing: {} })
  expect(JSON.stringify(copy)).toBe(JSON.stringify(value))
  expect(copy).not.toBe(value)
})

test('takes what says itself what it is in JSON', () => {
  const date = new Date('2026-01-31T12:00:00Z')
  const blob = { toJSON: () => ({ $link: LINK }) }
  expect(read({ date, url: new URL('https://example.com/'), blob })).toEqual({
    date: '2026-01-31T12:00:00.000Z',
    url: 'https://example.com/',
    blob: { $link: LINK },
  })
})

test.each([
  [
    'bytes that are no JSON',
    { a: new Uint8Array(3) },
    'input.a: bytes as { $bytes }, with base64 in it, not a Uint8Array',
  ],
  ['a Map, which JSON makes nothing of', [new Map()], 'input[0]: a plain object, not a Map'],
  [
    'what says itself, and is nothing of JSON',
    {
      a: new (class Odd {
        toJSON() {
          return this
        }
      })(),
    },
    'input.a: a plain object, not a Odd',
  ],
  ['an item that is undefined, which JSON makes null', { a: [1, undefined] }, 'input.a[1]: a value that JSON has'],
  ['a function', { a: () => 1 }, 'input.a: a value that JSON has'],
  ['a bigint', { a: 1n }, 'input.a: a value that JSON has'],
  ['a symbol', { a: Symbol('a') }, 'input.a: a value that JSON has'],
  [
    'what is infinite',
    { a: Infinity },
    'input.a: an integer of at most 53 bits: the data model has no other numbers',
  ],
  ['a field __proto__', JSON.parse('{"a":{"__proto__":{"b":1}}}'), 'input.a: no field of the name __proto__'],
])('[K15] refuses %s', (_, value, refusal) => {
  expect(refusalOf(value)).toBe(refusal)
})

test('[K15] refuses an object that holds itself', () => {
  const value: Record<string, unknown> = {}
  value['self'] = value
  expect(refusalOf(value)).toBe('input: objects and arrays nested at most 32 deep')
})

test('[K15] counts the levels of objects and arrays, and none for bytes and links', () => {
  const nest = (levels: number, inner: unknown): unknown => (levels === 0 ? inner : [nest(levels - 1, inner)])
  expect(refusalOf(nest(32, 1))).toBeUndefined()
  expect(refusalOf(nest(32, { $link: LINK }))).toBeUndefined()
  expect(refusalOf(nest(32, { $bytes: '' }))).toBeUndefined()
  expect(refusalOf(nest(32, {}))).toContain('nested at most 32 deep')
  expect(refusalOf(nest(33, 1))).toContain('nested at most 32 deep')
})

test('names a field that somebody else chose so that it can be read', () => {
  expect(refusalOf({ 'odd name': { '\u202e"\n': [0.5] } })).toContain('input["odd name"]["\\u202e\\"\\n"][0]: ')
  expect(refusalOf({ ['x'.repeat(1000)]: 0.5 })).toContain(`input["${'x'.repeat(64)}…"]: `)
  expect(refusalOf(JSON.parse(`${'{"parent":'.repeat(31)}0.5${'}'.repeat(31)}`))).toMatch(
    /^input\.parent[.\w]*: an integer/,
  )
})
