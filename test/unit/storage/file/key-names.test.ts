import { expect, test } from 'vitest'
import { couldBegin, keyNames, keyOfNames, prefixNames } from '../../../../src/storage/file/key-names.ts'

const LONG_DID = `did:web:${'Example%3A'.repeat(200)}com`

const KEYS = [
  'session/did:plc:alice/1',
  'session/did:plc:alice/A-_b',
  'session/did:web:localhost%3A2583/Q',
  'a',
  'A',
  'a/b',
  'a/B',
  'a/',
  '/a',
  '//',
  '',
  '.',
  '..',
  '../..',
  '.removed',
  'con',
  'con.entry',
  'con%',
  'COM1',
  '%',
  '%41',
  '1.json',
  'a.entry/b',
  '~',
  'é',
  'e\u0301',
  '😀/\u0001 *?"<>|\\:',
  'x'.repeat(134),
  'a/b/c/d/e/f/g/h',
  'a/b/c/d/e/f/g/h/i/j',
  'a/b/c/d/e/f/g/h%2fi/j',
]

test('keys have folders that no other key has, whatever the case of their letters counts for', () => {
  const paths = [...KEYS, LONG_DID, `${LONG_DID}/`, 'x'.repeat(135)].map((key) => keyNames(key).join('/'))
  expect(new Set(paths.map((path) => path.toLowerCase().normalize('NFD'))).size).toBe(paths.length)
})

test.each(KEYS)('%j can be told from the names of its folders', (key) => {
  expect(keyOfNames(keyNames(key))).toBe(key)
})

test('the folders of a key can be read by a person', () => {
  expect(keyNames('session/did:plc:alice/k3_Q')).toEqual(['session', 'did%3aplc%3aalice', 'k3_%51.entry'])
})

test.each([...KEYS, LONG_DID, `session/${LONG_DID}/1`, '/'.repeat(3000), '😀'.repeat(5000)])(
  'no name of a key is special, too long, or one of ours: %#',
  (key) => {
    const names = keyNames(key)
    expect(names.length).toBeLessThanOrEqual(8)
    for (const name of names) {
      expect(name).toMatch(/^[a-z0-9_%~-]{1,134}(\.entry)?$/)
      expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/)
    }
    expect(names.findIndex((name) => name.endsWith('.entry'))).toBe(names.length - 1)
  },
)

test('a key whose name is hashed is not told from it, nor is one from the names of others', () => {
  expect(keyOfNames(keyNames(LONG_DID))).toBeUndefined()
  expect(keyOfNames(['Session', 'x.entry'])).toBeUndefined()
  expect(keyOfNames(['%zz.entry'])).toBeUndefined()
  expect(keyOfNames(['%ff.entry'])).toBeUndefined()
})

test('every key is found by every prefix of it', () => {
  for (const key of [...KEYS, `session/${LONG_DID}/1`, '/'.repeat(30)]) {
    for (let length = 0; length <= key.length; length++) {
      const { folders, rest } = prefixNames(key.slice(0, length))
      const names = keyNames(key)
      expect(names.slice(0, folders.length)).toEqual(folders)
      expect(couldBegin(names[folders.length] ?? '', rest), `${key}, ${length}`).toBe(true)
    }
  }
})

test('an account with a long name is looked for in its own folder', () => {
  const { folders } = prefixNames(`session/${LONG_DID}/`)
  expect(folders).toEqual(keyNames(`session/${LONG_DID}/1`).slice(0, 2))
  expect(couldBegin(keyNames(`did:web:${'x'.repeat(200)}`)[0] ?? '', 'did%3aplc')).toBe(false)
})

test('a key that no file can hold is a mistake of the caller', () => {
  expect(() => keyNames('a\uD800')).toThrow(TypeError)
  expect(() => keyNames('a\uD800')).toThrow('well-formed')
})
