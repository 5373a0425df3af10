import { countBytes, isBytes } from './data-model-forms.ts'
import type { Json } from './data-model.ts'
import { followPath } from './follow-path.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { fieldAt, InvalidValue, told } from './validation-problem.ts'

/** What a message of @atproto/lexicon says, in our words. */
interface Reading {
  /** How its sentence goes on after the path. */
  readonly pattern: RegExp
  /** What was expected, by what the pattern caught. */
  readonly expected: (caught: string) => string
  /** What to tell of the value, where it is not the value itself. */
  readonly found?: (value: Json | undefined) => unknown
  /** The field beneath, where the sentence is about that one. */
  readonly field?: (caught: string) => string
}

const FORMATS: Readonly<Record<string, string>> = {
  'an valid atproto datetime (both RFC-3339 and ISO-8601)': 'a datetime such as 2026-01-31T12:00:00.000Z',
  'a uri': 'a URI such as https://example.com/',
  'a valid at-uri': 'an AT URI such as at://did:plc:…/com.example.note/…',
  'a valid did': 'a DID such as did:plc:… or did:web:example.com',
  'a valid handle': 'a handle such as alice.example.com',
  'a valid did or a handle': 'a handle such as alice.example.com, or a DID',
  'a valid nsid': 'an NSID such as com.example.note',
  'a cid string': 'a CID',
  'a well-formed BCP 47 language tag': 'a language tag such as en or pt-BR',
  'a valid TID': 'a TID: 13 letters and digits, such as 3jzfcijpj2z2a',
  'a valid Record Key': 'a record key: 1 to 512 of A-Z a-z 0-9 . _ : ~ -, neither . nor ..',
}

const READINGS: readonly Reading[] = [
  { pattern: /^must be an array$/, expected: () => 'an array', found: told },
  { pattern: /^must be an object$/, expected: () => 'an object', found: told },
  { pattern: /^must be a string$/, expected: () => 'a string', found: told },
  { pattern: /^must be a boolean$/, expected: () => 'a boolean' },
  { pattern: /^must be an integer$/, expected: () => 'an integer' },
  { pattern: /^must be a byte array$/, expected: () => 'bytes: { $bytes }, with base64 in it', found: told },
  { pattern: /^must be a CID$/, expected: () => 'a link: { $link }, with a CID in it', found: told },
  { pattern: /^should be a blob ref$/, expected: () => 'a blob, as `uploadBlob` gives it', found: told },
  {
    pattern: /^must have the property "([^]*)"$/,
    expected: () => 'a value, since it is required',
    found: () => undefined,
    field: (name) => name,
  },
  {
    pattern: /^must be an object which includes the "\$type" property$/,
    expected: () => 'an object with a `$type`',
    found: told,
  },
  {
    pattern: /^\$type must be one of ([^]*)$/,
    expected: (refs) => `one of ${refs.replaceAll('lex:', '')}`,
    found: (value) => (isJsonObject(value) ? value['$type'] : undefined),
    field: () => '$type',
  },
  { pattern: /^must be one of \(([^]*)\)$/, expected: (values) => `one of ${values.split('|').join(', ')}` },
  { pattern: /^can not be greater than (\S+)$/, expected: (limit) => `at most ${limit}` },
  { pattern: /^can not be less than (\S+)$/, expected: (limit) => `at least ${limit}` },
  {
    pattern: /^must not be longer than (\d+) characters$/,
    expected: (limit) => `at most ${count(limit, 'byte')} of UTF-8`,
    found: utf8Bytes,
  },
  {
    pattern: /^must not be shorter than (\d+) characters$/,
    expected: (limit) => `at least ${count(limit, 'byte')} of UTF-8`,
    found: utf8Bytes,
  },
  {
    pattern: /^must not be longer than (\d+) graphemes$/,
    expected: (limit) => `at most ${count(limit, 'grapheme')}`,
    found: graphemes,
  },
  {
    pattern: /^must not be shorter than (\d+) graphemes$/,
    expected: (limit) => `at least ${count(limit, 'grapheme')}`,
    found: graphemes,
  },
  {
    pattern: /^must not be larger than (\d+) bytes$/,
    expected: (limit) => `at most ${count(limit, 'byte')}`,
    found: bytes,
  },
  {
    pattern: /^must not be smaller than (\d+) bytes$/,
    expected: (limit) => `at least ${count(limit, 'byte')}`,
    found: bytes,
  },
  {
    pattern: /^must not have more than (\d+) elements$/,
    expected: (limit) => `at most ${count(limit, 'item')}`,
    found: items,
  },
  {
    pattern: /^must not have fewer than (\d+) elements$/,
    expected: (limit) => `at least ${count(limit, 'item')}`,
    found: items,
  },
  { pattern: /^must be ([^]*)$/, expected: (what) => FORMATS[what] ?? what },
]

/**
 * Says in our words what @atproto/lexicon says of a value, whose message begins with the path into it.
 *
 * @param root the value, and `field` what it is called
 */
export function readMessage(message: string, root: Json, field: string): InvalidValue {
  const [, path = ''] = /^[^/ ]+([^]*)$/.exec(message) ?? []
  for (const { at, value, sentence } of followPath(path, root, field)) {
    for (const { pattern, expected, found, field: beneath } of READINGS) {
      const caught = pattern.exec(sentence)
      if (!caught) continue
      const [, detail = ''] = caught
      return new InvalidValue(
        beneath ? fieldAt(at, beneath(detail)) : at,
        expected(detail),
        found ? found(value) : value,
      )
    }
  }
  return new InvalidValue(field, `what its lexicon says (${message})`, told(root))
}

function count(limit: string, unit: string): string {
  return limit === '1' ? `1 ${unit}` : `${limit} ${unit}s`
}

function utf8Bytes(value: Json | undefined): unknown {
  return typeof value === 'string' ? new TextEncoder().encode(value).length : told(value)
}

function graphemes(value: Json | undefined): unknown {
  return typeof value === 'string' ? Array.from(new Intl.Segmenter().segment(value)).length : told(value)
}

function bytes(value: Json | undefined): unknown {
  return isJsonObject(value) && isBytes(value) ? countBytes(value) : value
}

function items(value: Json | undefined): unknown {
  return Array.isArray(value) ? value.length : value
}
