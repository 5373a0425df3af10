import * as fc from 'fast-check'
import { wordOf } from './arbitraries.ts'
import { DIGITS, LETTERS, toAsciiLowerCase, TOKEN_CHARACTERS } from './grammar.ts'

/** A challenge as plain values: lower case names, the first of each name only. */
export interface PlainChallenge {
  readonly scheme: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/** A header that was written by the grammar of RFC 9110 §11.6.1, and what is to be read from it. */
export interface WrittenHeader {
  readonly header: string
  readonly challenges: readonly PlainChallenge[]
}

interface Piece {
  readonly text: string
  readonly challenge: PlainChallenge
}

const token = wordOf(TOKEN_CHARACTERS, 1, 6)
const token68 = fc
  .tuple(wordOf(`${LETTERS}${DIGITS}-._~+/`, 1, 8), fc.constantFrom('', '=', '=='))
  .map((parts) => parts.join(''))
const blanks = fc.constantFrom('', '', ' ', '\t', ' \t ')
const comma = fc.tuple(blanks, fc.constantFrom(',', ',', ',,', ', ,'), blanks).map((parts) => parts.join(''))

const scheme = fc.oneof(fc.constantFrom('DPoP', 'dpop', 'DPOP', 'Basic', 'Bearer', 'Negotiate'), token)
const name = fc.oneof(fc.constantFrom('error', 'Error', 'ERROR', 'realm', 'algs', 'scope'), token)
const errorName = fc.constantFrom('use_dpop_nonce', 'invalid_token', 'DPoP error="use_dpop_nonce"')

/** What a quoted string may hold: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.6.4). */
const quotable = fc.oneof(
  fc.constantFrom('"', '\\', ',', '=', ' ', '\t'),
  fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
)
const quotedText = fc.oneof(errorName, fc.string({ unit: quotable, maxLength: 10 }))

/** A value as it is meant and as it is written. */
const value = fc.oneof(
  fc.oneof(token, fc.constant('use_dpop_nonce')).map((text) => ({ meant: text, written: text })),
  fc.tuple(quotedText, fc.nat()).map(([text, escapes]) => ({ meant: text, written: quote(text, escapes) })),
)

const parameter = fc
  .tuple(name, blanks, blanks, value)
  .map(([key, before, after, { meant, written }]) => ({ key, meant, text: `${key}${before}=${after}${written}` }))

const withParameters: fc.Arbitrary<Piece> = fc
  .tuple(scheme, fc.constantFrom(' ', '  ', '\t'), fc.array(parameter, { minLength: 1, maxLength: 4 }), comma)
  .map(([word, gap, parameters, separator]) => ({
    text: word + gap + parameters.map(({ text }) => text).join(separator),
    challenge: {
      scheme: toAsciiLowerCase(word),
      parameters: parameters
        .map(({ key, meant }): readonly [string, string] => [toAsciiLowerCase(key), meant])
        .filter(([key], at, all) => all.findIndex(([other]) => other === key) === at),
    },
  }))

const bare: fc.Arbitrary<Piece> = fc
  .tuple(scheme, fc.option(token68, { nil: undefined }))
  .map(([word, secret]) => ({
    text: secret === undefined ? word : `${word} ${secret}`,
    challenge: { scheme: toAsciiLowerCase(word), parameters: [] },
  }))

/** A well-formed header of some challenges. */
export const writtenHeader: fc.Arbitrary<WrittenHeader> = fc
  .tuple(
    fc.array(fc.oneof(withParameters, bare), { minLength: 1, maxLength: 4 }),
    comma,
    fc.constantFrom('', ',', ' , '),
  )
  .map(([pieces, separator, edge]) => ({
    header: edge + pieces.map(({ text }) => text).join(separator) + edge,
    challenges: pieces.map(({ challenge }) => challenge),
  }))

/** Writes a quoted string: escapes what must be, and some of what need not. */
function quote(text: string, escapes: number): string {
  let written = ''
  for (const [at, letter] of [...text].entries()) {
    const isEscaped = letter === '"' || letter === '\\' || ((escapes >> (at % 30)) & 1) === 1
    written += isEscaped ? `\\${letter}` : letter
  }
  return `"${written}"`
}
