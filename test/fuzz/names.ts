import * as fc from 'fast-check'
import { wordOf } from './arbitraries.ts'
import { DIGITS, LOWER } from './grammar.ts'

const ALPHANUMERIC = LOWER + DIGITS

/** A label of a host name: up to 63 characters, mostly few. */
const label: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: wordOf(ALPHANUMERIC, 1, 6), weight: 4 },
  {
    arbitrary: fc
      .tuple(wordOf(ALPHANUMERIC, 1, 1), wordOf(`${ALPHANUMERIC}-`, 0, 61), wordOf(ALPHANUMERIC, 1, 1))
      .map((parts) => parts.join('')),
    weight: 1,
  },
  { arbitrary: wordOf(ALPHANUMERIC, 63, 63), weight: 1 },
)

const topLevel: fc.Arbitrary<string> = fc.oneof(
  wordOf(LOWER, 2, 4),
  fc.constantFrom('test', 'local', 'xn--p1ai', 'arpa', 'invalid'),
  fc
    .tuple(
      wordOf(LOWER, 1, 1),
      label.filter((text) => text.length < 63),
    )
    .map((parts) => parts.join('')),
)

/** A well-formed handle, up to 253 characters. */
export const handle: fc.Arbitrary<string> = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), topLevel)
  .map(([labels, last]) => [...labels, last].join('.'))
  .filter((text) => text.length <= 253)

/** A handle as people type it. */
export const typedHandle: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '', ' ', '\t', '\n'),
    fc.constantFrom('', '@'),
    handle,
    fc.boolean(),
    fc.constantFrom('', ' ', '\r\n'),
  )
  .map(([before, at, name, isUpper, after]) => before + at + (isUpper ? name.toUpperCase() : name) + after)

/** A well-formed did:plc. */
export const didPlc: fc.Arbitrary<string> = wordOf(`${LOWER}234567`, 24, 24).map((text) => `did:plc:${text}`)

/** A well-formed did:web of a host name. */
export const didWeb: fc.Arbitrary<string> = handle.map((name) => `did:web:${name}`)

/** A did:web of this machine, for development. */
export const didLocalhost: fc.Arbitrary<string> = fc
  .oneof(
    fc.constant(''),
    fc.integer({ min: 1, max: 65_535 }).map((port) => `%3A${port}`),
  )
  .map((port) => `did:web:localhost${port}`)

/** A well-formed DID of any method. */
export const anyDid: fc.Arbitrary<string> = fc
  .tuple(wordOf(LOWER, 1, 8), wordOf(`${ALPHANUMERIC}.-_`, 1, 30))
  .map(([method, id]) => `did:${method}:${id}`)
