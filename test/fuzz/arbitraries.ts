import * as fc from 'fast-check'

/** Characters that parsers stumble over: controls, blanks, delimiters, and letters that turn into ASCII or vanish. */
const NASTY = [
  ...'\0\t\n\v\f\r\u001b\u007f\u0085\u00a0\u2028\u2029\u3000',
  ...'%\\@"\'`/?#:;,.&=+*-_~^|<>()[]{}! $',
  ...'09afgzAFGZ',
  '\u0130', // İ: two characters in lower case
  '\u0131', // ı: I in upper case
  '\u212a', // the Kelvin sign: k in lower case
  '\u017f', // ſ: S in upper case
  '\u00df', // ß: SS in upper case
  '\uff0e', // a full-width dot: a dot to IDNA
  '\u3002', // an ideographic full stop, likewise
  '\uff21', // a full-width A
  '\u0660', // an Arabic digit
  '\u00ad', // a soft hyphen: nothing to IDNA
  '\u200b',
  '\u200d',
  '\u202e',
  '\ufeff',
  '\u0301', // combines with what is before
  '\ud800', // half a character
  '\udc00',
  '\ufffd',
  '\u{1f980}',
  '%00',
  '%2F',
  '%3A',
  '%3a',
  '%E2%84%AA',
  '%zz',
  '..',
  '--',
  '://',
  '\r\n',
]

/** One of the nasty characters. */
export const nastyCharacter: fc.Arbitrary<string> = fc.constantFrom(...NASTY)

/** Text of anything: letters, nasty characters, any code units. */
export const garbage: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: nastyCharacter, maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)

type Change = (text: string, at: number, other: string) => string

const CHANGES: readonly Change[] = [
  (text, at, other) => text.slice(0, at) + other + text.slice(at),
  (text, at, other) => text.slice(0, at) + other + text.slice(at + 1),
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at) => text.slice(0, at),
  (text, at) => text.slice(at),
  (text, at) => text.slice(0, at) + text.charAt(at) + text.slice(at),
  (text, at) => text.slice(0, at) + swapCase(text.charAt(at)) + text.slice(at + 1),
  (text, at) => text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2),
]

/** A text with one thing about it changed. */
export function changed(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(text, fc.constantFrom(...CHANGES), fc.nat(), nastyCharacter)
    .map(([value, change, position, other]) => change(value, position % (value.length + 1), other))
}

/** What is valid, what nearly is, and what is not at all. */
export function hostile(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const once = changed(valid)
  return fc.oneof(
    { arbitrary: valid, weight: 2 },
    { arbitrary: once, weight: 5 },
    { arbitrary: changed(once), weight: 2 },
    { arbitrary: garbage, weight: 1 },
  )
}

/** A text that goes on for 100 kB to 1 MB, of a piece that could lead a regular expression astray, and its end. */
export function endless(piece: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.string({ unit: nastyCharacter, maxLength: 3 }), piece, fc.integer({ min: 1e5, max: 1e6 }), garbage)
    .map(
      ([start, repeated, length, end]) => start + (repeated || 'a').repeat(length / (repeated.length || 1)) + end,
    )
}

/** Words of some letters. */
export function wordOf(letters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength })
}

function swapCase(letter: string): string {
  const lower = letter.toLowerCase()
  return lower === letter ? letter.toUpperCase() : lower
}
