import { isType } from 'atproof'
import { expect, test } from 'vitest'

const LINK = 'com.example.memo.link'
const PICTURES = 'com.example.memo.media#pictures'

test('[K5] tells the kinds of a union by their `$type`', () => {
  expect(isType({ $type: LINK, url: 'https://x.test' }, LINK)).toBe(true)
  expect(isType({ $type: PICTURES, files: [] }, PICTURES)).toBe(true)
  expect(isType({ $type: PICTURES, files: [] }, LINK)).toBe(false)
  expect(isType({ $type: 'com.example.unknown' }, LINK)).toBe(false)
})

test('[K5] looks at nothing but the `$type`', () => {
  expect(isType({ $type: LINK }, LINK)).toBe(true)
})

test.each([
  [{ url: 'https://x.test' }],
  [{ $type: undefined }],
  [{ $type: null }],
  [{ $type: [LINK] }],
  [{ $type: '' }],
  [{ $type: `${LINK}#` }],
  [{ $type: `${LINK}#other` }],
  [{ $type: `${LINK}#main#main` }],
  [{ $type: LINK.toUpperCase() }],
  [LINK],
  [[{ $type: LINK }]],
  [null],
  [undefined],
])('[K5] %j is of no kind', (value) => {
  expect(isType(value, LINK)).toBe(false)
})

test('[K4] passes over a #main, of a main definition only', () => {
  expect(isType({ $type: `${LINK}#main` }, LINK)).toBe(true)
  // @ts-expect-error names of the registry have none
  expect(isType({ $type: LINK }, `${LINK}#main`)).toBe(true)
  expect(isType({ $type: `${PICTURES}#main` }, PICTURES)).toBe(false)
})

test('a record is told by its collection', () => {
  expect(isType({ $type: 'com.example.memo', text: 'x' }, 'com.example.memo')).toBe(true)
  expect(isType({ $type: 'com.example.memo', text: 'x' }, LINK)).toBe(false)
})
