import { expectThat } from './expect.ts'
import { expectListings } from './listing-cases.ts'
import { create, expectNothing, expectStored, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'
import { randomText } from './value-cases.ts'

/** What paths, patterns, encodings, queries and file systems read as something else, or as the same. */
const ODD = [
  [
    '.',
    '..',
    '...',
    '../x',
    '../../etc/passwd',
    'a/../b',
    'a/./b',
    './a',
    '~',
    '-',
    '--help',
    '.hidden',
    'a.',
    'a.tmp',
  ],
  ['a', 'a/', 'a//', '/a', '//a', '/', '//', 'a/b', 'a//b', 'a/b/', 'a\\b', 'a\\', 'C:\\a', '\\\\host\\a'],
  ['%', '%%', '%2F', '%2f', 'a%2Fb', 'a%252Fb', '%00', '%zz', 'a+b', 'a b', 'a%20b', ' a', 'a ', ' '],
  [
    '*',
    '?',
    '[a]',
    '[!a]',
    '{a,b}',
    'a*',
    'a?',
    '_',
    'a_',
    '^a$',
    '(a|b)',
    '#',
    '&',
    '=',
    ';',
    ',',
    '|',
    '<>',
    '!',
  ],
  ["'", '"', '`', "a'b", "' or ''='", '$1', '$a', '${a}', '$(a)', '{atproof}', '{}', '@', ':', 'a:b', '::'],
  ['\n', 'a\nb', 'a\r\nb', 'a\tb', '\u0001', '\u007f', '\u0085', '\u2028', '\ufeff', 'a\u00adb', 'a\u200bb'],
  [
    'ä',
    'a\u0308',
    'Ä',
    'é',
    'e\u0301',
    'ﬁ',
    'fi',
    'ß',
    'SS',
    'ss',
    'ı',
    'i',
    'İ',
    'I',
    'Å',
    '\u212b',
    'Σ',
    'ς',
    'σ',
  ],
  [
    '🔑',
    '🔑/🔒',
    '👩‍👩‍👧',
    '\u{10ffff}',
    '\uffff',
    '\ue000',
    '日本',
    'שלום',
    'مرحبا',
    'Α',
    'A',
    'А',
    'aA',
    'Aa',
    'AA',
    'aa',
  ],
  [
    'con',
    'CON',
    'nul',
    'aux.txt',
    'com1',
    '__proto__',
    'constructor',
    'prototype',
    'length',
    'null',
    'undefined',
    '0',
  ],
  ['00', '1', '01', '1.0', 'NaN', 'true', 'session', 'session/', 'session/did:web:example.com%3A8080/x_-1'],
].flat()

const LONGEST_KEY = 2300

/** What a key may be. */
export const keyCases: readonly SuiteCase[] = [
  {
    title: 'keeps keys of any characters apart',
    async run({ storage }) {
      expectThat(new Set(ODD).size === ODD.length, 'different keys in this case', 'one twice')
      const versions: string[] = []
      for (const [at, key] of ODD.entries()) {
        await expectNothing(storage, key, `${JSON.stringify(key)}, which nobody created`)
        versions.push(await create(storage, key, { at }))
      }
      for (const [at, key] of ODD.entries()) await expectStored(storage, key, { at }, versions[at])
      for (const [at, key] of ODD.entries()) {
        const ifVersion = versions[at] ?? ''
        if (at % 2 === 0) await replace(storage, key, { at, again: true }, ifVersion)
        else expectThat(await storage.delete(key, { ifVersion }), 'a delete of what stands there', 'none')
      }
      for (const [at, key] of ODD.entries()) {
        if (at % 2 === 0) await expectStored(storage, key, { at, again: true })
        else await expectNothing(storage, key, 'that was deleted')
      }
    },
  },
  {
    title: 'lists keys of any characters as they were given, by any prefix of them',
    async run({ storage }) {
      for (const key of ODD) await create(storage, key, true)
      const beginnings = ODD.map((key) => [...key].slice(0, -1).join(''))
      await expectListings(storage, ODD, [...new Set(['', ...ODD, ...beginnings])])
    },
  },
  {
    title: `keeps and lists keys of ${LONGEST_KEY} characters that differ in the last one`,
    async run({ storage }) {
      const start = `session/did:web:${randomText(LONGEST_KEY - 18)}/`
      const keys = ['a', 'A', 'b'].map((end) => start + end)
      for (const [at, key] of keys.entries()) await create(storage, key, at)
      for (const [at, key] of keys.entries()) await expectStored(storage, key, at)
      await expectNothing(storage, `${start}c`, 'that nobody created')
      await expectListings(storage, keys, ['', 'session/', start, ...keys, `${start}c`])
    },
  },
]
