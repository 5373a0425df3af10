import { describe, expect, test } from 'vitest'
import { LINK, mistakeWith } from './validation-scene.ts'

interface Format {
  readonly fine: readonly string[]
  readonly wrong: readonly string[]
  /** What its message says belongs there. */
  readonly expected: string
}

const RKEY = 'a record key: 1 to 512 of A-Z a-z 0-9 . _ : ~ -, neither . nor ..'
const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

const FORMATS: Readonly<Record<string, Format>> = {
  datetime: {
    fine: [
      '2026-01-31T12:00:00Z',
      '2026-01-31T12:00:00.123456789Z',
      '2026-01-31T12:00:00+05:45',
      '2026-01-31T12:00:00.000-11:30',
      '2016-12-31T23:59:60Z',
    ],
    wrong: [
      '2026-01-31T12:00:00',
      '2026-01-31 12:00:00Z',
      '2026-01-31T12:00Z',
      '2026-01-31t12:00:00z',
      '2026-01-31T12:00:00-00:00',
      '2026-01-31T12:00:00+0545',
      '2026-01-31T24:00:00Z',
      '2026-13-31T12:00:00Z',
      '20260131T120000Z',
      '2026-01-31',
      '0000-01-01T00:00:00+01:00',
    ],
    expected: 'a datetime such as 2026-01-31T12:00:00.000Z',
  },
  uri: {
    fine: ['https://example.com/', 'mailto:alice@example.com', 'at://did:plc:a', `dns:${'a'.repeat(8188)}`],
    wrong: ['example.com', 'https://', 'a b:c'],
    expected: 'a URI such as https://example.com/',
  },
  'at-uri': {
    fine: [`at://${DID}`, 'at://alice.invalid/com.example.note', `at://${DID}/com.example.note/self`],
    wrong: [
      `at://${DID}/`,
      'at://',
      `https://${DID}`,
      `at://${DID}/note`,
      `at://${DID}/com.example.note/..`,
      `at://${DID}/com.example.note/${'a'.repeat(8200)}`,
    ],
    expected: 'an AT URI such as at://did:plc:…/com.example.note/…',
  },
  did: {
    fine: [DID, 'did:web:localhost%3A2583', 'did:unheard:of'],
    wrong: ['did:plc:', 'DID:plc:abc', 'did:plc:a/b', 'alice.example.com'],
    expected: 'a DID such as did:plc:… or did:web:example.com',
  },
  handle: {
    fine: ['alice.example.com', 'ALICE.test', 'a.b', 'handle.invalid', 'x.local'],
    wrong: ['alice', '@alice.example.com', 'alice.example.1', `${'a'.repeat(64)}.com`],
    expected: 'a handle such as alice.example.com',
  },
  'at-identifier': {
    fine: ['alice.onion', DID],
    wrong: ['alice', 'did:plc', '@alice.example.com'],
    expected: 'a handle such as alice.example.com, or a DID',
  },
  nsid: {
    fine: ['com.example.note', `com.${'a'.repeat(60)}.${'b'.repeat(60)}.note`, 'a-0.b-1.c'],
    wrong: ['com.example', 'com.example.3', 'com.example.note#view', 'com.example.*', `${'a.'.repeat(158)}ab`],
    expected: 'an NSID such as com.example.note',
  },
  cid: {
    fine: [LINK, 'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n'],
    wrong: ['x', '', LINK.slice(0, 20)],
    expected: 'a CID',
  },
  language: {
    fine: ['en', 'pt-BR', 'zh-Hant-TW', 'i-navajo'],
    wrong: ['e', 'english language', '-en'],
    expected: 'a language tag such as en or pt-BR',
  },
  tid: {
    fine: ['3jzfcijpj2z2a', '7777777777777'],
    wrong: ['3jzfcijpj2z2', 'zzzzzzzzzzzzz', '3JZFCIJPJ2Z2A', '0000000000000'],
    expected: 'a TID: 13 letters and digits, such as 3jzfcijpj2z2a',
  },
  'record-key': {
    fine: ['self', 'a', '~1.2-3_', 'pre:fix', 'a'.repeat(512)],
    wrong: ['', '.', '..', 'a/b', 'a b', 'a'.repeat(513)],
    expected: RKEY,
  },
}

describe.each(Object.entries(FORMATS))('%s', (format, { fine, wrong, expected }) => {
  test.each(fine)('[K12] [K13] takes %j', (text) => {
    expect(mistakeWith({ [`${format}-text`]: text })).toBeUndefined()
  })

  test.each(wrong)('[K13] refuses %j', (text) => {
    expect(mistakeWith({ [`${format}-text`]: text })).toContain(
      `record.${format}-text: expected ${expected}, found "`,
    )
  })
})

/** What is said of a URI with so many letters of two bytes each. */
function refusalOfUri(letters: number): string | undefined {
  return mistakeWith({ 'uri-text': `dns:${'é'.repeat(letters)}` })
}

test('[K13] refuses a URI of more than 8 KiB, counted in bytes', () => {
  expect(refusalOfUri(4094)).toBeUndefined()
  expect(refusalOfUri(4095)).toContain('record.uri-text: expected a URI of at most 8192 bytes')
})
