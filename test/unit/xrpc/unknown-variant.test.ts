import { unknownVariant } from 'atproof'
import { expect, test } from 'vitest'

test('[K5] makes what an open union takes beside its own kinds, all of its fields kept', () => {
  const song = { $type: 'com.example.other#song', title: 'Oats', $unknown: null }
  expect(unknownVariant(song)).toStrictEqual(song)
  expect(unknownVariant({ $type: 'com.example.other' })).toStrictEqual({ $type: 'com.example.other' })
})

test.each([
  [''],
  ['song'],
  ['#song'],
  ['com.example.other#'],
  ['com.example.other#main'],
  ['com.example.other#one#two'],
  ['com.example.other#so ng'],
  ['com.example.other#song\n'],
  [7],
  [undefined],
])('[K4] refuses %o as a `$type`', ($type) => {
  // @ts-expect-error one that is no text, too
  expect(() => unknownVariant({ $type })).toThrow(
    new TypeError(
      `$type: expected the name of a definition, such as com.example.defs#view, found ${JSON.stringify($type)}`,
    ),
  )
})
