import * as fc from 'fast-check'
import { expect } from 'vitest'
import { isHandle, parseHandle } from '../../src/syntax/handle.ts'
import { endless, hostile } from './arbitraries.ts'
import { expectQuick, outcomeOf } from './expectations.ts'
import { fuzz } from './fuzz.ts'
import { isHandleByGrammar, toAsciiLowerCase, withoutBlanks } from './grammar.ts'
import { handle, typedHandle } from './names.ts'

fuzz('[A1] a handle is what the grammar says, and nothing else', 12_000, hostile(handle), (text) => {
  expect(isHandle(text)).toBe(isHandleByGrammar(text))
})

fuzz('[A1] [A2] a handle is read from what people type', 8000, hostile(typedHandle), (text) => {
  const bare = withoutBlanks(text)
  const name = bare.startsWith('@') ? bare.slice(1) : bare
  const expected = toAsciiLowerCase(name)
  const outcome = outcomeOf(() => parseHandle(text))
  if (isHandleByGrammar(expected)) expect(outcome).toEqual({ value: expected })
  else
    expect(outcome).toMatchObject({ error: { name: 'IdentityError', code: 'handle_malformed', field: 'handle' } })
})

const piece = fc.oneof(handle, fc.constantFrom('a', '-', 'a-', 'a.', '.', ' ', '@', '\u212a', 'a-.', '0'))

fuzz('[A1] a handle of a megabyte is refused at once', 60, endless(piece), (text) => {
  expectQuick(() => {
    expect(isHandle(text)).toBe(false)
    expect(outcomeOf(() => parseHandle(text))).toHaveProperty('error.code', 'handle_malformed')
  })
})
