import * as fc from 'fast-check'
import { expect } from 'vitest'
import { challengeError, parseChallenges } from '../../src/http/challenge.ts'
import { endless, hostile } from './arbitraries.ts'
import { type PlainChallenge, writtenHeader } from './challenge-grammar.ts'
import { expectQuick } from './expectations.ts'
import { fuzz } from './fuzz.ts'
import { readChallenges } from './read-challenges.ts'

const header = writtenHeader.map((written) => written.header)

/** What was read, as plain values. */
function read(text: string): PlainChallenge[] {
  return parseChallenges(text).map(({ scheme, parameters }) => ({ scheme, parameters: [...parameters] }))
}

fuzz('[G6] every challenge is read as it was written', 8000, writtenHeader, ({ header: text, challenges }) => {
  expect(read(text)).toEqual(challenges)
})

fuzz('[G6] of a broken header what the grammar allows is read', 8000, hostile(header), (text) => {
  expect(read(text)).toEqual(readChallenges(text))
})

fuzz('[G3] [G6] an error is one that a challenge of its scheme carries', 6000, hostile(header), (text) => {
  const errors = readChallenges(text)
    .filter(({ scheme }) => scheme === 'dpop')
    .flatMap(({ parameters }) => parameters.filter(([name]) => name === 'error'))
  expect(challengeError(text, 'dpop')).toBe(errors[0]?.[1])
})

const piece = fc.oneof(
  header,
  fc.constantFrom('a ', 'a=', 'a,', '"', '\\"', 'a="', 'a="\\', ' ', ',', 'DPoP ', '=', 'a b', 'a = "b" '),
)

fuzz('[G6] a header of a megabyte is not read', 100, endless(piece), (text) => {
  expectQuick(() => {
    expect(parseChallenges(text)).toEqual([])
    for (const length of [8192, 8000, 4000]) read(text.slice(0, length))
  })
})
