import { expect, test } from 'vitest'
import {
  hasShape,
  isBoolean,
  isJsonObject,
  isNumber,
  isText,
  nullable,
  oneOf,
  optional,
} from '../../../src/syntax/shape.ts'

interface Thing {
  readonly name: string
  readonly size?: number
  readonly isOpen: boolean
  readonly parent: string | null
  readonly kind: 'a' | 'b'
}

const THING = {
  name: isText,
  size: optional(isNumber),
  isOpen: isBoolean,
  parent: nullable(isText),
  kind: oneOf('a', 'b'),
}
const thing = { name: 'x', size: 1, isOpen: false, parent: null, kind: 'a' }

test('takes a value that has every field', () => {
  expect(hasShape<Thing>(thing, THING)).toBe(true)
  expect(hasShape<Thing>({ ...thing, size: undefined, parent: 'y' }, THING)).toBe(true)
})

test('takes a value with more fields: a newer version wrote it', () => {
  expect(hasShape<Thing>({ ...thing, colour: 'red' }, THING)).toBe(true)
})

test.each([
  { ...thing, name: 1 },
  { ...thing, name: undefined },
  { ...thing, size: null },
  { ...thing, size: '1' },
  { ...thing, isOpen: 0 },
  { ...thing, parent: undefined },
  { ...thing, kind: 'c' },
  [],
  null,
  undefined,
  'text',
])('refuses %o', (value) => {
  expect(hasShape<Thing>(value, THING)).toBe(false)
})

test('[M8] takes no field from a prototype for one that is missing', () => {
  expect(hasShape<{ kind: string }>(JSON.parse('{"__proto__":{"kind":"a"}}'), { kind: oneOf('a') })).toBe(false)
})

test('tells a JSON object from arrays, null and texts', () => {
  expect([{}, { a: 1 }].map(isJsonObject)).toEqual([true, true])
  expect([[], null, undefined, 'x', 1].map(isJsonObject)).toEqual([false, false, false, false, false])
})
