import * as fc from 'fast-check'
import { expect } from 'vitest'
import { explainIdentifier } from '../../src/discovery/explain-identifier.ts'
import { type Identifier, readIdentifier } from '../../src/discovery/identifier.ts'
import { type AtproofError, IdentityError } from '../../src/errors.ts'
import { endless, hostile } from './arbitraries.ts'
import { expectQuick, outcomeOf } from './expectations.ts'
import { fuzz } from './fuzz.ts'
import { isDidByGrammar, isDidPlcByGrammar, isPublicHost, toAsciiLowerCase, withoutUnseen } from './grammar.ts'
import { anyDid, didPlc, didWeb, typedHandle } from './names.ts'
import { development, hasForbiddenParts, isOriginByGrammar, isPlainOrigin, writtenOrigin } from './urls.ts'

const identifier = fc.oneof(
  { arbitrary: typedHandle, weight: 3 },
  fc.tuple(fc.constantFrom('', ' ', '\n'), fc.oneof(didPlc, didWeb, anyDid)).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.oneof(
        writtenOrigin,
        writtenOrigin.map((text) => `${text}/profile/a?b#c`),
      ),
      fc.constantFrom('', ' '),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('alice', 'alice@example.com', 'at://alice.example.com', 'handle.invalid', '@@a.example.com', ''),
)

/** As `parseIdentifier` does, but at once. */
function parse(typed: string): Identifier {
  const read = readIdentifier(development, typed)
  if (typeof read === 'object') return read
  throw new IdentityError(read, explainIdentifier(development, typed, read))
}

fuzz('[A1] [A2] [A11] [B11] what people type is taken for what it is', 8000, hostile(identifier), (typed) => {
  const text = withoutUnseen(typed)
  const name = toAsciiLowerCase(text.startsWith('@') ? withoutUnseen(text.slice(1)) : text)
  const outcome = outcomeOf(() => parse(typed))
  if ('error' in outcome) {
    expect(outcome.error.name).toBe('IdentityError')
    expect(isPlainOrigin(text) || isDidPlcByGrammar(text)).toBe(false)
    expectFollowable(outcome.error)
    if (outcome.error.code === 'did_unsupported') expect(isDidByGrammar(text)).toBe(true)
    if (outcome.error.code === 'did_malformed' && isDidByGrammar(text)) {
      expect(['did:plc:', 'did:web:']).toContain(text.slice(0, 8))
    }
    return expect(isPublicHost(name)).toBe(false)
  }
  const found = outcome.value
  if (found.kind === 'handle') {
    expect(found.handle).toBe(name)
    expect(isPublicHost(name)).toBe(true)
  } else if (found.kind === 'did') {
    expect(found.did).toBe(text)
    expect(isDidByGrammar(text)).toBe(true)
    expect(['did:plc:', 'did:web:']).toContain(text.slice(0, 8))
  } else {
    expect(isOriginByGrammar(found.origin)).toBe(true)
    expect(new URL(text).origin).toBe(found.origin)
    expect(hasForbiddenParts(text)).toBe(false)
  }
})

/** What a handle is typed between, by mistake. */
const around = fc.constantFrom(
  '',
  '"',
  '(',
  ')',
  '<',
  '>',
  '.',
  ',',
  '/',
  '@@',
  '\u200b',
  '\u201c',
  '\u3000',
  ' ',
  'é',
)
const dot = fc.constantFrom('.', '.', '\u3002', '\uff0e', ',', ' ', '. ', '\u00ad.')

fuzz(
  '[A1] [A2] what a refusal says to type is taken',
  8000,
  fc
    .tuple(around, fc.oneof(typedHandle, didPlc, writtenOrigin), dot, around)
    .map(([before, name, between, after]) => before + name.replaceAll('.', between) + after),
  (typed) => {
    const outcome = outcomeOf(() => parse(typed))
    if ('error' in outcome) expectFollowable(outcome.error)
  },
)

/** There is something to do, and where it is to type one thing, that thing is taken. */
function expectFollowable({ action }: AtproofError): void {
  expect(action).toBeTypeOf('string')
  const [, proposed] = /^type (\S+?)(?:: what was typed .*)?$/s.exec(action ?? '') ?? []
  if (proposed !== undefined) expect(outcomeOf(() => parse(proposed))).toHaveProperty('value')
}

const piece = fc.oneof(identifier, fc.constantFrom('a.', '@', ' ', ':', '/', 'http', 'did:', '.', '-'))

fuzz('[A1] [A11] an identifier of a megabyte is refused at once', 60, endless(piece), (text) => {
  expectQuick(() => expect(outcomeOf(() => parse(text))).toHaveProperty('error.name', 'IdentityError'))
})
