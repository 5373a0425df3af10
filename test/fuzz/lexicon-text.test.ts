import * as fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { expect } from 'vitest'
import { docComment } from '../../src/lexicon/doc-comment.ts'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import { indent, quote, quoteName } from '../../src/lexicon/literal.ts'
import { garbage } from './arbitraries.ts'
import { fuzz } from './fuzz.ts'

/** Text with what means something inside comments and literals. */
const written = fc
  .array(
    fc.oneof(
      garbage,
      fc.constantFrom('*/', '/*', '//', '@ts-expect-error', '@ts-nocheck', '\n', '\\', '*', '/', "'"),
    ),
  )
  .map((parts) => parts.join(''))

/** What the compiler takes for an order, in the last line of a comment. */
const ORDER = /^[/*\s]*@ts-/mu
/** What ends a line or turns its direction where a reader does not see it. */
const UNSEEN = /[\u2028\u2029\u202A-\u202E\u2066-\u2069\p{Cs}]/u

fuzz('a text stands in generated code as what it is, however far it is indented', 2000, written, (text) => {
  expect(runInNewContext(indent(indent(quote(text))))).toBe(text)
  expect(Object.keys(runInNewContext(indent(`({ ${quoteName(`x${text}`)}: 1 })`)))).toEqual([`x${text}`])
  expect(quote(text)).not.toMatch(UNSEEN)
})

fuzz(
  'what a document says in words is a comment and nothing else',
  2000,
  fc.record({ description: written, default: fc.option(fc.jsonValue(), { nil: undefined }) }),
  (documented) => {
    const comment = indent(docComment(documented))
    expect(runInNewContext(`[1,\n${comment}2]`)).toHaveLength(2)
    expect(comment.replaceAll(/\/\*[^]*?\*\//gu, '').trim()).toBe('')
    expect(comment).not.toMatch(ORDER)
    expect(comment).not.toMatch(UNSEEN)
  },
)

fuzz(
  'a file is the same when it is read again',
  1000,
  fc.tuple(written, written, written),
  ([name, only, description]) => {
    const properties = { [name]: { type: 'string', const: only, default: only, description } } as const
    const text = generateTypes([
      { lexicon: 1, id: 'com.example.thing', defs: { main: { type: 'object', description, properties } } },
    ])
    expect(Buffer.from(text).toString()).toBe(text)
    expect(text).not.toContain('\r')
  },
)
